import { routes, type Route } from '@kaimen/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseId } from '../src/id.ts'
import {
  cloudEnv,
  liHua,
  openAccounts,
  openAppId,
  outcome,
  phoneAppId,
  signedIn,
  wangFang,
  type Accounts,
  type WechatKnows,
} from './support/accounts.ts'
import type { StoreKind } from './support/world.ts'

const stores = ['memory', 'sqlite'] as const satisfies readonly StoreKind[]

let accounts: Accounts
/** What WeChat knows of one person in the two apps. */
let here: WechatKnows
let there: WechatKnows
afterEach(() => accounts.close())

const path = '/v1/sign-in/cloud'
const post = (headers: Record<string, string>, json: object = {}) =>
  accounts.send('POST', path, { json, headers })

/** As the gateway of cloud hosting sets them. */
const right = (more: Record<string, string> = {}) => ({
  'x-wx-env': cloudEnv,
  'x-wx-source': 'wx_client',
  'x-wx-openid': here.openid,
  'x-wx-appid': openAppId,
  ...more,
})

const shared = (more: Record<string, string> = {}) => ({
  'x-wx-env': cloudEnv,
  'x-wx-source': 'wx_client',
  'x-wx-from-openid': here.openid,
  'x-wx-from-appid': openAppId,
  ...more,
})

async function learn() {
  await accounts.control('PATCH', `/emulator/apps/${openAppId}`, { session_key_rotation: 'never' })
  here = await accounts.wechatKnows(liHua)
  there = await accounts.wechatKnows(liHua, phoneAppId)
}

const sealedKey = (openid = here.openid) =>
  accounts.store.findSessionKey({ app_id: openAppId, openid })

