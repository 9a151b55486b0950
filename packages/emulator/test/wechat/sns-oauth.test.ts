import { expect, test } from 'vitest'
import { decode } from 'jpeg-js'
import { liHua, miniProgram, serviceAccount, wangFang, website } from '../start-emulator.ts'
import { textLike } from '../text.ts'
import { startWebOauth } from '../web-oauth.ts'

const minute = 60
const day = 24 * 3600
const token = textLike(/^105_[\w-]{80,}$/)

test('a code answers token, refresh token, openid and scope, with unionid and no errcode', async () => {
  const emulator = await startWebOauth()
  const reply = await emulator.exchange(await emulator.authorize())
  expect(reply).toEqual({
    access_token: token,
    expires_in: 7200,
    refresh_token: token,
    openid: textLike(/^o[\w-]{27}$/),
    scope: 'snsapi_userinfo',
    unionid: textLike(/^o[\w-]{27}$/),
  })
  expect(reply.access_token).not.toBe(reply.refresh_token)
})

test('snsapi_base answers no unionid, and neither does an app outside every Open Platform account', async () => {
  const emulator = await startWebOauth()
  const base = await emulator.exchange(await emulator.authorize({ scope: 'snsapi_base' }))
  expect(base).not.toHaveProperty('unionid')
  expect(base.scope).toBe('snsapi_base')
  await emulator.account({ open_platform: null })
  expect(await emulator.exchange(await emulator.authorize())).not.toHaveProperty('unionid')
})

test('a person has one unionid in mini program, service account and website, and three openids', async () => {
  const emulator = await startWebOauth()
  const replies = [
    await emulator.exchangeLogin(),
    await emulator.exchange(await emulator.authorize()),
    await emulator.exchange(await emulator.logIn(), {}, website),
  ]
  expect(new Set(replies.map(({ unionid }) => unionid)).size).toBe(1)
  expect(new Set(replies.map(({ openid }) => openid)).size).toBe(3)
})

test('the answers of /sns are text/plain', async () => {
  const emulator = await startWebOauth()
  for (const path of ['oauth2/access_token', 'oauth2/refresh_token', 'auth', 'userinfo']) {
    const response = await fetch(`${emulator.url}/sns/${path}`)
    expect(response.headers.get('content-type')).toBe('text/plain')
    expect(await response.text()).toMatch(
      /^\{"errcode":4\d{4},"errmsg":".*, rid: [0-9a-f-]{26}"\}$/,
    )
  }
})

test('a code of a service account is good at 299 seconds and not at 300', async () => {
  const emulator = await startWebOauth()
  const [kept, late] = [await emulator.authorize(), await emulator.authorize()]
  await emulator.advance(5 * minute - 1)
  expect(await emulator.exchange(kept)).toHaveProperty('openid')
  await emulator.advance(1)
  expect(await emulator.exchange(late)).toHaveProperty('errcode', 40029)
})

test('a code of a website is good at 599 seconds and not at 600', async () => {
  const emulator = await startWebOauth()
  const [kept, late] = [await emulator.logIn(), await emulator.logIn()]
  await emulator.advance(10 * minute - 1)
  expect(await emulator.exchange(kept, {}, website)).toHaveProperty('openid')
  await emulator.advance(1)
  expect(await emulator.exchange(late, {}, website)).toHaveProperty('errcode', 40029)
})

test('a code is good once, then 40163, or 40029 by the switch', async () => {
  const emulator = await startWebOauth()
  const code = await emulator.authorize()
  await emulator.exchange(code)
  expect(await emulator.exchange(code)).toHaveProperty('errcode', 40163)
  await emulator.account({ second_use_errcode: 40029 })
  expect(await emulator.exchange(code)).toHaveProperty('errcode', 40029)
})

test('a code of wx.login, of another app or of nobody answers 40029', async () => {
  const emulator = await startWebOauth()
  for (const code of [await emulator.login(), await emulator.logIn(), 'x']) {
    expect(await emulator.exchange(code)).toHaveProperty('errcode', 40029)
  }
})

test.each([
  [41002, { appid: '' }],
  [41004, { secret: '' }],
  [41008, { code: '' }],
  [40002, { grant_type: 'refresh_token' }],
  [40013, { appid: 'wx00000000000000ff' }],
  [40013, { appid: miniProgram.appid }],
  [40125, { secret: website.secret }],
])('%d answers the exchange with %j, and the code is not spent', async (errcode, change) => {
  const emulator = await startWebOauth()
  const code = await emulator.authorize()
  expect(await emulator.exchange(code, change)).toHaveProperty('errcode', errcode)
  expect(await emulator.exchange(code)).toHaveProperty('openid')
})

