// Writes docs/rules.md: each rule of sign-in with the tests whose titles name it, as in "… (R5)".
// Usage: npm run docs

import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

type Language = 'en' | 'zh-CN'

export const ruleDocs: Readonly<Record<Language, string>> = {
  en: 'docs/rules.md',
  'zh-CN': 'docs/rules.zh-CN.md',
}

type Rule = { readonly [language in Language]: readonly [situation: string, outcome: string] }

/** In the order of their numbers, from R1. */
export const rules: readonly Rule[] = [
  {
    en: ['openid known', 'that user signs in; disabled or deleted, every way in refuses alike'],
    'zh-CN': ['openid 已知', '登录该用户；若已停用或注销，所有登录方式一律拒绝'],
  },
  {
    en: [
      'openid unknown, its unionid known in the same Open Platform account',
      'link to that user',
    ],
    'zh-CN': ['openid 未知，unionid 在同一开放平台账号下已知', '绑定到该用户'],
  },
  {
    en: ['neither known, `registration` is `open`', 'make a user'],
    'zh-CN': ['都未知，应用的 `registration` 为 `open`', '创建用户'],
  },
  {
    en: [
      'neither known, `registration` is `phone`',
      'no user yet: `phone_required` with a `ticket`, good once and for 10 minutes',
    ],
    'zh-CN': [
      '都未知，应用的 `registration` 为 `phone`',
      '暂不创建用户：返回 `phone_required` 和一次性、10 分钟有效的 `ticket`',
    ],
  },
  {
    en: [
      'ticket, and a phone proven by WeChat’s button',
      'unknown: make a user with both; known, and its user has no identity in this app: link; otherwise `phone_taken`, and nothing changes',
    ],
    'zh-CN': [
      'ticket 加微信按钮验证的手机号',
      '号码未知：创建用户；已知且其用户在本应用没有身份：绑定；否则 `phone_taken`，不做任何更改',
    ],
  },
  {
    en: ['ticket, and a phone proven by a code', 'as R5'],
    'zh-CN': ['ticket 加短信验证的手机号', '同 R5'],
  },
  {
    en: [
      'ticket, phone and password',
      'right: sign in and link; wrong: `password_wrong`; unknown: `phone_unverified`, or with `registration: unverified` a user whose number links nothing and goes to whoever proves it',
    ],
    'zh-CN': [
      'ticket、手机号和密码',
      '正确：登录并绑定；错误：`password_wrong`；号码未知：`phone_unverified`；若 `registration` 为 `unverified`，则创建用户，其号码不绑定任何身份，并让给之后验证它的人',
    ],
  },
  {
    en: ['R6 or R7 without a ticket', 'an ordinary sign-in by phone'],
    'zh-CN': ['没有 ticket 的 R6 或 R7', '普通的手机号登录'],
  },
  {
    en: [
      'a unionid arrives late for a known identity',
      'free: stored; another user’s: the sign-in goes on, and the pair waits for a merge',
    ],
    'zh-CN': [
      '已知身份后来才带上 unionid',
      '无人占用：保存；属于别的用户：登录照常，二者排队等待合并',
    ],
  },
  {
    en: ['a snapshot-page visitor', 'told apart, and no account: `snapshot_user`'],
    'zh-CN': ['快照页访客', '单独识别，不作为账号：`snapshot_user`'],
  },
  {
    en: [
      'the same code again within 60 s, with the same `Idempotency-Key`',
      'the same session, from one exchange; with another key or none `code_used`',
    ],
    'zh-CN': [
      '60 秒内带相同 `Idempotency-Key` 重发同一 code',
      '同一个会话，只换取一次；key 不同或没有则 `code_used`',
    ],
  },
  {
    en: ['a merge', 'explicit, one transaction, written down, undone within 30 days'],
    'zh-CN': ['合并', '显式发起、单个事务、留有记录、30 天内可撤销'],
  },
]

export type Shown = { readonly title: string; readonly file: string }

/** The tests whose titles name a rule, by its number. */
export function findTests(): ReadonlyMap<number, readonly Shown[]> {
  const found = new Map<number, Shown[]>()
  const files = globSync('{packages/*/{test,src/store/suite},examples/*/test}/**/*.ts', {
    cwd: root,
  }).toSorted()
  for (const file of files) {
    for (const title of titlesOf(readFileSync(join(root, file), 'utf8'))) {
      const numbers = new Set(
        [...title.matchAll(/\bR(\d+)\b/g)].map(([, digits]) => Number(digits)),
      )
      for (const number of numbers) {
        found.set(number, [...(found.get(number) ?? []), { title, file }])
      }
    }
  }
  return found
}

/** The first text after `it(`, `it.each(…)(`, `test(` and `contractTest(`. */
function titlesOf(source: string): string[] {
  const calls =
    /(?:\b(?:it|test|contractTest)\(|\]\)\(|\b\w+\)\()\s*(?:'((?:[^'\\\n]|\\.)+)'|`((?:[^`\\]|\\.)+)`)/g
  return [...source.matchAll(calls)].map(([, quoted, template]) => quoted ?? template ?? '')
}

const texts = {
  en: {
    sibling: '[中文](rules.zh-CN.md)',
    title: 'The rules of sign-in, each with its tests',
    intro:
      'One pure function, `resolve`, decides whose a proof is. These are its rules, and those that go with them; below are the tests whose titles name them. `npm run docs` writes this page.',
    columns: ['rule', 'situation', 'what happens', 'tests'],
  },
  'zh-CN': {
    sibling: '[English](rules.md)',
    title: '登录规则，以及验证每条规则的测试',
    intro:
      '一份证明属于谁，由纯函数 `resolve` 决定。下面是它的规则和相关约定，以及标题中写有该规则的测试。本页由 `npm run docs` 生成。',
    columns: ['规则', '情形', '结果', '测试'],
  },
} as const

export function renderRules(language: Language): string {
  const { sibling, title, intro, columns } = texts[language]
  const tests = rules.map((_, index) => findTests().get(index + 1) ?? [])
  const table = [
    `| ${columns.join(' | ')} |`,
    `| ${columns.map(() => '---').join(' | ')} |`,
    ...rules.map((rule, index) => {
      const [situation, outcome] = rule[language]
      return `| [R${index + 1}](#r${index + 1}) | ${situation} | ${outcome} | ${tests[index]?.length ?? 0} |`
    }),
  ].join('\n')
  const sections = tests.map((shown, index) =>
    [`## R${index + 1}`, '', ...shown.map(describeTest)].join('\n'),
  )
  return [`# ${title}`, sibling, intro, table, ...sections].join('\n\n') + '\n'
}

function describeTest({ title, file }: Shown): string {
  // Brackets of an id would begin a link.
  const text = title.replaceAll(/[[\]<>*_`]/g, '\\$&')
  return `- ${text} · [${file.split('/').at(-1)}](../${file})`
}

export function writeRules(): void {
  for (const language of ['en', 'zh-CN'] as const) {
    writeFileSync(join(root, ruleDocs[language]), renderRules(language))
  }
}
