import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEmulator, seedWorld, type Emulator } from '@kaimen/emulator'
import {
  errorTable,
  Problem,
  routes,
  serviceScopes,
  type ErrorCode,
  type ErrorEntry,
  type Route,
  type RouteName,
} from '@kaimen/protocol'
import { createAuth, systemClock, type Auth, type AuthOptions } from '@kaimen/server'
import { createMemoryStore } from '@kaimen/server/store/memory'

/*
 * What the server really sends is what the protocol says: every route is called, every reply is
 * held to its schema, and every refusal to the errors that the route names.
 */

const [openApp, serviceApp, website, phoneApp] = seedWorld.apps
const [liHua, wangFang, chenMei] = seedWorld.people.map(({ id }) => id)
/** A PNG of one pixel. */
const onePixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
)
const languages = ['zh-CN', 'en'] as const
const pushToken = 'onlyForThisTest'

let emulator: Emulator
let auth: Auth
let closeAuth: () => Promise<void>
const called = new Set<RouteName>()
let sentOtp = ''

beforeAll(async () => {
  emulator = await createEmulator({ port: 0 })
  ;({ auth, close: closeAuth } = openAuth())
})
afterAll(async () => {
  await closeAuth()
  await emulator.close()
})

function openAuth(options: Partial<AuthOptions> = {}) {
  const store = createMemoryStore(systemClock)
  const opened = createAuth({
    publicUrl: 'https://auth.example.com',
    secret: 'f3a9c1e7-only-for-this-test-b2d4',
    apps: seedWorld.apps.map(({ kind, appid, secret, open_platform }) => ({
      kind,
      app_id: appid,
      secret,
      open_platform,
      registration: appid === phoneApp.appid ? 'phone' : 'open',
      push: { token: pushToken },
      ...(appid === openApp.appid && { scan: { page: 'pages/confirm/confirm' } }),
    })),
    store,
    sms: {
      kind: 'test',
      send({ otp }) {
        sentOtp = otp
        return Promise.resolve('sent')
      },
    },
    wechat: { baseUrl: emulator.url },
    web: { openUrl: emulator.url },
    ...options,
  })
  const close = async () => {
    await opened.close()
    await store.close()
  }
  return { auth: opened, store, close }
}

type Input = {
  json?: unknown
  form?: Record<string, string>
  token?: string
  /** Sent as it is. */
  body?: string | Uint8Array
  headers?: Record<string, string>
  params?: Record<string, string>
  query?: string
  to?: Auth
}

async function call(name: RouteName, input: Input = {}): Promise<Response> {
  const { json, form, token, headers, params = {}, query = '', to = auth } = input
  const route: Route = routes[name]
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, key: string) => params[key] ?? '')
  const body = form ? new URLSearchParams(form).toString() : (input.body ?? toJson(json))
  called.add(name)
  return to.handler(
    new Request(`https://auth.example.com${path}${query}`, {
      method: route.method,
      headers: {
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: Buffer.from(body) }),
    }),
  )
}

const toJson = (json: unknown) => (json === undefined ? undefined : JSON.stringify(json))

/** Calls a route, and holds the reply to its schema. */
async function expectReply(name: RouteName, input?: Input): Promise<Record<string, string>> {
  const response = await call(name, input)
  const route: Route = routes[name]
  const { replyType = 'application/json', status = 200 } = route
  const isJson = replyType === 'application/json'
  const body: unknown = await (isJson ? response.json() : response.text())
  expect(response.status).toBe(status)
  const type = response.headers.get('content-type')?.split(';')[0] ?? ''
  const isElsewhere = status === 303
  if (!isElsewhere) expect([type, `${type.split('/')[0]}/*`]).toContain(replyType)
  expect(await route.reply['~standard'].validate(body)).not.toHaveProperty('issues')
  if (route.noStore) expect(response.headers.get('cache-control')).toBe('no-store')
  return body as Record<string, string>
}