test('whitelist, frozen secret and minute quota hold for the exchange too', async () => {
  const emulator = await startWebOauth()
  const code = await emulator.authorize()
  const tried = async (switches: object) => {
    await emulator.account(switches)
    return (await emulator.exchange(code)).errcode
  }
  expect(await tried({ ip_whitelist: ['203.0.113.7'] })).toBe(40164)
  expect(await tried({ ip_whitelist: null, secret_frozen: true })).toBe(40243)
  const quota = { oauth2_access_token_per_minute: 0 }
  expect(await tried({ secret_frozen: false, quota })).toBe(45011)
  expect(await tried({ quota: null })).toBe(undefined)
})

test('parameters count in a form that is POSTed, and less than those in the query', async () => {
  const emulator = await startWebOauth()
  const { appid, secret } = serviceAccount
  const code = await emulator.authorize()
  const body = new URLSearchParams({ appid, secret, code, grant_type: 'authorization_code' })
  const post = (query: Record<string, string>) =>
    emulator.get('sns/oauth2/access_token', query, { method: 'POST', body })
  expect(await post({ secret: 'other' })).toHaveProperty('errcode', 40125)
  expect(await post({})).toHaveProperty('openid')
})

test('a refresh within 2 hours prolongs the same token, a later one makes another', async () => {
  const emulator = await startWebOauth()
  const first = await emulator.exchange(await emulator.authorize())
  await emulator.advance(7199)
  const same = await emulator.refresh(first.refresh_token)
  const { unionid: _, ...expected } = first
  expect(same).toEqual(expected)
  await emulator.advance(7199)
  expect(await emulator.auth(first)).toEqual({ errcode: 0, errmsg: 'ok' })
  await emulator.advance(1)
  expect(await emulator.auth(first)).toHaveProperty('errcode', 42001)
  const renewed = await emulator.refresh(first.refresh_token)
  expect(renewed).toEqual({ ...expected, access_token: token })
  expect(renewed.access_token).not.toBe(first.access_token)
  expect(await emulator.auth(renewed)).toHaveProperty('errcode', 0)
  expect(await emulator.auth(first)).toHaveProperty('errcode', 42001)
})

test('a refresh token lives 30 days from the authorization, refreshed or not, and answers 42002 then', async () => {
  const emulator = await startWebOauth()
  const { refresh_token } = await emulator.exchange(await emulator.authorize())
  await emulator.advance(30 * day - 1)
  expect(await emulator.refresh(refresh_token)).toHaveProperty('access_token')
  await emulator.advance(1)
  expect(await emulator.refresh(refresh_token)).toHaveProperty('errcode', 42002)
})

test.each([
  [41002, { appid: '' }],
  [41003, { refresh_token: '' }],
  [40002, { grant_type: 'authorization_code' }],
  [40013, { appid: 'wx00000000000000ff' }],
  [40030, { refresh_token: 'x' }],
  [40030, { appid: website.appid }],
])('%d answers a refresh with %j', async (errcode, change) => {
  const emulator = await startWebOauth()
  const { refresh_token } = await emulator.exchange(await emulator.authorize())
  expect(await emulator.refresh(refresh_token, change)).toHaveProperty('errcode', errcode)
})

test('refresh_tokens_voided ends the earlier refresh tokens of the same person and app alone', async () => {
  const emulator = await startWebOauth()
  await emulator.account({ refresh_tokens_voided: true })
  const grant = async (person?: string) => emulator.exchange(await emulator.authorize({}, person))
  const [first, other, latest] = [await grant(), await grant(wangFang.id), await grant()]
  const seen = async () =>
    Promise.all(
      [first, other, latest].map(
        async (each) => (await emulator.refresh(each.refresh_token)).errcode,
      ),
    )
  expect(await seen()).toEqual([40030, undefined, undefined])
  expect(await emulator.auth(first)).toHaveProperty('errcode', 0)
})

test('without the switch every refresh token goes on', async () => {
  const emulator = await startWebOauth()
  const first = await emulator.exchange(await emulator.authorize())
  await emulator.exchange(await emulator.authorize())
  expect(await emulator.refresh(first.refresh_token)).toHaveProperty('access_token')
})

test('/sns/userinfo tells nickname and picture, no sex and no place since 2021', async () => {
  const emulator = await startWebOauth()
  const reply = await emulator.exchange(await emulator.authorize())
  const expected = {
    openid: reply.openid,
    nickname: '李华',
    sex: 0,
    province: '',
    city: '',
    country: '',
    headimgurl: textLike(/^http:\/\/127\.0\.0\.1:\d+\/mmopen\/vi_32\/[\w-]{43}\/132$/),
    privilege: [],
    unionid: reply.unionid,
  }
  for (const lang of ['zh_CN', 'zh_TW', 'en', 'xx']) {
    expect(await emulator.userinfo(reply, { lang })).toEqual(expected)
  }
  await emulator.account({ open_platform: null, privilege: ['chinaunicom'] })
  const alone = await emulator.userinfo(reply)
  expect(alone).not.toHaveProperty('unionid')
  expect(alone.privilege).toEqual(['chinaunicom'])
})

