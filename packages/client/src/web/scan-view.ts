/**
 * What a scan looks like, in a shadow of its own: neither the page's styles nor its scripts' reach
 * in.
 */
import { pageLanguage, type Language } from './language.ts'
import type { ScanStatus, ScanTexts, ScanWatcher } from './scan.ts'

const words: Readonly<Record<Language, ScanTexts>> = {
  'zh-CN': {
    picture: '登录用的小程序码',
    loading: '正在获取小程序码…',
    waiting: '请用微信扫码登录',
    claimed: '已扫码，请在手机上确认',
    approved: '已确认，正在登录…',
    signed_in: '已登录',
    rejected: '手机上拒绝了登录',
    expired: '小程序码已过期',
    again: '换一个小程序码',
  },
  en: {
    picture: 'Mini-program code to sign in with',
    loading: 'Getting a code…',
    waiting: 'Scan with WeChat to sign in',
    claimed: 'Scanned: confirm on the phone',
    approved: 'Confirmed: signing in…',
    signed_in: 'Signed in',
    rejected: 'Refused on the phone',
    expired: 'The code has expired',
    again: 'Get a new code',
  },
}

/** A code is dark on light, in a dark page too: not every scanner reads the reverse. */
const css = `
:host{display:block;color-scheme:light dark;font:inherit;color:inherit}
*{box-sizing:border-box}
[hidden]{display:none!important}
section{display:grid;justify-items:center;gap:.75em;max-width:16em;margin:auto;text-align:center}
section:focus{outline:0}
div{position:relative;width:100%;aspect-ratio:1;padding:8%;border-radius:12px;background:#fff;border:1px solid #8884}
img{display:block;width:100%;height:100%;opacity:0}
.waiting img{opacity:1}
.claimed img,.approved img,.signed_in img,.rejected img,.expired img,.failed img{opacity:.12}
div::after{position:absolute;inset:0;display:grid;place-items:center;font:700 4em system-ui;color:#07c160}
.claimed div::after,.approved div::after,.signed_in div::after{content:"✓";content:"✓"/""}
.rejected div::after,.failed div::after{content:"!";content:"!"/"";color:#d93025}
p{margin:0;overflow-wrap:anywhere}
p+p{font-size:.85em;opacity:.75;font-variant-numeric:tabular-nums}
button{font:inherit;color:#fff;background:#067a3e;border:0;border-radius:8px;padding:.6em 1.2em;cursor:pointer}
button:hover{background:#056633}
button:focus-visible{outline:3px solid #07c160;outline-offset:2px}
@media(prefers-reduced-motion:no-preference){img{transition:opacity .2s}}
@media(forced-colors:active){div{forced-color-adjust:none}}
`

/** Nothing more comes of it by itself. */
const last: readonly ScanStatus[] = ['rejected', 'expired', 'failed']

export interface ScanView extends Pick<ScanWatcher, 'show' | 'picture' | 'left'> {
  close(): void
}

export function drawScan(
  element: HTMLElement,
  texts: Partial<ScanTexts> = {},
  again: () => void,
): ScanView {
  const language = pageLanguage()
  const text = { ...words[language], ...texts }
  const host = document.createElement('div')
  host.lang = language
  const shadow = host.attachShadow({ mode: 'open' })
  dress(shadow)

  const box = document.createElement('section')
  // Takes the focus over from the button that goes.
  box.tabIndex = -1
  const frame = document.createElement('div')
  const status = document.createElement('p')
  status.setAttribute('role', 'status')
  const more = document.createElement('p')
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = text.again
  button.addEventListener('click', () => {
    again()
    box.focus()
  })
  box.append(frame, status, more, button)
  shadow.append(box)
  element.append(host)

  return {
    show(next, error) {
      box.className = next
      box.setAttribute('aria-busy', String(next === 'loading'))
      status.textContent = next === 'failed' ? (error?.message ?? '') : text[next]
      // Else the time that is left is there.
      if (error || last.includes(next) || next === 'loading') more.textContent = error?.detail ?? ''
      button.hidden = !last.includes(next)
      if (next === 'loading' || next === 'failed') frame.textContent = ''
    },
    picture(url, failed) {
      const picture = document.createElement('img')
      picture.alt = text.picture
      // So that it is asked for as the rest is: with the cookie, and the page's origin.
      picture.crossOrigin = 'use-credentials'
      picture.addEventListener('error', failed)
      picture.src = url
      frame.textContent = ''
      frame.append(picture)
    },
    left(seconds) {
      more.textContent =
        seconds > 0 ? `${Math.floor(seconds / 60)}:${`0${seconds % 60}`.slice(-2)}` : ''
    },
    close: () => host.remove(),
  }
}

/** Constructed, the styles need no leave of the page's CSP; older browsers want `style-src`. */
function dress(shadow: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
    shadow.adoptedStyleSheets = [sheet]
  } catch {
    const style = document.createElement('style')
    style.textContent = css
    shadow.append(style)
  }
}