/** Makes a call that is refused, once a language, and holds both refusals to the table. */
async function expectProblem(
  code: ErrorCode,
  name: RouteName,
  input: () => Input | Promise<Input> = () => ({}),
) {
  const route: Route = routes[name]
  expect([...route.errors, 'method_not_allowed', 'unavailable', 'internal_error']).toContain(code)
  for (const language of languages) {
    const { headers, ...rest } = await input()
    const response = await call(name, {
      ...rest,
      headers: { ...headers, 'accept-language': language },
    })
    await expectProblemResponse(response, code, language)
  }
}

async function expectProblemResponse(
  response: Response,
  code: ErrorCode,
  language: (typeof languages)[number],
) {
  const body: unknown = await response.json()
  const { status, action, retryable, title }: ErrorEntry = errorTable[code]
  expect(body).toMatchObject({ code, status, action, retryable, title: title[language] })
  expect(Problem['~standard'].validate(body)).not.toHaveProperty('issues')
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json\b/)
  expect(response.headers.get('content-language')).toBe(language)
  expect(response.headers.get('cache-control')).toBe('no-store')
  const waits = status === 429 || status === 503
  expect(response.headers.get('retry-after')).toEqual(waits ? expect.stringMatching(/^\d+$/) : null)
  const { detail } = body as { detail: string }
  if (language === 'en') expect(detail).not.toMatch(/\p{Script=Han}/u)
  else expect(detail).toMatch(/\p{Script=Han}/u)
}

async function wxLogin(person: string | undefined, appid: string = openApp.appid): Promise<string> {
  const { code } = (await control('POST', '/emulator/wx/login', { appid, person })) as {
    code: string
  }
  return code
}

async function control(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(emulator.url + path, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  })
  expect(response.ok).toBe(true)
  return response.json()
}

async function signIn(person = liHua, to = auth) {
  const json = { app_id: openApp.appid, code: await wxLogin(person) }
  return expectReply('signInWechat', { json, to })
}

/** What a page of this server's own sends. */
const ownPage = { origin: 'https://auth.example.com', 'sec-fetch-site': 'same-origin' }

const cookieOf = ({ headers }: Response) => headers.getSetCookie()[0]?.split(';')[0] ?? ''

/** A sign-in by the service account, as a browser does it. */
async function openBrowserSession(): Promise<string> {
  const params = { app_id: serviceApp.appid }
  const query = '?scope=snsapi_userinfo'
  await expectReply('webStart', { params, query })
  const begun = await call('webStart', { params, query })
  const asked = { url: begun.headers.get('location'), person: liHua, decision: 'allow' }
  const { location } = (await control('POST', '/emulator/authorize', asked)) as { location: string }
  const back = { params, query: new URL(location).search, headers: { cookie: cookieOf(begun) } }
  await expectReply('webCallback', back)
  return cookieOf(await call('webCallback', back))
}

type Screen = { params: { id: string }; headers: { cookie: string } }

async function beginScan(): Promise<Screen> {
  const begun = await call('beginScan', { json: {}, headers: ownPage })
  const { id } = (await begun.clone().json()) as { id: string }
  expect(await routes.beginScan.reply['~standard'].validate(await begun.json())).toHaveProperty(
    'value',
  )
  return { params: { id }, headers: { cookie: cookieOf(begun) } }
}

