import { renderSVG } from 'uqr'
import { headImagePath } from '../picture/head-image.ts'
import type { WeChatReply } from '../wechat/endpoint.ts'
import type { World } from '../world/world.ts'
import type { AuthorizeRequest } from './authorize-request.ts'
import { html, pageReply, say } from './page.ts'
import type { Html, Lang } from './page.ts'

interface Asking {
  readonly lang: Lang
  readonly request: AuthorizeRequest
  /** Who is chosen at first. */
  readonly personId: string | undefined
  /** What the QR code of a website holds: the address of the page itself. */
  readonly address: string
}

/** Asks who somebody is and whether they allow. A form without a script. */
export function askingPage(world: World, asking: Asking): WeChatReply {
  const { lang, request, personId = [...world.people.keys()][0], address } = asking
  const { app, scope, redirectUri } = request
  const isLogin = scope === 'snsapi_login'
  const title = say(lang, {
    en: isLogin ? 'WeChat login' : 'WeChat authorization',
    zh: isLogin ? '微信登录' : '微信授权',
  })
  const wants = say(
    lang,
    {
      snsapi_base: {
        en: 'learns your openid. WeChat asks nobody for this: choose who you are.',
        zh: '将获得你的 openid。微信对此不弹出询问：请选择你是谁。',
      },
      snsapi_userinfo: {
        en: 'asks for your nickname and picture.',
        zh: '申请获取你的昵称、头像。',
      },
      snsapi_login: {
        en: 'wants you to log in. Choose whose phone scans the code.',
        zh: '申请使用你的微信登录。请选择由谁的手机扫码。',
      },
    }[scope],
  )
  const people = [...world.people.values()].map(
    ({ id, nickname }) =>
      html`<label>
        <img src="${headImagePath(id, '46')}" width="40" height="40" alt="" />
        <span>${nickname} <small class="soft">${id}</small></span>
        <input
          type="radio"
          name="person"
          value="${id}"
          required${id === personId ? html` checked` : html``}
        />
      </label> `,
  )
  const refuse = html`<button name="decision" value="refuse">
    ${say(lang, { en: 'Refuse', zh: '拒绝' })}
  </button>`
  return pageReply({
    lang,
    title,
    isFramed: isLogin,
    body: html`<h1>${title}</h1>
      <p><strong>${app.appid}</strong> ${wants}</p>
      <p class="soft">→ ${hostOf(redirectUri)}</p>
      ${isLogin ? qrCode(lang, address) : html``}
      <form method="post">
        <fieldset>
          <legend>${say(lang, { en: 'Who are you?', zh: '你是谁？' })}</legend>
          ${people}
        </fieldset>
        <button name="decision" value="allow">${say(lang, { en: 'Allow', zh: '同意' })}</button>
        ${scope === 'snsapi_base' ? html`` : refuse}
      </form>`,
    errcode: null,
  })
}

/** What a person sees who refused, where WeChat does not send the browser back. */
export function refusedPage(lang: Lang): WeChatReply {
  const title = say(lang, { en: 'You refused', zh: '你已拒绝' })
  const what = say(lang, { en: 'You may close this page.', zh: '可以关闭此页面了。' })
  return pageReply({
    lang,
    title,
    body: html`<h1>${title}</h1>
      <p>${what}</p>`,
    errcode: null,
  })
}

/** Sends the browser to a place twice: once as for a picture, then for good. */
export function doubleHitPage(lang: Lang, location: string): WeChatReply {
  const title = say(lang, { en: 'Going back…', zh: '正在返回…' })
  return pageReply({
    lang,
    title,
    head: html`<meta http-equiv="refresh" content="1; url=${location}" />`,
    pictureOrigin: new URL(location).origin,
    body: html`<h1>${title}</h1>
      <p><a href="${location}">${hostOf(location)}</a></p>
      <img src="${location}" alt="" hidden />`,
    errcode: null,
  })
}

function qrCode(lang: Lang, address: string): Html {
  const svg = Buffer.from(renderSVG(address, { border: 0 })).toString('base64')
  const alt = say(lang, { en: 'QR code of this page', zh: '本页面的二维码' })
  return html`<img class="qr" src="data:image/svg+xml;base64,${svg}" alt="${alt}" />`
}

function hostOf(url: string): string {
  return new URL(url).host
}
