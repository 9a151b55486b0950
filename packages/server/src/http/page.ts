import {
  chooseLanguage,
  errorTable,
  type ErrorCode,
  type Language,
  type Localized,
} from '@kaimen/protocol'
import { hash } from 'node:crypto'
import type { KaimenError } from '../errors.ts'
import { problemResponse } from './problem.ts'

/** Looks well without anything loaded from elsewhere, on a phone and on a desk, by day and by night. */
const style = `
:root{color-scheme:light dark;--ink:#1f2329;--soft:#646a73;--ground:#f5f6f7;--card:#fff;--line:#dee0e3}
@media(prefers-color-scheme:dark){:root{--ink:#ebebeb;--soft:#a6a6a6;--ground:#111;--card:#1c1c1e;--line:#38383a}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--ground);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{width:100%;max-width:420px;padding:32px 28px;border:1px solid var(--line);border-radius:16px;background:var(--card);text-align:center}
h1{margin:0 0 12px;font-size:22px;line-height:1.35}
p{margin:0 0 20px;color:var(--soft);text-align:start}
a{display:block;padding:11px 16px;border-radius:8px;color:inherit;text-decoration:none}
a.first{background:#067a3e;color:#fff;font-weight:600}
a:focus-visible{outline:3px solid #576b95;outline-offset:2px}
small{display:block;margin-top:16px;color:var(--soft)}
svg{width:56px;height:56px;margin-bottom:12px}
`.trim()

/** Tells the page around the frame how it went: a browser hands it to a page of these origins only. */
const tell = `for(const origin of document.body.dataset.targets.split(' '))parent.postMessage(JSON.parse(document.body.dataset.message),origin)`

const sourceOf = (text: string) => `'sha256-${hash('sha256', text, 'base64')}'`
const styleSource = sourceOf(style)
const tellSource = sourceOf(tell)

const words = {
  again: { 'zh-CN': '重新登录', en: 'Sign in again' },
  back: { 'zh-CN': '返回网页', en: 'Back to the page' },
  code: { 'zh-CN': '错误代码', en: 'Error code' },
} as const

/**
 * The table's sentences are for whoever writes a program; these are for the person at the page,
 * where the two have different things to do.
 */
const forPeople: Partial<Record<ErrorCode, Localized>> = {
  code_invalid: {
    'zh-CN': '微信给出的登录凭证无效或已过期。没有登录，也没有做任何更改。请重新登录。',
    en: 'What WeChat gave for this sign-in is not valid, or too old. Nobody was signed in and nothing was changed. Sign in again.',
  },
  code_used: {
    'zh-CN': '一次授权只能登录一次。没有做任何更改。请重新登录。',
    en: 'An authorization signs in once. Nothing was changed. Sign in again.',
  },
  wechat_busy: {
    'zh-CN': '微信暂时无法处理登录，这不是你的问题。请稍等片刻再重新登录。',
    en: 'WeChat could not process the sign-in just now; it is not your fault. Wait a moment, then sign in again.',
  },
  wechat_rate_limited: {
    'zh-CN': '登录的人太多，微信暂时限制了登录，这不是你的问题。请一分钟后重新登录。',
    en: 'Too many people are signing in, and WeChat holds them up; it is not your fault. Sign in again in a minute.',
  },
  wechat_unreachable: {
    'zh-CN': '暂时连接不上微信，这不是你的问题。请稍等片刻再重新登录。',
    en: 'WeChat cannot be reached just now; it is not your fault. Wait a moment, then sign in again.',
  },
  wechat_config: {
    'zh-CN': '本网站的微信登录没有配置好，需要网站的管理员来修正。请稍后再来。',
    en: 'This site’s sign-in with WeChat is not set up right, which its operator has to mend. Come back later.',
  },
  user_deleted: {
    'zh-CN': '你已经注销了这个账号，它的数据很快会被清除。如要撤销注销，请尽快到小程序里登录。',
    en: 'You deleted this account, and its data is about to go. To take it back, sign in to the mini program soon.',
  },
}

