import assert from 'node:assert/strict'

/** A reply, as it came. */
export interface Reply {
  readonly status: number
  readonly contentType: string
  readonly headers: Headers
  readonly bytes: Uint8Array
  readonly text: string
  /** The fields of the JSON that the text is; none if it is no JSON. */
  readonly json: Fields
}

export type Fields = Readonly<Record<string, unknown>>

type Query = Readonly<Record<string, string>>

export interface App {
  readonly appid: string
  readonly secret: string
}

/** A fresh world behind an address: WeChat's paths, and what a person does on a phone. */
export interface WeChat {
  readonly url: string
  readonly miniProgram: App
  /** Bound to no Open Platform account. */
  readonly unboundMiniProgram: App
  readonly serviceAccount: App
  readonly website: App
  readonly get: (path: string, query: Query) => Promise<Reply>
  /** With a body that is not text, as JSON. */
  readonly post: (path: string, query: Query, body?: object | string) => Promise<Reply>
  /** `POST /emulator/<call>`; the fields of what it answers. */
  readonly control: (call: string, body: object) => Promise<Fields>
  /** Turns switches of an app. */
  readonly turn: (app: App, switches: object) => Promise<void>
  readonly waitSeconds: (seconds: number) => Promise<void>
  /** A fresh code of wx.login. */
  readonly login: (app?: App, person?: string) => Promise<string>
  /** What code2Session answers to a fresh code. */
  readonly session: (app?: App, person?: string) => Promise<{ openid: string; session_key: string }>
  /** A fresh access_token of the app itself. */
  readonly accessToken: (app?: App) => Promise<string>
  /** A fresh code of getPhoneNumber. */
  readonly phoneCode: (app?: App, person?: string) => Promise<string>
  /** The page that a browser is sent to, with a state. */
  readonly authorizeUrl: (app: App, scope: string) => string
  /** The code that WeChat sends the browser back with. */
  readonly webCode: (app: App, scope: string, person?: string) => Promise<string>
  /** What a fresh web code is worth: access_token, refresh_token, openid and more. */
  readonly webTokens: (app: App, scope: string, person?: string) => Promise<Record<string, string>>
}

export const redirectUri = 'https://shop.example.com/callback'

/** Begins the world behind the address anew, and opens it. */
export async function openWeChat(url: string): Promise<WeChat> {
  await ask(`${url}/emulator/reset`, { method: 'POST', body: '{}' })
  const { apps } = (await ask(`${url}/emulator/world`)).json
  const appOf = (kind: string, isBound: boolean): App => {
    assert.ok(Array.isArray(apps), 'GET /emulator/world lists no apps')
    const app: unknown = apps.find(
      (each: Fields) => each['kind'] === kind && (each['open_platform'] !== null) === isBound,
    )
    return { appid: textIn(app, 'appid'), secret: textIn(app, 'secret') }
  }
  const miniProgram = appOf('mini_program', true)
  const serviceAccount = appOf('service_account', true)
  const website = appOf('website', true)

  const control: WeChat['control'] = async (call, body) => {
    const reply = await ask(`${url}/emulator/${call}`, {
      method: call.startsWith('apps/') ? 'PATCH' : 'POST',
      body: JSON.stringify(body),
    })
    assert.ok(reply.status < 300, `/emulator/${call} answered ${reply.status}: ${reply.text}`)
    return reply.json
  }
  // As an operator does in WeChat's console, before anybody can sign in there.
  const redirect_domain = new URL(redirectUri).host
  await control(`apps/${serviceAccount.appid}`, { redirect_domain })
  await control(`apps/${website.appid}`, { redirect_domain })

  const get: WeChat['get'] = (path, query) => ask(`${url}${path}?${encode(query)}`)
  const post: WeChat['post'] = (path, query, body = '') =>
    ask(`${url}${path}?${encode(query)}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: typeof body === 'string' ? {} : { 'content-type': 'application/json' },
    })
  const login: WeChat['login'] = async (app = miniProgram, person = 'li-hua') =>
    textIn(await control('wx/login', { appid: app.appid, person }), 'code')
  const authorizeUrl: WeChat['authorizeUrl'] = (app, scope) => {
    const page = scope === 'snsapi_login' ? 'qrconnect' : 'oauth2/authorize'
    const query = { appid: app.appid, redirect_uri: redirectUri, response_type: 'code' }
    return `https://open.weixin.qq.com/connect/${page}?${encode({ ...query, scope, state: 'state1' })}#wechat_redirect`
  }
  const webCode: WeChat['webCode'] = async (app, scope, person = 'li-hua') => {
    const address = authorizeUrl(app, scope)
    const { location } = await control('authorize', { url: address, person, decision: 'allow' })
    return new URL(String(location)).searchParams.get('code') ?? ''
  }

  return {
    url,
    miniProgram,
    unboundMiniProgram: appOf('mini_program', false),
    serviceAccount,
    website,
    get,
    post,
    control,
    async turn(app, switches) {
      await control(`apps/${app.appid}`, switches)
    },
    async waitSeconds(seconds) {
      await control('clock', { advance_seconds: seconds })
    },
    login,
    async session(app = miniProgram, person = 'li-hua') {
      const query = { js_code: await login(app, person), grant_type: 'authorization_code' }
      const { json } = await get('/sns/jscode2session', { ...app, ...query })
      return { openid: textIn(json, 'openid'), session_key: textIn(json, 'session_key') }
    },
    async accessToken(app = miniProgram) {
      const { json } = await get('/cgi-bin/token', { ...app, grant_type: 'client_credential' })
      return textIn(json, 'access_token')
    },
    async phoneCode(app = miniProgram, person = 'li-hua') {
      return textIn(await control('wx/getPhoneNumber', { appid: app.appid, person }), 'code')
    },
    authorizeUrl,
    webCode,
    async webTokens(app, scope, person = 'li-hua') {
      const query = { code: await webCode(app, scope, person), grant_type: 'authorization_code' }
      const { json } = await get('/sns/oauth2/access_token', { ...app, ...query })
      textIn(json, 'access_token')
      return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, String(value)]))
    },
  }
}

/** The text in a field. */
export function textIn(value: unknown, name: string): string {
  const text: unknown = isFields(value) ? value[name] : undefined
  if (typeof text !== 'string' || text === '') {
    assert.fail(`There is no text in "${name}" of ${JSON.stringify(value)}`)
  }
  return text
}

async function ask(address: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(address, {
    ...init,
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
  })
  const bytes = new Uint8Array(await response.arrayBuffer())
  const text = Buffer.from(bytes).toString()
  const { status, headers } = response
  return {
    status,
    headers,
    contentType: headers.get('content-type') ?? '',
    bytes,
    text,
    json: parse(text),
  }
}

function parse(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : {}
  } catch {
    return {}
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

function encode(query: Query): string {
  return new URLSearchParams(query).toString()
}
