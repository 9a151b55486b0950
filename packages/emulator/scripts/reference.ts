/** Renders docs/emulator-reference.md and its Chinese sibling from the table of endpoints. */
import type { Endpoint, EndpointDoc, Text } from '../src/wechat/endpoint.ts'
import { endpoints } from '../src/wechat/endpoints.ts'
import { quotas } from '../src/world/quota.ts'

export type Language = 'en' | 'zh'

/** File in `docs/`, by language. */
export const references: Readonly<Record<Language, string>> = {
  en: 'emulator-reference.md',
  zh: 'emulator-reference.zh-CN.md',
}

export function renderReference(language: Language): string {
  const { before, quotaTitle, quotaColumns } = texts[language]
  const all = [...endpoints.values()]
  return [
    '<!-- Written by `npm run docs -w @kaimen/emulator` from packages/emulator/src/wechat -->',
    '',
    before,
    '<!-- prettier-ignore-start -->',
    ...all.map((endpoint) => renderEndpoint(endpoint, language)),
    '',
    `## ${quotaTitle}`,
    '',
    ...table(
      quotaColumns,
      Object.entries(quotas).map(([name, { path, per, limit, errcode }]) => [
        `\`${name}\``,
        `\`${path}\``,
        texts[language].per[per],
        limit === null ? texts[language].noLimit : String(limit),
        String(errcode),
      ]),
    ),
    '',
    '<!-- prettier-ignore-end -->',
    '',
  ].join('\n')
}

function renderEndpoint({ path, doc }: Endpoint, language: Language): string {
  const say = (text: Text) => text[language]
  const { factColumns, errcodeColumns, sure, credential } = texts[language]
  return [
    '',
    `## ${doc.methods.join(', ')} ${path}`,
    '',
    `\`${doc.host}\` · ${doc.name} · ${credential[doc.credential]}`,
    '',
    say(doc.does),
    '',
    ...table(
      factColumns,
      doc.facts.map((fact) => [say(fact.text), sure[fact.sure]]),
    ),
    '',
    ...table(
      errcodeColumns,
      doc.errcodes.map((each) => [String(each.errcode), say(each.when), sure[each.sure]]),
    ),
  ].join('\n')
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)]
}

interface Words {
  readonly before: string
  readonly factColumns: readonly string[]
  readonly errcodeColumns: readonly string[]
  readonly quotaTitle: string
  readonly quotaColumns: readonly string[]
  readonly noLimit: string
  readonly per: Readonly<Record<'minute' | 'day' | 'month', string>>
  readonly sure: Readonly<Record<'documented' | 'seen' | 'assumed', string>>
  readonly credential: Readonly<Record<EndpointDoc['credential'], string>>
}

const texts: Readonly<Record<Language, Words>> = {
  en: {
    before: `# What the emulator answers

[中文](emulator-reference.zh-CN.md)

Every path of WeChat's that [the emulator](../packages/emulator/README.md) answers, and how each fact
about it is known:

| word       | means                                                                              |
| ---------- | ---------------------------------------------------------------------------------- |
| documented | A page of WeChat's says so.                                                        |
| seen       | An SDK's source does it, or developers were answered so.                           |
| assumed    | Nothing public settles it. Do not build on it; where it matters there is a switch. |

The faults and the switch \`quota\` come on top of these. An errcode is checked in an order that WeChat
does not document.
`,
    factColumns: ['fact', 'sure'],
    errcodeColumns: ['errcode', 'when', 'sure'],
    quotaTitle: 'Quotas',
    quotaColumns: ['name', 'path', 'counted', 'limit', 'beyond it'],
    noLimit: 'none known',
    per: { minute: 'a minute', day: "a day of China's", month: "a month of China's" },
    sure: { documented: 'documented', seen: 'seen', assumed: 'assumed' },
    credential: {
      appid_and_secret: 'appid and secret',
      access_token: "an app's access_token",
      access_token_and_signature: "an app's access_token and a signature by session_key",
      user_access_token: "a person's access_token",
      refresh_token: 'refresh_token',
      none: 'no credential',
    },
  },
  zh: {
    before: `# 模拟器应答什么

[English](emulator-reference.md)

[模拟器](../packages/emulator/README.zh-CN.md)应答的全部微信接口，以及每条事实的依据：

| 依据 | 含义                                                     |
| ---- | -------------------------------------------------------- |
| 文档 | 微信官方文档写明。                                       |
| 实测 | SDK 源码如此实现，或开发者实际收到过。                   |
| 假定 | 没有公开依据。请不要依赖它；影响较大的，都提供开关切换。 |

故障注入和开关 \`quota\` 在此之上生效。各项检查的先后顺序，微信没有写明。
`,
    factColumns: ['事实', '依据'],
    errcodeColumns: ['errcode', '何时返回', '依据'],
    quotaTitle: '频率限制',
    quotaColumns: ['名称', '接口', '统计周期', '上限', '超出时'],
    noLimit: '未公布',
    per: { minute: '每分钟', day: '每天（北京时间）', month: '每月（北京时间）' },
    sure: { documented: '文档', seen: '实测', assumed: '假定' },
    credential: {
      appid_and_secret: 'appid 和 secret',
      access_token: '应用的 access_token',
      access_token_and_signature: '应用的 access_token 和 session_key 签名',
      user_access_token: '用户的 access_token',
      refresh_token: 'refresh_token',
      none: '无需凭证',
    },
  },
}
