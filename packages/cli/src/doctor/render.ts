import type { Text } from '@kaimen/wechat'
import type { AppKind, Report } from './examine.ts'
import { say, type Finding } from './finding.ts'

export type Language = keyof Text

const marks = { ok: '✓', failed: '✗', skipped: '–' } as const

const machine = say('This machine', '本机')

const kinds: Readonly<Record<AppKind, Text>> = {
  mini_program: say('mini program', '小程序'),
  service_account: say('service account', '服务号'),
  website: say('website', '网站应用'),
  mobile_app: say('mobile app', '移动应用'),
}

export function hasFailed({ machine: own, apps }: Report): boolean {
  return [own, ...apps.map(({ findings }) => findings)]
    .flat()
    .some(({ status }) => status === 'failed')
}

/** For people: a group for this machine and one for each app, and a count at the end. */
export function renderText(report: Report, language: Language): string {
  const groups = [
    [machine[language], report.machine] as const,
    ...report.apps.map(({ app_id = '(…)', kind, findings }) => {
      return [`${app_id}  ${kinds[kind][language]}`, findings] as const
    }),
  ]
  const text = groups
    .map(([title, findings]) => [title, ...findings.flatMap((each) => lines(each, language))])
    .map((each) => each.join('\n'))
    .join('\n\n')
  return `${text}\n\n${count(
    groups.flatMap(([, findings]) => findings),
    language,
  )}`
}

function lines({ status, says, fix, rid }: Finding, language: Language): string[] {
  const where = say(` (rid ${rid})`, `（rid ${rid}）`)
  return [
    `  ${marks[status]} ${says[language]}${rid === undefined ? '' : where[language]}`,
    ...(fix ? [`    → ${fix[language]}`] : []),
  ]
}

function count(findings: readonly Finding[], language: Language): string {
  const of = (status: Finding['status']) => findings.filter((each) => each.status === status).length
  const [fine, broken, unknown] = [of('ok'), of('failed'), of('skipped')]
  return say(
    `✓ ${fine} work, ✗ ${broken} to mend, – ${unknown} not checked`,
    `✓ ${fine} 项正常，✗ ${broken} 项需要处理，– ${unknown} 项未检查`,
  )[language]
}

/** For programs, which go by `check`, `status` and `errcode`. */
export function renderJson(report: Report, language: Language): string {
  const show = ({ check, status, says, fix, errcode, rid }: Finding) => ({
    check,
    status,
    message: says[language],
    ...(fix && { fix: fix[language] }),
    ...(errcode !== undefined && { errcode }),
    ...(rid !== undefined && { rid }),
  })
  return JSON.stringify(
    {
      ok: !hasFailed(report),
      machine: report.machine.map((each) => show(each)),
      apps: report.apps.map(({ app_id = null, kind, findings }) => {
        return { app_id, kind, checks: findings.map((each) => show(each)) }
      }),
    },
    undefined,
    2,
  )
}
