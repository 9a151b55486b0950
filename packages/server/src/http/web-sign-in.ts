import { errorTable } from '@kaimen/protocol'
import { authorizeUrl, qrConnectUrl } from '@kaimen/wechat'
import type { App } from '../app.ts'
import { beginWeb, readWeb, type WebBegun, type WebScope } from '../challenge/web-state.ts'
import { KaimenError } from '../errors.ts'
import { refuseWeb, signInByWeb } from '../sign-in/by-web.ts'
import { refuseBody } from './body.ts'
import { browserOf, nameBrowser } from './browser.ts'
import { describeBrowser } from './describe-browser.ts'
import { limitByAddress, type Call, type Handler, type HttpParts } from './handlers.ts'
import { framedPage, goTo, refusalPage, type WaysOn } from './page.ts'
import { readReturnTo } from './return-to.ts'
import { beginWebSession } from './web-session.ts'

/** `GET /v1/web/{app_id}/start` */
export const webStart: Handler = async (parts, call) => {
  const { request } = call
  const query = new URL(request.url).searchParams
  try {
    await limitByAddress(parts, call, 'web')
    const app = webApp(parts, call)
    const begun: WebBegun = {
      app_id: app.app_id,
      return_to: readReturnTo(parts.web, query.get('return_to')),
      scope: readScope(app, query.get('scope')),
      embed: readEmbed(app, query.get('embed')),
    }
    return await sendToWechat(parts, request, begun)
  } catch (error) {
    return refuse(parts, request, error, undefined)
  }
}

/** `GET /v1/web/{app_id}/callback` */
export const webCallback: Handler = async (parts, call) => {
  const { request } = call
  const query = new URL(request.url).searchParams
  let begun: WebBegun | undefined
  try {
    await limitByAddress(parts, call, 'web')
    const app = webApp(parts, call)
    const state = query.get('state') ?? ''
    begun = await readWeb(parts, browserOf(parts, request), { app_id: app.app_id, state })
    const code = query.get('code') ?? ''
    // WeChat sends whoever refuses back with the state alone.
    if (code === '') await refuseWeb(parts, app, state)
    const device = describeBrowser(request.headers.get('user-agent'))
    const attempt = { state, code, scope: begun.scope, device }
    const result = await signInByWeb(parts, app, attempt)
    if (result === 'userinfo_required') {
      return await sendToWechat(parts, request, { ...begun, scope: 'snsapi_userinfo' })
    }
    const { embed, return_to } = begun
    const arrived = embed
      ? framedPage(request, [new URL(return_to).origin], { type: 'kaimen:signed_in' })
      : goTo(withFragment(return_to))
    return await beginWebSession(parts, request, result.session, arrived)
  } catch (error) {
    return refuse(parts, request, error, begun)
  }
}

/**
 * Without a fragment of its own, even an empty one, the page would be opened at the
 * `#wechat_redirect` that WeChat's address ends in, and take that for a place in itself. RFC 9110
 * section 10.2.2.
 */
function withFragment(return_to: string): string {
  return return_to.includes('#') ? return_to : `${return_to}#`
}

function webApp({ apps }: HttpParts, { params }: Call): App {
  const app = apps.get(params['app_id'] ?? '')
  if (app?.kind !== 'service_account' && app?.kind !== 'website') {
    throw new KaimenError('app_unknown')
  }
  return app
}

function readScope(app: App, asked: string | null): WebScope {
  if (app.kind === 'website' && (asked === null || asked === 'snsapi_login')) return 'snsapi_login'
  if (app.kind === 'service_account') {
    if (asked === null) return app.scope
    if (asked === 'snsapi_base' || asked === 'snsapi_userinfo') return asked
  }
  throw refuseBody({
    'zh-CN': 'scope 对服务号是 snsapi_base 或 snsapi_userinfo，对网站应用是 snsapi_login。',
    en: 'scope is snsapi_base or snsapi_userinfo for a service account, snsapi_login for a website.',
  })
}

function readEmbed({ kind }: App, asked: string | null): boolean {
  if (asked === null || asked === 'false') return false
  if (asked === 'true' && kind === 'website') return true
  throw refuseBody({
    'zh-CN': 'embed 只能是 true 或 false，且只有网站应用的二维码可以嵌入网页。',
    en: 'embed is true or false, and only the QR code of a website can stand in a page.',
  })
}

/** To WeChat's page, and back to this browser alone. */
async function sendToWechat(
  parts: HttpParts,
  request: Request,
  begun: WebBegun,
): Promise<Response> {
  const { browser, cookie } = nameBrowser(parts, request)
  const state = await beginWeb(parts, browser, begun)
  const { app_id, scope, embed } = begun
  const page = {
    appid: app_id,
    redirect_uri: `${parts.publicUrl}/v1/web/${app_id}/callback`,
    state,
    baseUrl: parts.web.openUrl,
  }
  const url =
    scope === 'snsapi_login'
      ? qrConnectUrl({ ...page, ...(embed && { self_redirect: true }) })
      : authorizeUrl({ ...page, scope })
  const response = goTo(url)
  response.headers.append('set-cookie', cookie)
  return response
}

/** What failed as a person reads it; of what is no refusal, only that it is our fault. */
function refuse(
  parts: HttpParts,
  request: Request,
  error: unknown,
  begun: WebBegun | undefined,
): Response {
  const refusal =
    error instanceof KaimenError ? error : new KaimenError('internal_error', { cause: error })
  const response = isFramed(request, begun)
    ? framedPage(request, begun ? [new URL(begun.return_to).origin] : parts.web.origins, {
        type: 'kaimen:failed',
        error: refusal,
      })
    : refusalPage(request, refusal, waysOn(parts, begun))
  if (refusal.code !== 'wechat_config' && errorTable[refusal.code].status < 500) return response
  const { pathname } = new URL(request.url)
  if (!refusal.isReported) parts.report(`GET ${pathname}: ${refusal.code}`, refusal)
  return response
}

/** Also where nothing is known of what began: the page around the frame would wait for ever. */
function isFramed({ headers, url }: Request, begun: WebBegun | undefined): boolean {
  if (begun) return begun.embed
  const asksFor = new URL(url).searchParams.get('embed') === 'true'
  return asksFor || headers.get('sec-fetch-dest') === 'iframe'
}

function waysOn({ publicUrl, web }: HttpParts, begun: WebBegun | undefined): WaysOn {
  if (!begun) return { back: web.home }
  const { app_id, return_to, scope } = begun
  const query = new URLSearchParams({ return_to, scope })
  return {
    again: `${publicUrl}/v1/web/${app_id}/start?${query.toString()}`,
    back: return_to,
  }
}
