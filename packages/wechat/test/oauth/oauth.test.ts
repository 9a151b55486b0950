import { seedWorld } from '@kaimen/emulator'
import { describe, expect, test } from 'vitest'
import {
  authorizeUrl,
  checkOAuthToken,
  exchangeOAuthCode,
  getFollower,
  getUserInfo,
  qrConnectUrl,
  refreshOAuthToken,
  secret,
  WechatError,
  WechatInputError,
} from '../../src/index.ts'
import { callWith } from '../support/call-with.ts'
import { catchError, catchSyncError } from '../support/catch-error.ts'
import { bound, emulate, service, website } from '../support/emulate.ts'

const person = seedWorld.people[0].id
const redirect_uri = 'http://localhost:3000/callback'
const state = 'a1B2'

async function emulateBrowser() {
  const emulated = await emulate()
  const { control, wechat } = emulated

  /** Opens the address in WeChat; gives where the browser is sent. */
  async function open(url: string, decision = 'allow'): Promise<URL> {
    const { location } = Object(await control('POST', '/authorize', { url, person, decision }))
    return new URL(String(location))
  }

  async function authorize(scope: 'snsapi_base' | 'snsapi_userinfo') {
    const url = authorizeUrl({ appid: service.appid, redirect_uri, scope, state })
    const code = (await open(url)).searchParams.get('code') ?? ''
    return exchangeOAuthCode(wechat, { ...service, code })
  }

  return { ...emulated, open, authorize }
}