/** What a phone reads off the picture. */
async function ticketOf(screen: Screen): Promise<string> {
  const picture = await call('scanPicture', screen)
  expect(picture.headers.get('content-type')).toMatch(/^image\//)
  const image = Buffer.from(await picture.arrayBuffer()).toString('base64')
  const read = (await control('POST', '/emulator/scan', { image, person: liHua })) as {
    scene: string
  }
  return read.scene
}

const withCode = (code: string) => ({ json: { app_id: openApp.appid, code } })

describe('a reply is what the protocol says', () => {
  it('of a sign-in, with a device or without, for a new user and a known one', async () => {
    const device = { model: 'iPhone 17', system: 'iOS 20.1', name: '李华的手机' }
    const json = { app_id: openApp.appid, code: await wxLogin(liHua), device }
    expect(await expectReply('signInWechat', { json })).toMatchObject({ is_new_user: true })
    expect(await signIn()).toMatchObject({ is_new_user: false })
  })

  it('of a sign-in that needs a phone', async () => {
    const json = { app_id: phoneApp.appid, code: await wxLogin(liHua, phoneApp.appid) }
    expect(await expectReply('signInWechat', { json })).toMatchObject({ status: 'phone_required' })
  })

  it('of a sign-in by the phone button', async () => {
    const json = { app_id: phoneApp.appid, code: await wxLogin(wangFang, phoneApp.appid) }
    const { ticket } = await expectReply('signInWechat', { json })
    const tap = { appid: phoneApp.appid, person: wangFang }
    const { code } = (await control('POST', '/emulator/wx/getPhoneNumber', tap)) as { code: string }
    const signedIn = await expectReply('signInPhone', { json: { ticket, phone_code: code } })
    expect(signedIn['user']).toMatchObject({ phone: '+86 138****8002' })
  })

  it('of a code by SMS, and of a sign-in with it', async () => {
    const phone = '+8613800138009'
    await expectReply('sendOtp', { json: { phone } })
    await expectReply('signInOtp', { json: { app_id: openApp.appid, phone, otp: sentOtp } })
  })

  it('of a change of phone and password, and of a sign-in with the two', async () => {
    const { access_token: token = '' } = await signIn(liHua)
    const phone = '+8613800138007'
    await expectReply('sendOtp', { json: { phone }, token })
    const changed = await expectReply('changePhone', { json: { phone, otp: sentOtp }, token })
    expect(changed).toMatchObject({ phone: '+86 138****8007' })
    const password = 'four-words-nobody-joins'
    await expectReply('changePassword', { json: { password }, token })
    await expectReply('signInPassword', { json: { app_id: openApp.appid, phone, password } })
  })

  it('of a refresh, in JSON and as a form, and of a sign-out', async () => {
    const { refresh_token: first = '' } = await signIn()
    const body = { grant_type: 'refresh_token', refresh_token: first }
    const { refresh_token: second = '' } = await expectReply('token', { json: body })
    await expectReply('token', { form: { ...body, refresh_token: second } })
    await expectReply('revoke', { form: { token: second } })
    await expectReply('revoke', { json: { token: 'nobody knows this one' } })
  })

  it('of everything about oneself', async () => {
    const { access_token: token = '', session_id: here } = await signIn(wangFang)
    const { session_id: there = '' } = await signIn(wangFang)
    await signIn(wangFang)
    await expectReply('me', { token })
    await expectReply('listSessions', { token })
    await expectReply('endSession', { token, params: { id: there } })
    await expectReply('endOtherSessions', { token, query: '?others=true' })
    const { sessions } = (await expectReply('listSessions', { token })) as unknown as {
      sessions: { id: string; current: boolean }[]
    }
    expect(sessions).toEqual([expect.objectContaining({ id: here, current: true })])
  })

  it('of what a back end asks: a token, a user, what ended', async () => {
    const { access_token = '', refresh_token = '', user } = await signIn()
    const { id } = user as unknown as { id: string }
    const scopes = [...serviceScopes]
    const { secret } = await auth.credentials.create({ name: 'shop', scopes })
    const token = secret.reveal()
    for (const text of [access_token, refresh_token]) {
      const form = { token: text, token_type_hint: 'access_token' }
      expect(await expectReply('introspect', { form, token })).toHaveProperty('active', true)
    }
    const nonsense = { json: { token: 'nonsense' }, token }
    expect(await expectReply('introspect', nonsense)).toEqual({ active: false })
    const shown = await expectReply('serviceUser', { params: { id }, token })
    expect(shown).toMatchObject({ id, identities: [{ app_id: openApp.appid }] })
    await expectReply('revoke', { form: { token: refresh_token } })
    const { cursor = '' } = await expectReply('revocations', { token })
    await expectReply('revocations', { token, query: `?wait=0&after=${cursor}` })
    await expectReply('metrics', { token })
  })

  it('of the identities of the user, and of linking and unlinking one', async () => {
    const { access_token: token = '' } = await signIn('chen-mei')
    await expectReply('listIdentities', { token })
    const json = { app_id: phoneApp.appid, code: await wxLogin('chen-mei', phoneApp.appid) }
    await expectReply('linkIdentity', { json, token })
    const params = { id: phoneApp.appid }
    const left = (await expectReply('unlinkIdentity', { token, params })) as unknown
    expect(left).toMatchObject({ identities: [{ id: openApp.appid, kind: 'mini_program' }] })
  })

  it('of a profile with a picture, and of taking both away', async () => {
    const { access_token: token = '' } = await signIn(wangFang)
    const json = { nickname: '王芳' }
    expect(await expectReply('updateMe', { json, token })).toMatchObject(json)
    const headers = { 'content-type': 'image/png' }
    const changed = await expectReply('changeAvatar', { token, headers, body: onePixel })
    const name = changed['avatar_url']?.split('/').at(-1) ?? ''
    await expectReply('avatar', { params: { name } })
    const none = { nickname: null, avatar_url: null }
    expect(await expectReply('updateMeByPost', { json: none, token })).toMatchObject(none)
  })

  it('of preferences, and of everything that is held', async () => {
    const { access_token: token = '' } = await signIn(wangFang)
    expect(await expectReply('preferences', { token })).toEqual({})
    const put = { token, json: { dark: true }, headers: { 'if-match': '"0"' } }
    expect(await expectReply('changePreferences', put)).toEqual({ dark: true })
    expect(await expectReply('exportMe', { token })).toMatchObject({ preferences: { dark: true } })
  })

  it('of open data, and of what WeChat says of its key', async () => {
    const { access_token: token = '' } = await signIn(wangFang)
    const asked = { appid: openApp.appid, person: wangFang }
    const data = (await control('POST', '/emulator/wx/getUserInfo', asked)) as Record<
      string,
      string
    >
    const json = { raw_data: data['rawData'], signature: data['signature'] }
    expect(await expectReply('wechatData', { json, token })).toHaveProperty('nickName', null)
    expect(await expectReply('checkWechatSession', { token })).toEqual({ valid: true })
  })

  it('of a sign-in behind cloud hosting', async () => {
    const behind = openAuth({ cloud: { env: 'prod-1' } })
    const headers = {
      'x-wx-env': 'prod-1',
      'x-wx-source': 'wx_client',
      'x-wx-appid': openApp.appid,
      'x-wx-openid': 'oNobody',
    }
    await expectReply('signInCloud', { json: {}, headers, to: behind.auth })
    await behind.close()
  })

  it('of a sign-in on a web page, and of all that its cookie is good for', async () => {
    for (const { appid } of [website, serviceApp]) {
      const switches = { redirect_domain: 'auth.example.com' }
      await control('PATCH', `/emulator/apps/${appid}`, switches)
    }
    const cookie = await openBrowserSession()
    const headers = { cookie, ...ownPage }
    expect(await expectReply('webSession', { headers })).toHaveProperty('user.id')
    expect(await expectReply('webSession')).toEqual({ user: null, session_id: null })
    const { access_token: token = '', user } = await expectReply('webToken', { headers })
    const { id } = user as unknown as { id: string }
    const params = { id, app_id: serviceApp.appid }
    expect(await expectReply('following', { token, params })).toHaveProperty('follows', false)
    const { secret } = await auth.credentials.create({ name: 'shop', scopes: ['users'] })
    const asked = { token: secret.reveal(), params }
    expect(await expectReply('serviceFollowing', asked)).toHaveProperty('since', null)
    await expectReply('webSignOut', { headers, json: {} })
  })

  it('of a scan, and of the phone that approves it', async () => {
    const { access_token: token = '' } = await signIn(liHua)
    const [approved, rejected] = [await beginScan(), await beginScan()]
    for (const { params, headers } of [approved, rejected]) {
      expect(await expectReply('scan', { params, headers })).toHaveProperty('status', 'waiting')
    }
    const json = { ticket: await ticketOf(approved) }
    expect(await expectReply('claimScan', { token, json })).toHaveProperty('site')
    await expectReply('approveScan', { token, json })
    expect(await expectReply('scan', approved)).toHaveProperty('user.id')
    const other = { ticket: await ticketOf(rejected) }
    await expectReply('claimScan', { token, json: other })
    await expectReply('rejectScan', { token, json: other })
    expect(await expectReply('scan', rejected)).toEqual({ status: 'rejected' })
  })

  it('of leaving, and of coming back', async () => {
    const { access_token: token = '', user } = await signIn(liHua)
    await expectReply('deleteMe', { token })
    const json = { app_id: openApp.appid, code: await wxLogin(liHua), restore: true }
    const back = await expectReply('signInWechat', { json })
    expect(back['user']).toHaveProperty('id', (user as unknown as { id: string }).id)
  })

  it('of a push', async () => {
    const timestamp = String(Math.floor(Date.now() / 1000))
    const signed = [pushToken, timestamp, '2'].toSorted().join('')
    const signature = createHash('sha1').update(signed).digest('hex')
    const query = `?timestamp=${timestamp}&nonce=2&signature=${signature}`
    const params = { app_id: openApp.appid }
    const json = { MsgType: 'event', Event: 'user_info_modified', OpenID: 'oNobody' }
    expect(await expectReply('push', { params, query, json })).toBe('success')
  })

  it('of the URL check of message push', async () => {
    const signature = createHash('sha1').update(['1', '2', pushToken].join('')).digest('hex')
    const query = `?timestamp=1&nonce=2&echostr=7410&signature=${signature}`
    const params = { app_id: openApp.appid }
    expect(await expectReply('checkPushUrl', { params, query })).toBe('7410')
  })

  it.each(['jwks', 'healthz', 'readyz', 'openapi'] as const)('of %s', async (name) => {
    await expectReply(name)
  })

  it('of every route there is', () => {
    expect(called).toEqual(new Set(Object.keys(routes)))
  })
})

describe('a refusal is what the protocol says, in either language', () => {
  it.each([
    ['body_invalid', { json: {} }],
    ['body_invalid', { json: { code: 'c', openid: 'o' } }],
    [
      'body_invalid',
      {
        json: { app_id: openApp.appid, code: 'c' },
        headers: { 'idempotency-key': 'x'.repeat(129) },
      },
    ],
    ['body_too_large', { json: { code: 'c'.repeat(70_000) } }],
    ['media_type_unsupported', { form: { code: 'c' } }],
    ['app_unknown', { json: { code: 'c' } }],
    ['app_unknown', { json: { app_id: 'wx0000000000000000', code: 'c' } }],
  ] as const)('%s', async (code, input) => {
    await expectProblem(code, 'signInWechat', () => input)
  })

  it('of a code that is wrong or was used', async () => {
    await expectProblem('code_invalid', 'signInWechat', async () => ({
      json: { app_id: openApp.appid, code: await wxLogin(liHua, phoneApp.appid) },
    }))
    const used = withCode(await wxLogin(liHua))
    await expectReply('signInWechat', used)
    await expectProblem('code_used', 'signInWechat', () => used)
  })

  it.each([
    [-1, 'wechat_busy'],
    [45011, 'wechat_rate_limited'],
    [40226, 'wechat_user_blocked'],
    [40125, 'wechat_config'],
    [40243, 'wechat_config'],
    [40097, 'wechat_error'],
  ] as const)('of a login that WeChat answers with %i', async (errcode, code) => {
    const fault = { path: '/sns/jscode2session', fault: 'errcode', errcode, errmsg: 'no' }
    await control('POST', '/emulator/faults', fault)
    await expectProblem(code, 'signInWechat', async () => withCode(await wxLogin(liHua)))
    await control('DELETE', '/emulator/faults')
  })

  it('of a login while WeChat answers nonsense', async () => {
    await control('POST', '/emulator/faults', { path: '/sns/jscode2session', fault: 'html' })
    const input = async () => withCode(await wxLogin(liHua))
    await expectProblem('wechat_unreachable', 'signInWechat', input)
    await control('DELETE', '/emulator/faults')
  })

  it('of a token that is missing, foreign, used up or revoked', async () => {
    for (const name of ['me', 'listSessions', 'endOtherSessions'] as const) {
      await expectProblem('token_invalid', name)
      await expectProblem('token_invalid', name, () => ({ token: 'e30.e30.e30' }))
    }
    const { access_token: token = '', refresh_token = '' } = await signIn()
    const exchange = { json: { grant_type: 'refresh_token', refresh_token } }
    const { refresh_token: next = '' } = await expectReply('token', exchange)
    await expectReply('token', { json: { ...exchange.json, refresh_token: next } })
    await expectProblem('not_found', 'endSession', () => ({ token, params: { id: 'ses_x' } }))
    await expectProblem('body_invalid', 'endOtherSessions', () => ({ token }))
    const reused = await call('token', { ...exchange, headers: { 'accept-language': 'en' } })
    await expectProblemResponse(reused, 'refresh_reused', 'en')
    await expectProblem('session_ended', 'token', () => exchange)
    await expectProblem('session_ended', 'me', () => ({ token }))
    await expectProblem('token_invalid', 'token', () => ({
      json: { grant_type: 'refresh_token', refresh_token: 'kmr_nothing' },
    }))
  })

  it('of a back end whose credential does not count, or lacks a scope', async () => {
    const json = { token: 'x' }
    const { secret } = await auth.credentials.create({ name: 'shop', scopes: ['users:phone'] })
    const token = secret.reveal()
    for (const name of ['introspect', 'serviceUser', 'revocations', 'metrics'] as const) {
      const input = { params: { id: 'usr_x' }, ...(name === 'introspect' && { json }) }
      await expectProblem('credential_invalid', name, () => input)
      await expectProblem('scope_missing', name, () => ({ ...input, token }))
    }
    const scopes = [...serviceScopes]
    const whole = (await auth.credentials.create({ name: 'shop', scopes })).secret.reveal()
    await expectProblem('not_found', 'serviceUser', () => ({ params: { id: 'x' }, token: whole }))
    await expectProblem('body_invalid', 'introspect', () => ({ json: {}, token: whole }))
    await expectProblem('body_invalid', 'revocations', () => ({ query: '?wait=99', token: whole }))
  })

  it('of a user that was disabled', async () => {
    const { access_token: token = '', refresh_token, user } = await signIn(chenMei)
    await auth.users.disable((user as unknown as { id: string }).id)
    const exchange = { json: { grant_type: 'refresh_token', refresh_token } }
    await expectProblem('user_disabled', 'me', () => ({ token }))
    await expectProblem('user_disabled', 'token', () => exchange)
    await expectProblem('user_disabled', 'signInWechat', async () =>
      withCode(await wxLogin(chenMei)),
    )
  })

  it('of a host that does not admit, in the host’s own words', async () => {
    const refuse = { 'zh-CN': '仅限受邀用户。', en: 'By invitation only.' }
    const closed = openAuth({ admit: () => ({ refuse }) })
    for (const language of languages) {
      const response = await call('signInWechat', {
        ...withCode(await wxLogin(liHua)),
        to: closed.auth,
        headers: { 'accept-language': language },
      })
      expect(await response.clone().json()).toHaveProperty('detail', refuse[language])
      await expectProblemResponse(response, 'sign_in_refused', language)
    }
    await closed.close()
  })

  it('of a sign-in that is repeated after its session ended', async () => {
    const input = {
      ...withCode(await wxLogin(liHua)),
      headers: { 'idempotency-key': 'one-and-the-same' },
    }
    const { refresh_token: token } = await expectReply('signInWechat', input)
    await expectReply('revoke', { json: { token } })
    await expectProblem('session_ended', 'signInWechat', () => input)
  })

  it('of a push check that nobody signed, and of an app that takes no push', async () => {
    const params = { app_id: openApp.appid }
    await expectProblem('data_invalid', 'checkPushUrl', () => ({ params, query: '?signature=x' }))
    await expectProblem('not_found', 'checkPushUrl', () => ({ params: { app_id: 'wx0' } }))
  })

  it('of preferences that were not read, or have changed since', async () => {
    const { access_token: token = '' } = await signIn(wangFang)
    await expectProblem('precondition_required', 'changePreferences', () => ({ token, json: {} }))
    const headers = { 'if-match': '"99"' }
    const stale = () => ({ token, json: {}, headers })
    await expectProblem('preferences_changed', 'changePreferences', stale)
  })

  it('of a picture that is none, is broken, or is not there', async () => {
    const { access_token: token = '' } = await signIn(wangFang)
    const put = (body: Uint8Array, type = 'image/png') => ({
      token,
      body,
      headers: { 'content-type': type },
    })
    await expectProblem('media_type_unsupported', 'changeAvatar', () => put(Buffer.from('<svg>')))
    await expectProblem('media_type_unsupported', 'changeAvatar', () => put(onePixel, 'text/html'))
    await expectProblem('body_invalid', 'changeAvatar', () => put(onePixel.subarray(0, 12)))
    await expectProblem('body_too_large', 'changeAvatar', () => put(Buffer.alloc(2_000_000)))
    await expectProblem('not_found', 'avatar', () => ({ params: { name: 'nobody.png' } }))
  })

  it('of open data that does not fit the stored key, or a fresh one', async () => {
    const { access_token: token = '' } = await signIn(wangFang)
    const json = { raw_data: '{}', signature: '0'.repeat(40) }
    await expectProblem('session_key_stale', 'wechatData', () => ({ json, token }))
    const withFreshCode = async () => ({ json: { ...json, code: await wxLogin(wangFang) }, token })
    await expectProblem('data_invalid', 'wechatData', withFreshCode)
  })

  it('of a user who left, and of cloud hosting that is off', async () => {
    const { access_token: token = '' } = await signIn(liHua)
    await expectReply('deleteMe', { token })
    await expectProblem('user_deleted', 'signInWechat', async () => withCode(await wxLogin(liHua)))
    await expectProblem('not_found', 'signInCloud', () => ({ json: {} }))
  })

  it('of a path or a method that is not there', async () => {
    for (const language of languages) {
      const send = (method: string, path: string) =>
        auth.handler(
          new Request(`https://auth.example.com${path}`, {
            method,
            headers: { 'accept-language': language },
          }),
        )
      await expectProblemResponse(await send('GET', '/v1/nowhere'), 'not_found', language)
      await expectProblemResponse(await send('PUT', '/v1/me'), 'method_not_allowed', language)
    }
  })

  it('of a server whose store is away', async () => {
    const broken = openAuth()
    await expectReply('healthz', { to: broken.auth })
    broken.store.ping = () => Promise.reject(new Error('away'))
    await expectProblem('unavailable', 'readyz', () => ({ to: broken.auth }))
    broken.store.findSession = () => Promise.reject(new Error('away'))
    const { access_token: token = '' } = await signIn(liHua, broken.auth)
    const response = await call('me', {
      to: broken.auth,
      token,
      headers: { 'accept-language': 'en' },
    })
    await expectProblemResponse(response, 'internal_error', 'en')
    await broken.close()
  })
})
