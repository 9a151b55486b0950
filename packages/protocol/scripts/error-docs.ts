/** Renders docs/errors.md and its Chinese sibling from the error table. */
import { errorCodes, errorTable, type ErrorCode, type ErrorEntry } from '@kaimen/protocol'

export type Language = 'en' | 'zh-CN'

/** File in `docs/`, by language. */
export const errorDocs: Readonly<Record<Language, string>> = {
  en: 'errors.md',
  'zh-CN': 'errors.zh-CN.md',
}

export function renderErrorDocs(language: Language): string {
  const { before, columns, after } = texts[language]
  return [
    '<!-- Written by `npm run docs -w @kaimen/protocol` from packages/protocol/src/errors.ts -->',
    '',
    before,
    '<!-- prettier-ignore-start -->',
    '',
    `| ${columns.join(' | ')} |`,
    '| --- | --: | --- | --- | --- |',
    ...errorCodes.map((code) => renderRow(code, language)),
    '',
    '<!-- prettier-ignore-end -->',
    '',
    after,
  ].join('\n')
}

function renderRow(code: ErrorCode, language: Language): string {
  const { status, action, title, detail, errcodes = [] }: ErrorEntry = errorTable[code]
  const cells = [
    `\`${code}\``,
    status,
    `\`${action}\``,
    errcodes.join(', '),
    `**${title[language]}** ${detail[language]}`,
  ]
  return `| ${cells.join(' | ')} |`
}

const problem = (title: string, detail: string) => `\`\`\`http
HTTP/1.1 400 Bad Request
Content-Type: application/problem+json; charset=utf-8

{
  "type": "urn:kaimen:error:code_used",
  "title": "${title}",
  "status": 400,
  "detail": "${detail}",
  "code": "code_used",
  "retryable": false,
  "action": "relogin",
  "wechat": { "errcode": 40163, "rid": "65a1…" }
}
\`\`\``

const codeUsed = errorTable.code_used

const texts: Record<Language, { before: string; columns: string[]; after: string }> = {
  en: {
    before: `# Errors

[中文](errors.zh-CN.md)

Every refusal is an RFC 9457 problem with a \`code\` from one closed table. The server, the client SDK,
the OpenAPI document and this page read the same table.

${problem(codeUsed.title.en, codeUsed.detail.en)}

A program decides by \`code\` and \`action\`; \`title\` and \`detail\` are for people, in Chinese or in
English by \`Accept-Language\` (Chinese when neither is asked for). \`detail\` may be more exact than
the table, such as the name of the field that is wrong. \`wechat\` is there when WeChat refused, except
for \`wechat_config\`: that errcode is only in the server's log.

| action       | means                                                                     | \`retryable\` |
| ------------ | ------------------------------------------------------------------------- | ----------- |
| \`none\`       | Nothing that a program can do. Show the person \`title\` and \`detail\`.      | \`false\`     |
| \`relogin\`    | Call \`wx.login\` and sign in anew.                                         | \`false\`     |
| \`retry\`      | Try again, with what \`detail\` asks for: a fresh code, a fresh token.      | \`true\`      |
| \`wait\`       | Send the same request again, not before \`Retry-After\` where there is one. | \`true\`      |
| \`fix_config\` | The developer or operator has to mend something; the person cannot.       | \`false\`     |

429 and 503 carry \`Retry-After\`, in seconds. \`@kaimen/client\` does by itself what \`action\` says where
that needs no person: it refreshes, signs in again and repeats the request once.

\`snapshot_user\` belongs to the sign-in of service accounts, which this version does not serve yet; a client
that handles it now needs no change later.
`,
    columns: ['code', 'status', 'action', 'errcode', 'what happened, and what to do'],
    after: `A code that WeChat may add tomorrow ends in \`wechat_error\`. What every errcode of WeChat's login means,
and how to mend it, is in [packages/wechat/errcodes.md](../packages/wechat/errcodes.md).
`,
  },
  'zh-CN': {
    before: `# 错误码

[English](errors.md)

所有拒绝都是 RFC 9457 格式的应答，其中的 \`code\` 取自同一张封闭的错误表。服务端、客户端 SDK、OpenAPI 文档和本页都读取这张表。

${problem(codeUsed.title['zh-CN'], codeUsed.detail['zh-CN'])}

程序只需根据 \`code\` 和 \`action\` 判断；\`title\` 和 \`detail\` 是给人看的，按 \`Accept-Language\` 返回中文或英文（都没有指定时为中文）。\`detail\` 可能比下表更具体，例如指出哪个字段有误。\`wechat\` 仅在微信拒绝时出现；\`wechat_config\` 除外，它的 errcode 只写入服务端日志。

| action       | 含义                                                        | \`retryable\` |
| ------------ | ----------------------------------------------------------- | ----------- |
| \`none\`       | 程序无法处理，请把 \`title\` 和 \`detail\` 展示给用户。         | \`false\`     |
| \`relogin\`    | 调用 \`wx.login\` 重新登录。                                  | \`false\`     |
| \`retry\`      | 按 \`detail\` 的要求换上新的值（新的 code、新的令牌）后重试。 | \`true\`      |
| \`wait\`       | 原样重发；有 \`Retry-After\` 时，等待相应秒数之后再发。       | \`true\`      |
| \`fix_config\` | 需要开发者或运维人员修正，用户无法自行解决。                | \`false\`     |

429 和 503 应答带有 \`Retry-After\`（秒）。凡是不需要用户参与的处理，\`@kaimen/client\` 都会自动完成：刷新令牌、重新登录，并把请求重发一次。

表中的 \`snapshot_user\` 属于公众号登录，当前版本尚未提供；客户端可以提前处理，以后无需改动。
`,
    columns: ['code', '状态码', 'action', 'errcode', '发生了什么，该怎么做'],
    after: `微信今后新增的错误码一律归为 \`wechat_error\`。微信登录相关的每个 errcode 的含义与处理方法，见 [packages/wechat/errcodes.md](../packages/wechat/errcodes.md)。
`,
  },
}