describe('addresses', () => {
  test('a service account’s has its parameters in WeChat’s order and ends in #wechat_redirect', () => {
    const url = authorizeUrl({
      appid: 'wx520c15f417810387',
      redirect_uri: 'https://chong.qq.com/php/index.php?d=&c=wxAdapter&m=mobileDeal',
      scope: 'snsapi_base',
      state: '123',
    })
    expect(url).toBe(
      'https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx520c15f417810387&redirect_uri=https%3A%2F%2Fchong.qq.com%2Fphp%2Findex.php%3Fd%3D%26c%3DwxAdapter%26m%3DmobileDeal&response_type=code&scope=snsapi_base&state=123#wechat_redirect',
    )
  })

  test('a website’s too', () => {
    const params = { appid: website.appid, redirect_uri, state, lang: 'en' } as const
    expect(qrConnectUrl(params)).toBe(
      `https://open.weixin.qq.com/connect/qrconnect?appid=${website.appid}&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback&response_type=code&scope=snsapi_login&state=a1B2&lang=en#wechat_redirect`,
    )
  })

  test.each([true, false])('one for an iframe says so, and where to go: %s', (self_redirect) => {
    const url = qrConnectUrl({ appid: 'wx1', redirect_uri, state, self_redirect })
    expect(url).toMatch(/&state=a1B2&login_type=jssdk&self_redirect=(true|false)#wechat_redirect$/)
    expect(new URL(url).searchParams.get('self_redirect')).toBe(String(self_redirect))
  })

  test('a self_redirect that is neither true nor false is refused', () => {
    const wrong = { appid: 'wx1', redirect_uri, state, self_redirect: 'default' }
    const error = catchSyncError(WechatInputError, () => {
      callWith(qrConnectUrl, wrong)
    })
    expect(error.parameter).toBe('self_redirect')
  })

  test('forcePopup and forceSnapShot come last', () => {
    const params = { appid: 'wx1', redirect_uri, scope: 'snsapi_userinfo', state } as const
    const url = authorizeUrl({ ...params, forcePopup: true, forceSnapShot: true })
    expect(url).toMatch(/&state=a1B2&forcePopup=true&forceSnapShot=true#wechat_redirect$/)
  })

  test('of another host they begin with it', () => {
    const params = { appid: 'wx1', redirect_uri, state, baseUrl: 'http://127.0.0.1:4180' }
    expect(qrConnectUrl(params)).toMatch(/^http:\/\/127\.0\.0\.1:4180\/connect\/qrconnect\?/)
  })

  test.each([
    ['state', { state: '' }],
    ['state', { state: 'a'.repeat(129) }],
    ['state', { state: 'a-b' }],
    ['state', { state: undefined }],
    ['scope', { scope: 'snsapi_login' }],
    ['redirect_uri', { redirect_uri: '/callback' }],
    ['redirect_uri', { redirect_uri: 'javascript:alert(1)' }],
    ['redirect_uri', { redirect_uri: 'https://a.example/#/route' }],
    ['appid', { appid: 'wx1&scope=snsapi_userinfo' }],
    ['baseUrl', { baseUrl: 'http://evil.example' }],
  ])('a wrong %s, as in %j, is refused', (parameter, wrong) => {
    const good = { appid: 'wx1', redirect_uri, scope: 'snsapi_base', state }
    const error = catchSyncError(WechatInputError, () => {
      callWith(authorizeUrl, { ...good, ...wrong })
    })
    expect(error.parameter).toBe(parameter)
  })
})

describe('a service account', () => {
  test('snsapi_base gives an openid and tokens, and no profile', async () => {
    const { wechat, authorize } = await emulateBrowser()
    const token = await authorize('snsapi_base')
    expect(token).toMatchObject({ scope: 'snsapi_base', is_snapshotuser: false, expires_in: 7200 })
    expect(token.openid).toMatch(/^o[\w-]{27}$/)
    expect(String(token.access_token) + String(token.refresh_token)).toBe('[secret][secret]')
    const error = await catchError(WechatError, getUserInfo(wechat, token))
    expect(error).toMatchObject({ errcode: 48001, fault: 'caller' })
    expect(error.fix.en).toContain('snsapi_userinfo')
  })

  test('snsapi_userinfo gives the profile, under the same openid and unionid', async () => {
    const { wechat, authorize } = await emulateBrowser()
    const token = await authorize('snsapi_userinfo')
    const { openid, unionid } = token
    expect(await getUserInfo(wechat, token)).toMatchObject({
      openid,
      unionid,
      nickname: seedWorld.people[0].nickname,
      sex: 0,
      privilege: [],
    })
  })

  test('its unionid is that of the mini program under the same Open Platform account', async () => {
    const { authorize, logIn } = await emulateBrowser()
    const { unionid, openid } = await authorize('snsapi_userinfo')
    const session = await logIn(bound)
    expect(unionid).toBe(session.unionid)
    expect(openid).not.toBe(session.openid)
  })

  test('a code that WeChat delivers twice is 40163 the second time', async () => {
    const { wechat, open } = await emulateBrowser()
    const url = authorizeUrl({ appid: service.appid, redirect_uri, scope: 'snsapi_base', state })
    const back = await open(url)
    expect(back.searchParams.get('state')).toBe(state)
    const params = { ...service, code: back.searchParams.get('code') ?? '' }
    await exchangeOAuthCode(wechat, params)
    const error = await catchError(WechatError, exchangeOAuthCode(wechat, params))
    expect(error.errcode).toBe(40163)
    expect(error.fix.en).toContain('redirect_uri twice')
  })

  test('a visitor of the snapshot page is marked (R10)', async () => {
    const { authorize, control } = await emulateBrowser()
    await control('PATCH', `/apps/${service.appid}`, { snapshot_user: true })
    expect((await authorize('snsapi_userinfo')).is_snapshotuser).toBe(true)
  })

  test('a token can be checked, ages, and is refreshed', async () => {
    const { wechat, authorize, control } = await emulateBrowser()
    const token = await authorize('snsapi_base')
    expect(await checkOAuthToken(wechat, token)).toBe(true)
    await control('POST', '/clock', { advance_seconds: 7201 })
    expect(await checkOAuthToken(wechat, token)).toBe(false)
    const { refresh_token, openid } = token
    const fresh = await refreshOAuthToken(wechat, { appid: service.appid, refresh_token })
    expect(fresh.openid).toBe(openid)
    expect(await checkOAuthToken(wechat, fresh)).toBe(true)
    await control('POST', '/clock', { advance_seconds: 31 * 86_400 })
    const error = await catchError(
      WechatError,
      refreshOAuthToken(wechat, { appid: service.appid, refresh_token: fresh.refresh_token }),
    )
    expect([40030, 42002]).toContain(error.errcode)
    expect(error.fault).toBe('user')
  })

  test('a token of another openid is 40003', async () => {
    const { wechat, authorize, logIn } = await emulateBrowser()
    const { access_token } = await authorize('snsapi_base')
    const { openid } = await logIn(bound)
    const error = await catchError(WechatError, checkOAuthToken(wechat, { access_token, openid }))
    expect(error.errcode).toBe(40003)
  })

  test('a token that is none is not good', async () => {
    const { wechat, authorize } = await emulateBrowser()
    const { openid } = await authorize('snsapi_base')
    const access_token = secret('none')
    expect(await checkOAuthToken(wechat, { access_token, openid })).toBe(false)
  })

  test('a follower is one since when, and a visitor is none', async () => {
    const { wechat, authorize, control, token } = await emulateBrowser()
    const { openid, unionid } = await authorize('snsapi_base').then(async () =>
      authorize('snsapi_userinfo'),
    )
    const access_token = await token(service)
    const params = { access_token, openid }
    expect(await getFollower(wechat, params)).toEqual({ openid, unionid, subscribe: false })
    await control('POST', '/follow', { appid: service.appid, person, follow: true })
    const follower = await getFollower(wechat, params)
    expect(follower).toMatchObject({ openid, unionid, subscribe: true })
    const since = follower.subscribe ? follower.subscribe_time : 0
    expect(Math.abs(since - Date.now() / 1000)).toBeLessThan(60)
  })
})

describe('a website', () => {
  test('a person who scans the code and allows it is known by openid and unionid', async () => {
    const { wechat, open, logIn } = await emulateBrowser()
    const back = await open(qrConnectUrl({ appid: website.appid, redirect_uri, state }))
    const params = { ...website, code: back.searchParams.get('code') ?? '' }
    const token = await exchangeOAuthCode(wechat, params)
    expect(token.scope).toContain('snsapi_login')
    expect(token.unionid).toBe((await logIn(bound)).unionid)
    expect((await getUserInfo(wechat, token)).openid).toBe(token.openid)
  })

  test.each([true, false])(
    'its page in an iframe leads to a code too: %s',
    async (self_redirect) => {
      const { wechat, open, baseUrl } = await emulateBrowser()
      const params = { appid: website.appid, redirect_uri, state, self_redirect }
      const page = await fetch(qrConnectUrl({ ...params, baseUrl }))
      expect(page.status).toBe(200)
      expect(page.headers.get('content-security-policy')).not.toContain('frame-ancestors')
      const back = await open(qrConnectUrl(params))
      const code = back.searchParams.get('code') ?? ''
      expect((await exchangeOAuthCode(wechat, { ...website, code })).scope).toContain(
        'snsapi_login',
      )
    },
  )

  test('a refusal comes back with the state alone', async () => {
    const { open } = await emulateBrowser()
    const url = qrConnectUrl({ appid: website.appid, redirect_uri, state })
    const back = await open(url, 'refuse')
    expect(Object.fromEntries(back.searchParams)).toEqual({ state })
  })
})
