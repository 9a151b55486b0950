import type { AdminHealth } from '@kaimen/protocol'
import { Button } from 'tdesign-vue-next'
import { defineComponent } from 'vue'
import { call } from '../api.ts'
import { formatInstant, formatSpan, language, t } from '../language.ts'
import { useLoaded } from '../load.ts'
import { ask } from '../parts/ask.tsx'
import { showCode } from '../parts/events.tsx'
import { showProblem } from '../parts/problem.tsx'
import { showTable } from '../parts/table.tsx'
import { nameCheck, nameKind } from '../words.ts'
import { may } from '../who.ts'

type Check = NonNullable<AdminHealth['health']>['checks'][number]

export const Apps = defineComponent({
  name: 'Apps',
  setup() {
    const apps = useLoaded(async (signal) => (await call('GET /v1/admin/apps', { signal })).apps)
    const health = useLoaded((signal) => call('GET /v1/admin/health', { signal }), {
      // The server words what it found.
      of: () => language.value,
    })

    function askEnd(app_id: string) {
      ask({
        title: t('让这个应用的所有人退出？', 'Sign everybody out of this app?'),
        says: () =>
          t(
            '这个应用的全部会话立即结束，所有用户都要重新登录。适合凭据泄露等紧急情况。',
            'Every session of this app ends at once, and all its users have to sign in anew. For emergencies, such as a leak.',
          ),
        button: t('全部退出', 'Sign everybody out'),
        danger: true,
        typed: app_id,
        act: async () => {
          await call('POST /v1/admin/apps/{app_id}/end-sessions', { params: { app_id } })
          return t(`${app_id} 的全部会话已结束。`, `Every session of ${app_id} has ended.`)
        },
      })
    }

    function showHealth({ health: found }: AdminHealth) {
      if (found === null) {
        return (
          <p class="empty">
            {t(
              '这个服务器没有配置自检。请在服务器上运行 kaimen doctor。',
              'This server has nobody who looks. Run kaimen doctor on it.',
            )}
          </p>
        )
      }
      return (
        <>
          <p class="hint">
            {t(`检查于 ${formatInstant(found.at)}`, `Looked at ${formatInstant(found.at)}`)}
          </p>
          {showChecks(t('这台服务器', 'This server'), found.checks)}
          {found.apps.map(({ app_id, checks }) => showChecks(app_id, checks))}
        </>
      )
    }

    return () => (
      <section>
        <h1 tabindex={-1}>{t('应用', 'Apps')}</h1>
        {showProblem(apps.failure.value, apps.reload)}
        {apps.failure.value && apps.value.value === undefined
          ? undefined
          : showTable({
              label: t('应用', 'Apps'),
              rows: apps.value.value,
              keyOf: ({ app_id }) => app_id,
              empty: t('没有配置应用。', 'No app is set.'),
              columns: [
                { title: 'AppID', cell: ({ app_id }) => showCode(app_id) },
                { title: t('类型', 'Kind'), cell: ({ kind }) => nameKind(kind) },
                {
                  title: t('注册', 'Registration'),
                  cell: ({ registration }) =>
                    registration === 'open'
                      ? t('开放', 'Open')
                      : t('需要手机号', 'By phone number'),
                },
                {
                  title: t('开放平台账号', 'Open Platform account'),
                  cell: ({ open_platform }) => open_platform,
                },
                { title: t('消息推送', 'Push'), cell: ({ takes_push }) => yesNo(takes_push) },
                {
                  title: t('扫码登录', 'Scan sign-in'),
                  cell: ({ takes_scans }) => yesNo(takes_scans),
                },
                {
                  title: t('会话期限', 'Sessions'),
                  cell: ({ idle_seconds, absolute_seconds }) =>
                    t(
                      `闲置 ${formatSpan(idle_seconds)}，最长 ${formatSpan(absolute_seconds)}`,
                      `${formatSpan(idle_seconds)} idle, ${formatSpan(absolute_seconds)} at most`,
                    ),
                },
                {
                  title: t('操作', 'Act'),
                  cell: ({ app_id }) =>
                    may('owner') ? (
                      <button type="button" class="link" onClick={() => askEnd(app_id)}>
                        {t('全部退出…', 'Sign everybody out…')}
                      </button>
                    ) : undefined,
                },
              ],
            })}
        <div class="heading">
          <h2>{t('健康', 'Health')}</h2>
          <Button
            size="small"
            variant="outline"
            loading={health.busy.value}
            onClick={() => void health.reload()}
          >
            {t('再查一次', 'Look again')}
          </Button>
        </div>
        {showProblem(health.failure.value, health.reload)}
        {health.value.value === undefined ? (
          health.failure.value ? undefined : (
            <p class="loading">
              {t('正在询问微信，需要几秒…', 'Asking WeChat, which takes seconds…')}
            </p>
          )
        ) : (
          showHealth(health.value.value)
        )}
      </section>
    )
  },
})

function yesNo(yes: boolean): string {
  return yes ? t('是', 'Yes') : t('否', 'No')
}

const marks = { ok: '✓', failed: '✗', skipped: '–' } as const

function nameOutcome(status: Check['status']): string {
  if (status === 'ok') return t('正常', 'Fine')
  return status === 'failed' ? t('有问题', 'Failed') : t('未检查', 'Skipped')
}

function showChecks(title: string, checks: readonly Check[]) {
  return (
    <div class="checks" key={title}>
      <h3>{title}</h3>
      <ul>
        {checks.map(({ check, status, says, fix, errcode }) => (
          <li key={check} class={`check-${status}`}>
            <span class="mark" role="img" aria-label={nameOutcome(status)}>
              {marks[status]}
            </span>
            <div>
              <strong>{nameCheck(check)}</strong> {says}
              {errcode === null ? undefined : <code> {errcode}</code>}
              {fix === null ? undefined : <p>{fix}</p>}
            </div>
          </li>
        ))}
      </ul>
    </div>
  )
}
