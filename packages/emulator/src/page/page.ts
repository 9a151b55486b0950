import { createHash } from 'node:crypto'
import type { Text, WeChatReply } from '../wechat/endpoint.ts'

export type Lang = 'en' | 'zh'

/** HTML that is known to be whole and harmless. */
export interface Html {
  readonly html: string
}

/** Puts values into HTML: text is escaped, HTML and lists of it stay. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | Html | readonly Html[])[]
): Html {
  const inserted = values.map((value) => {
    if (typeof value === 'string') return escape(value)
    return 'html' in value ? value.html : value.map((each) => each.html).join('')
  })
  return { html: String.raw({ raw: parts }, ...inserted) }
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

const style = `
:root { color-scheme: light dark; --ink: #191919; --soft: #767676; --card: #fff; --ground: #ededed; --line: #e5e5e5; --green: #06863f }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --soft: #a0a0a0; --card: #1e1e1e; --ground: #111; --line: #333; --green: #3ecf7f } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 16px; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif }
main { width: 100%; max-width: 380px; padding: 28px 24px; background: var(--card); border-radius: 16px }
h1 { margin: 0 0 4px; font-size: 20px }
p { margin: 4px 0 }
.soft { color: var(--soft); font-size: 14px; overflow-wrap: anywhere }
fieldset { margin: 20px 0; padding: 0; border: 0 }
legend { padding: 0 0 4px; color: var(--soft); font-size: 14px }
label { display: flex; align-items: center; gap: 12px; padding: 10px 4px; border-bottom: 1px solid var(--line); cursor: pointer }
label img { border-radius: 6px }
label span { flex: 1 }
input { width: 20px; height: 20px; accent-color: var(--green) }
button { width: 100%; margin-top: 10px; padding: 11px; border: 1px solid var(--line); border-radius: 8px; background: transparent; color: var(--ink); font: inherit; cursor: pointer }
button[value=allow] { border-color: transparent; background: #06863f; color: #fff; font-weight: 600 }
:focus-visible { outline: 3px solid #1677ff; outline-offset: 2px }
.qr { display: block; width: 200px; height: 200px; margin: 16px auto 0; padding: 8px; background: #fff }
`

// Put in as one, since a space more would be another style than the one that is allowed.
const styleElement: Html = { html: `<style>${style}</style>` }
const styleHash = createHash('sha256').update(style).digest('base64')

interface Page {
  readonly lang: Lang
  readonly title: string
  readonly body: Html
  /** What goes into the head besides. */
  readonly head?: Html
  /** A host whose pictures may be loaded, beside this one's. */
  readonly pictureOrigin?: string
  /** Whether pages of others may frame it, as a website does with the QR code. */
  readonly isFramed?: boolean
  readonly errcode: number | null
}

/** A page that a browser is shown. It loads nothing from elsewhere and runs no script. */
export function pageReply(page: Page): WeChatReply {
  const { lang, title, body, head = html``, pictureOrigin = '', isFramed, errcode } = page
  const whole = html`<!doctype html>
    <html lang="${lang === 'zh' ? 'zh-CN' : 'en'}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${styleElement} ${head}
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html> `
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    `img-src 'self' data: ${pictureOrigin}`.trim(),
    // Beyond this host too: browsers hold the redirect that answers a form to this.
    "form-action 'self' http: https:",
    "base-uri 'none'",
    ...(isFramed ? [] : ["frame-ancestors 'none'"]),
  ]
  return {
    status: 200,
    contentType: 'text/html; charset=utf-8',
    headers: {
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body: whole.html,
    errcode,
  }
}

/** The text in a language. */
export function say(lang: Lang, { en, zh }: Text): string {
  return lang === 'zh' ? zh : en
}

/** Chinese unless the browser likes English better. */
export function langOf(acceptLanguage: string | undefined): Lang {
  const first = /\b(zh|en)\b/i.exec(acceptLanguage ?? '')?.[1]
  return first?.toLowerCase() === 'en' ? 'en' : 'zh'
}