/** Where somebody whose sign-in failed can go on; addresses of ours, checked before. */
export type WaysOn = { readonly again?: string | undefined; readonly back?: string | undefined }

/** A refusal for a person to read; for a program that takes nothing but JSON, the problem. */
export function refusalPage(request: Request, error: KaimenError, waysOn: WaysOn): Response {
  const accept = request.headers.get('accept') ?? ''
  const language = request.headers.get('accept-language')
  const problem = problemResponse(error, language)
  if (accept.includes('json') && !accept.includes('html')) return problem
  const spoken = chooseLanguage(language)
  const { title } = errorTable[error.code]
  const { again, back } = waysOn
  const links = [
    again && link(again, words.again[spoken], true),
    back && link(back, words.back[spoken], !again),
  ]
  const body = `<main>${sign}<h1>${escape(title[spoken])}</h1>
<p>${escape(sayTo(error)[spoken])}</p>
${links.filter(Boolean).join('\n')}
<small>${words.code[spoken]} ${error.code}</small></main>`
  return pageResponse(spoken, title[spoken], body, {
    status: problem.status,
    retryAfter: problem.headers.get('retry-after'),
  })
}

/** A ring that is not closed: something is missing, and nothing is broken. */
const sign =
  '<svg viewBox="0 0 56 56" fill="none" stroke="#fa9d3b" stroke-width="4" stroke-linecap="round" aria-hidden="true"><circle cx="28" cy="28" r="24"/><path d="M28 16v15m0 9v.1"/></svg>'

const link = (href: string, text: string, isFirst: boolean) =>
  `<a href="${escape(href)}"${isFirst ? ' class="first"' : ''}>${text}</a>`

/**
 * A page in a frame, which says only to the page around it how the sign-in went.
 *
 * @param origins Where the page around it may be: ours.
 */
export function framedPage(
  request: Request,
  origins: Iterable<string>,
  message: { type: 'kaimen:signed_in' } | { type: 'kaimen:failed'; error: KaimenError },
): Response {
  const language = chooseLanguage(request.headers.get('accept-language'))
  const told = message.type === 'kaimen:failed' ? describe(message.error, language) : message
  const frame = [...origins].join(' ')
  const data = `data-message="${escape(JSON.stringify(told))}" data-targets="${escape(frame)}"`
  const title = 'title' in told ? told.title : 'Kaimen'
  const text = 'title' in told ? `<main><h1>${escape(told.title)}</h1></main>` : ''
  const body = `${text}<script>${tell}</script>`
  return pageResponse(language, title, body, { status: 200, frame, data })
}

const sayTo = ({ code, detail }: KaimenError): Localized =>
  detail ?? forPeople[code] ?? errorTable[code].detail

function describe(error: KaimenError, language: Language) {
  const { title, action } = errorTable[error.code]
  const said = { title: title[language], detail: sayTo(error)[language], action }
  return { type: 'kaimen:failed', code: error.code, ...said }
}

function pageResponse(
  language: Language,
  title: string,
  body: string,
  how: { status: number; retryAfter?: string | null; frame?: string; data?: string },
): Response {
  const { status, retryAfter = null, frame, data } = how
  const page = `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escape(title)}</title><style>${style}</style></head>
<body${data ? ` ${data}` : ''}>${body}</body></html>`
  return new Response(page, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-language': language,
      'content-security-policy': [
        "default-src 'none'",
        `style-src ${styleSource}`,
        ...(frame ? [`script-src ${tellSource}`] : []),
        `frame-ancestors ${frame ?? "'none'"}`,
        "base-uri 'none'",
        "form-action 'none'",
      ].join('; '),
      ...personal,
      ...(retryAfter !== null && { 'retry-after': retryAfter }),
    },
  })
}

/** Of what is about one person, at an address that has a code of WeChat's in it. */
const personal = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

/** @param location An address of ours or of WeChat's, checked before. */
export function goTo(location: string): Response {
  return new Response(null, { status: 303, headers: { location, ...personal } })
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