test('/sns/userinfo answers 48001 after snsapi_base, and a website’s login suffices', async () => {
  const emulator = await startWebOauth()
  const base = await emulator.exchange(await emulator.authorize({ scope: 'snsapi_base' }))
  expect(base).toHaveProperty('refresh_token')
  expect(await emulator.userinfo(base)).toHaveProperty('errcode', 48001)
  const login = await emulator.exchange(await emulator.logIn(), {}, website)
  expect(await emulator.userinfo(login)).toHaveProperty('nickname', '李华')
})

test('/sns/userinfo has a quota of each minute', async () => {
  const emulator = await startWebOauth()
  const reply = await emulator.exchange(await emulator.authorize())
  await emulator.account({ quota: { sns_userinfo_per_minute: 1 } })
  expect(await emulator.userinfo(reply)).toHaveProperty('nickname')
  expect(await emulator.userinfo(reply)).toHaveProperty('errcode', 45011)
})

test.each([
  [41001, { access_token: '' }],
  [41009, { openid: '' }],
  [40001, { access_token: 'x' }],
  [40003, { openid: 'x' }],
])('%d answers /sns/auth and /sns/userinfo with %j', async (errcode, change) => {
  const emulator = await startWebOauth()
  const reply = await emulator.exchange(await emulator.authorize())
  expect(await emulator.auth(reply, change)).toHaveProperty('errcode', errcode)
  expect(await emulator.userinfo(reply, change)).toHaveProperty('errcode', errcode)
})

test('the access_token of an app is none of a person’s, and the other way round', async () => {
  const emulator = await startWebOauth()
  const person = await emulator.exchange(await emulator.authorize())
  const { appid, secret } = serviceAccount
  const app = await emulator.get('cgi-bin/token', {
    grant_type: 'client_credential',
    appid,
    secret,
  })
  expect(await emulator.auth({ ...person, access_token: app.access_token })).toHaveProperty(
    'errcode',
    40001,
  )
  const access_token = String(person.access_token)
  const asked = { access_token, openid: String(person.openid) }
  expect(await emulator.get('cgi-bin/user/info', asked)).toHaveProperty('errcode', 40014)
})

test.each([
  ['snapshot_user', { snapshot_user: true }, {}],
  ['forceSnapShot=true in the URL', {}, { forceSnapShot: 'true' }],
])(
  'by %s a visitor is virtual: is_snapshotuser, other ids, no name',
  async (_, switches, change) => {
    const emulator = await startWebOauth()
    const real = await emulator.exchange(await emulator.authorize())
    await emulator.account(switches)
    const snapshot = await emulator.exchange(await emulator.authorize(change))
    expect(snapshot.is_snapshotuser).toBe(1)
    expect(real).not.toHaveProperty('is_snapshotuser')
    expect([snapshot.openid, snapshot.unionid]).not.toEqual([real.openid, real.unionid])
    const userinfo = await emulator.userinfo(snapshot)
    expect(userinfo).toMatchObject({
      openid: snapshot.openid,
      unionid: snapshot.unionid,
      nickname: '微信用户',
      headimgurl: textLike(/\/nobody\/132$/),
    })
    const base = await emulator.exchange(
      await emulator.authorize({ scope: 'snsapi_base', ...change }),
    )
    expect(base).not.toHaveProperty('is_snapshotuser')
  },
)

test.each([
  ['0', 640],
  ['46', 46],
  ['64', 64],
  ['96', 96],
  ['132', 132],
])('headimgurl with size %s is a JPEG of %d pixels', async (size, pixels) => {
  const emulator = await startWebOauth()
  const reply = await emulator.exchange(await emulator.authorize({}, liHua.id))
  const { headimgurl } = await emulator.userinfo(reply)
  const response = await fetch(String(headimgurl).replace(/132$/, size))
  expect(response.headers.get('content-type')).toBe('image/jpeg')
  const { width, height } = decode(Buffer.from(await response.arrayBuffer()))
  expect([width, height]).toEqual([pixels, pixels])
})

test('two people have two pictures, and a stranger or another size none', async () => {
  const emulator = await startWebOauth()
  const urlOf = async (person: string) => {
    const reply = await emulator.exchange(await emulator.authorize({}, person))
    return String((await emulator.userinfo(reply)).headimgurl)
  }
  const [one, other] = [await urlOf(liHua.id), await urlOf(wangFang.id)]
  const bytes = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer())
  expect(await bytes(one)).not.toEqual(await bytes(other))
  for (const url of [one.replace(/132$/, '48'), one.replace('/132', 'x/132'), `${one}/..`]) {
    expect((await fetch(url)).status).toBe(404)
  }
})

test('the list of calls masks codes, secrets and tokens of these paths', async () => {
  const emulator = await startWebOauth()
  const code = await emulator.authorize()
  const reply = await emulator.exchange(code)
  await emulator.refresh(reply.refresh_token)
  await emulator.userinfo(reply)
  const calls = JSON.stringify(await emulator.calls())
  for (const secret of [code, serviceAccount.secret, reply.access_token, reply.refresh_token]) {
    expect(calls).not.toContain(secret)
  }
})
