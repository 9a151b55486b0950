import { liHua, readObject, serviceAccount, startEmulator, website } from './start-emulator.ts'
import type { Fields } from './start-emulator.ts'

type Query = Record<string, string>
type TestApp = { readonly appid: string; readonly secret: string }

export const callback = 'http://127.0.0.1:4100/v1/web/callback'

/** The address to which an app sends a browser, its parameters in WeChat's order. */
export function authorizeUrl(base: string, change: Query = {}): string {
  return `${base}/connect/oauth2/authorize?${parameters({
    appid: serviceAccount.appid,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'snsapi_userinfo',
    state: 'abc123',
    ...change,
  })}#wechat_redirect`
}

export function qrconnectUrl(base: string, change: Query = {}): string {
  return `${base}/connect/qrconnect?${parameters({
    appid: website.appid,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'snsapi_login',
    state: 'abc123',
    ...change,
  })}#wechat_redirect`
}

// An empty value takes the parameter away.
function parameters(fields: Query): string {
  return new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== '')).toString()
}

/** An emulator whose pages are opened, and whose `/sns` is called, as a back end does it. */
export async function startWebOauth() {
  const emulator = await startEmulator()
  const open = 'https://open.weixin.qq.com'
  const get = async (path: string, query: Query, init: RequestInit = {}): Promise<Fields> => {
    const search = new URLSearchParams(query).toString()
    const response = await fetch(`${emulator.url}/${path}?${search}`, init)
    return readObject(await response.text())
  }
  const decide = (url: string, decision = 'allow', person = liHua.id) =>
    emulator.control('POST', 'authorize', { url, person, decision })
  const codeOf = (location: unknown) => new URL(String(location)).searchParams.get('code') ?? ''
  const exchange = (code: string, change: Query = {}, app: TestApp = serviceAccount) =>
    get('sns/oauth2/access_token', {
      appid: app.appid,
      secret: app.secret,
      code,
      grant_type: 'authorization_code',
      ...change,
    })
  return {
    ...emulator,
    decide,
    get,
    exchange,
    /** What `wx.login` in the mini program leads to. */
    exchangeLogin: async () => emulator.exchange(await emulator.login()),
    /** A code of the service account for what was asked. */
    async authorize(change: Query = {}, person = liHua.id) {
      const { body } = await decide(authorizeUrl(open, change), 'allow', person)
      return codeOf(body.location)
    },
    /** A code of the website. */
    async logIn(change: Query = {}, person = liHua.id) {
      const { body } = await decide(qrconnectUrl(open, change), 'allow', person)
      return codeOf(body.location)
    },
    refresh: (refreshToken: unknown, change: Query = {}) =>
      get('sns/oauth2/refresh_token', {
        appid: serviceAccount.appid,
        grant_type: 'refresh_token',
        refresh_token: String(refreshToken),
        ...change,
      }),
    auth: ({ access_token, openid }: Fields, change: Query = {}) =>
      get('sns/auth', { access_token: String(access_token), openid: String(openid), ...change }),
    userinfo: ({ access_token, openid }: Fields, change: Query = {}) =>
      get('sns/userinfo', {
        access_token: String(access_token),
        openid: String(openid),
        lang: 'zh_CN',
        ...change,
      }),
    account: (switches: object) => emulator.switch(switches, serviceAccount.appid),
  }
}
