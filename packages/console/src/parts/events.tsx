import type { AdminEvent } from '@kaimen/protocol'
import { formatInstant, t } from '../language.ts'
import { linkTo } from '../route.ts'
import { nameEndReason, nameEvent, nameFailure, nameRole, nameStatus, nameWay } from '../words.ts'
import { showTable } from './table.tsx'

type EventOptions = {
  readonly label: string
  /** Whether all are of one user, whom each line need not name. */
  readonly ofOne: boolean
  readonly nameAdmin: (id: string) => string
}

/** The audit log's lines. */
export function showEvents(
  events: readonly AdminEvent[] | undefined,
  { label, ofOne, nameAdmin }: EventOptions,
) {
  return showTable({
    label,
    rows: events,
    keyOf: ({ id }) => id,
    empty: t('没有符合的记录。', 'There is nothing of the kind.'),
    columns: [
      {
        title: t('时间', 'Time'),
        cell: ({ at }) => <time datetime={at}>{formatInstant(at)}</time>,
      },
      {
        title: t('事件', 'Event'),
        cell: ({ kind }) => (
          <span class={/failed|reused|revoked/.test(kind) ? 'bad' : undefined}>
            {nameEvent(kind)}
          </span>
        ),
      },
      ...(ofOne
        ? []
        : [
            {
              title: t('用户', 'User'),
              cell: ({ user_id }: AdminEvent) => linkUser(user_id),
            },
          ]),
      { title: t('应用', 'App'), cell: ({ app_id }) => showCode(app_id) },
      {
        title: t('管理员', 'Administrator'),
        cell: ({ admin_id }) =>
          admin_id === null ? undefined : (
            <a href={linkTo(['audit'], { admin_id })}>{nameAdmin(admin_id)}</a>
          ),
      },
      { title: t('详情', 'Detail'), cell: ({ detail }) => showDetail(detail) },
    ],
  })
}

export function linkUser(id: string | null) {
  if (id === null) return undefined
  return (
    <a href={linkTo(['users', id])}>
      <code>{id}</code>
    </a>
  )
}

export function showCode(text: string | null) {
  return text === null ? undefined : <code>{text}</code>
}

const says: Readonly<Record<string, (code: string) => string>> = {
  code: nameFailure,
  reason: nameEndReason,
  status: nameStatus,
  by: nameWay,
  role: nameRole,
}

function showDetail(detail: Readonly<Record<string, unknown>>) {
  if (Object.keys(detail).length === 0) return undefined
  return (
    <span class="detail">
      {Object.entries(detail).map(([name, value]) => (
        <span key={name}>
          <i>{name}</i>{' '}
          {typeof value === 'string' ? (says[name]?.(value) ?? value) : JSON.stringify(value)}
        </span>
      ))}
    </span>
  )
}