describe.each(stores)('behind cloud hosting, on %s', (storeKind) => {
  beforeEach(async () => {
    accounts = await openAccounts({ storeKind, cloud: { env: cloudEnv } })
    await learn()
  })

  it('the headers sign in the same user as wx.login does, and leave the session_key alone (R1)', async () => {
    const first = signedIn(await accounts.byWechat(liHua))
    const key = await sealedKey()
    expect(key).toBeDefined()
    const byCloud = signedIn(await post(right()))
    expect([byCloud.user.id, byCloud.is_new_user]).toEqual([first.user.id, false])
    expect(await sealedKey()).toEqual(key)
    expect(accounts.events.at(-1)).toMatchObject({ kind: 'signed_in', by: 'cloud' })
    expect((await accounts.get('/v1/me', byCloud.access_token)).status).toBe(200)
    expect((await accounts.refresh(byCloud)).status).toBe(200)
    expect(await accounts.exchanges()).toBe(3)
  })

  it('they make a user without a session_key, who has one after wx.login (R3)', async () => {
    const first = signedIn(await post(right(), { device: { model: 'P60' } }))
    expect(first.is_new_user).toBe(true)
    expect(await sealedKey()).toBeUndefined()
    const check = () => accounts.post('/v1/me/wechat-session/check', {}, first.access_token)
    expect((await check()).body).toEqual({ valid: false })
    expect(signedIn(await accounts.byWechat(liHua)).user.id).toBe(first.user.id)
    expect(await sealedKey()).toBeDefined()
    expect((await check()).body).toEqual({ valid: true })
  })

  it('they count without regard to the case of their names', async () => {
    const headers = Object.fromEntries(
      Object.entries(right()).map(([name, value]) => [name.toUpperCase(), value]),
    )
    expect(outcome(await post(headers))).toEqual([200, 'signed_in'])
  })

  it.each<[string, () => Record<string, string>]>([
    ['another environment', () => right({ 'x-wx-env': 'prod-other' })],
    ['the environment twice', () => right({ 'x-wx-env': `${cloudEnv}, ${cloudEnv}` })],
    ['the public network', () => right({ 'x-wx-source': 'wx_http' })],
    ['the developer tools', () => right({ 'x-wx-source': 'wx_devtools' })],
    ['two sources', () => right({ 'x-wx-source': 'wx_client, wx_http' })],
    ['an openid that is none', () => right({ 'x-wx-openid': 'o p' })],
    ['an empty openid', () => right({ 'x-wx-openid': '' })],
    ['two openids', () => right({ 'x-wx-openid': `${here.openid}, oSomebodyElse` })],
    ['an openid too long', () => right({ 'x-wx-openid': 'o'.repeat(65) })],
    ['two unionids', () => right({ 'x-wx-unionid': 'u1, u2' })],
    [
      'an empty openid beside one of resource sharing',
      () => ({ ...shared(), 'x-wx-openid': '', 'x-wx-appid': openAppId }),
    ],
    ['two openids of resource sharing', () => shared({ 'x-wx-from-openid': 'o1, o2' })],
  ])('%s is data_invalid', async (_, headers) => {
    expect(outcome(await post(headers()))).toEqual([400, 'data_invalid'])
    const failed = { kind: 'sign_in_failed', by: 'cloud', code: 'data_invalid' }
    expect(accounts.events).toEqual([failed])
  })

  it.each(['x-wx-env', 'x-wx-source', 'x-wx-openid'])(
    'without %s it is data_invalid',
    async (name) => {
      const { [name]: _, ...headers } = right() as Record<string, string>
      expect(outcome(await post(headers))).toEqual([400, 'data_invalid'])
    },
  )

  it('an app that is not configured, is none or is no mini program is app_unknown', async () => {
    for (const odd of ['wx-nobody', '', `${openAppId}, ${openAppId}`, 'wx0a1b2c3d4e5f0002']) {
      expect(outcome(await post(right({ 'x-wx-appid': odd })))).toEqual([400, 'app_unknown'])
    }
    const { 'x-wx-appid': _, ...none } = right()
    expect(outcome(await post(none))).toEqual([400, 'app_unknown'])
  })

  it('under resource sharing the headers that say FROM count, and only there', async () => {
    const first = signedIn(await post(shared()))
    expect(signedIn(await accounts.byWechat(liHua)).user.id).toBe(first.user.id)
    // Whoever has headers of their own is who they say.
    const { openid } = await accounts.wechatKnows(wangFang)
    const own = signedIn(await post(right({ 'x-wx-from-openid': openid })))
    expect(own.user.id).toBe(first.user.id)
    // Nor do the two mix: an app of one and an openid of the other.
    const { 'x-wx-appid': _, ...half } = right({ 'x-wx-from-appid': openAppId })
    expect(outcome(await post(half))).toEqual([400, 'app_unknown'])
  })

  it('a unionid links to the user who has it (R2)', async () => {
    await accounts.close()
    const otherApp = 'wx00000000000000aa'
    accounts = await openAccounts({
      storeKind,
      cloud: { env: cloudEnv },
      apps: (seeded) => [
        ...seeded,
        { app_id: otherApp, secret: '0'.repeat(32), open_platform: 'open-platform-1' },
      ],
    })
    await learn()
    const first = signedIn(await accounts.byWechat(liHua))
    const unionid = here.unionid ?? ''
    const other = { 'x-wx-appid': otherApp, 'x-wx-openid': 'oInAnotherApp' }
    const linked = signedIn(await post(right({ ...other, 'x-wx-unionid': unionid })))
    expect([linked.user.id, linked.is_new_user]).toEqual([first.user.id, false])
    expect(accounts.events.at(-1)).toMatchObject({ by: 'cloud', decision: 'link' })
    // In an app that is bound to no Open Platform account a unionid says nothing.
    const outside = { 'x-wx-appid': phoneAppId, 'x-wx-openid': there.openid }
    const stranger = await post(right({ ...outside, 'x-wx-unionid': unionid }))
    expect(stranger.body['status']).toBe('phone_required')
  })

  it('where the app wants a phone it gets a ticket, which works (R4, R5)', async () => {
    const reply = await post(right({ 'x-wx-appid': phoneAppId, 'x-wx-openid': there.openid }))
    expect(reply.body).toEqual({
      status: 'phone_required',
      ticket: expect.stringMatching(/^kmt_/) as unknown,
      expires_in: 600,
    })
    const ticket = String(reply.body['ticket'])
    const first = signedIn(await accounts.byButton(liHua, { ticket }))
    expect(first.user.phone).toBe('+86 138****8001')
    const again = await post(right({ 'x-wx-appid': phoneAppId, 'x-wx-openid': there.openid }))
    expect(signedIn(again).user.id).toBe(first.user.id)
    expect(signedIn(await accounts.byWechat(liHua, { app_id: phoneAppId })).user.id).toBe(
      first.user.id,
    )
  })

  it('its ticket has no session_key, so the phone button’s old form cannot be read with it', async () => {
    await accounts.close()
    accounts = await openAccounts({
      storeKind,
      cloud: { env: cloudEnv },
      apps: (seeded) => seeded.map((app) => ({ ...app, phone_encrypted_data: true })),
    })
    await learn()
    const headers = right({ 'x-wx-appid': phoneAppId, 'x-wx-openid': there.openid })
    const { body } = await post(headers)
    const { encryptedData: encrypted_data, iv } = await accounts.phoneButton(liHua)
    const ticket = String(body['ticket'])
    const reply = await accounts.post('/v1/sign-in/phone', { ticket, encrypted_data, iv })
    expect(outcome(reply)).toEqual([409, 'session_key_stale'])
    signedIn(await accounts.byButton(liHua, { ticket }))
  })

  it('takes no app, openid or code in the body', async () => {
    for (const json of [{ app_id: openAppId }, { openid: here.openid }, { code: 'x' }]) {
      expect(outcome(await post(right(), json))).toEqual([400, 'body_invalid'])
    }
  })

  it('[WX-12] on every other route the same headers count for nothing', async () => {
    const me = signedIn(await post(right()))
    const id = parseId('usr', me.user.id)
    const before = [await accounts.store.findUser(id ?? 0), accounts.events.length]
    const headers = right({ 'x-wx-from-openid': here.openid, 'x-wx-unionid': here.unionid ?? '' })
    const open = new Set(['/.well-known/jwks.json', '/healthz', '/readyz', '/openapi.json'])
    let tried = 0
    for (const route of Object.values<Route>(routes)) {
      if (route.path === path || open.has(route.path)) continue
      const { method } = route
      const target = route.path.replace('{name}', 'x').replace(/\{\w+\}/, openAppId)
      const reply = await accounts.send(method, target, {
        headers: { 'content-type': 'application/json', ...headers },
        ...(method !== 'GET' && { body: '{}' }),
      })
      // One route says who is signed in, and that is nobody.
      const isRefused = reply.status >= 400 || reply.body['user'] === null
      expect([route.path, isRefused]).toEqual([route.path, true])
      if (route.auth === 'bearer' || route.auth === 'app') {
        expect([route.path, ...outcome(reply)]).toEqual([route.path, 401, 'token_invalid'])
      }
      tried += 1
    }
    expect(tried).toBeGreaterThan(25)
    expect([await accounts.store.findUser(id ?? 0), accounts.events.length]).toEqual(before)
  })
})

describe.each(stores)('cloud hosting, by its settings, on %s', (storeKind) => {
  it('is off by default: there is no such route', async () => {
    accounts = await openAccounts({ storeKind })
    await learn()
    expect(outcome(await post(right()))).toEqual([404, 'not_found'])
    expect(accounts.events).toEqual([])
  })

  it('takes the sources that are named, and no others', async () => {
    const cloud = { env: cloudEnv, sources: ['wx_devtools', 'wx_trigger'] }
    accounts = await openAccounts({ storeKind, cloud })
    await learn()
    signedIn(await post(right({ 'x-wx-source': 'wx_devtools' })))
    expect(outcome(await post(right()))).toEqual([400, 'data_invalid'])
  })
})
