import { seedWorld } from '@kaimen/emulator'
import { expect } from 'vitest'
import {
  liHua,
  openAppId,
  openWorld,
  phoneAppId,
  wangFang,
  type Reply,
  type SignedInBody,
  type World,
  type WorldOptions,
} from './world.ts'

export const liHuasPhone = '+8613800138001'
export const wangFangsPhone = '+8613800138002'
export const password = 'violet anvil monsoon'

export const minuteMs = 60_000
export const dayMs = 86_400_000

/** Status and error code; where there is none, how the sign-in went, or `ok`. */
export const outcome = ({ status, body }: Reply) => [status, body['code'] ?? body['status'] ?? 'ok']

export function signedIn(reply: Reply): SignedInBody {
  expect(outcome(reply)).toEqual([200, 'signed_in'])
  return reply.body as SignedInBody
}

type With = { app_id?: string; ticket?: string; restore?: boolean }

export type Accounts = World & {
  post(path: string, json: object, token?: string): Promise<Reply>
  put(path: string, json: object, token: string): Promise<Reply>
  get(path: string, token: string): Promise<Reply>
  remove(path: string, token: string): Promise<Reply>
  /** The code of an SMS, a minute after the one before. */
  otpFor(phone: string, token?: string): Promise<string>
  /** What a person is given who is new to the app that wants a phone. */
  ticketOf(person: string, app_id?: string): Promise<string>
  /** What the phone button gives. */
  phoneButton(person: string, app_id?: string): Promise<PhoneButton>
  byWechat(person: string, how?: With): Promise<Reply>
  /** By ticket, or by a login code of the same person. */
  byButton(person: string, how?: With): Promise<Reply>
  byOtp(phone: string, how?: With): Promise<Reply>
  byPassword(phone: string, text?: string, how?: With): Promise<Reply>
  /** With the headers that cloud hosting sets; where {@link cloudEnv} is configured. */
  byCloud(person: string, how?: With & { headers?: Record<string, string> }): Promise<Reply>
  /** What WeChat knows of a person, asked behind the server's back. */
  wechatKnows(person: string, app_id?: string): Promise<WechatKnows>
  refresh(who: SignedInBody): Promise<Reply>
  setPhone(who: SignedInBody, phone: string): Promise<Reply>
  setPassword(who: SignedInBody, text?: string): Promise<Reply>
  /** Signed in with both identities, a proven phone and a password. */
  openWholeAccount(): Promise<SignedInBody>
}

export type WechatKnows = { openid: string; unionid?: string; session_key: string }

export const cloudEnv = 'prod-1a2b3c'

export type PhoneButton = { code: string; encryptedData: string; iv: string }

/** A server with SMS before an emulator that goes by the same clock, and all that people do. */
export async function openAccounts(options: WorldOptions = {}): Promise<Accounts> {
  let otp = ''
  const world = await openWorld({
    sharedEphemeral: true,
    sharedClock: true,
    sms: {
      kind: 'test',
      send(message) {
        otp = message.otp
        return Promise.resolve('sent')
      },
    },
    ...options,
  })

  const accounts: Accounts = {
    ...world,

    post: (path, json, token) =>
      world.send('POST', path, { json, ...(token !== undefined && { token }) }),
    put: (path, json, token) => world.send('PUT', path, { json, token }),
    get: (path, token) => world.send('GET', path, { token }),
    remove: (path, token) => world.send('DELETE', path, { token }),

    async otpFor(phone, token) {
      world.clock.advance(minuteMs)
      expect(outcome(await accounts.post('/v1/otp', { phone }, token))).toEqual([202, 'ok'])
      return otp
    },

    async ticketOf(person, app_id = phoneAppId) {
      const { body } = await accounts.byWechat(person, { app_id })
      expect(body['status']).toBe('phone_required')
      return String(body['ticket'])
    },

    async phoneButton(person, app_id = phoneAppId) {
      const tapped = { appid: app_id, person }
      return (await world.control('POST', '/emulator/wx/getPhoneNumber', tapped)) as PhoneButton
    },

    async byWechat(person, { app_id = openAppId, ...how } = {}) {
      const code = await world.wxLogin(person, app_id)
      return accounts.post('/v1/sign-in/wechat', { app_id, code, ...how })
    },

    async byButton(person, { app_id = phoneAppId, ticket, ...how } = {}) {
      const from =
        ticket === undefined ? { app_id, code: await world.wxLogin(person, app_id) } : { ticket }
      const { code: phone_code } = await accounts.phoneButton(person, app_id)
      return accounts.post('/v1/sign-in/phone', { ...from, phone_code, ...how })
    },

    async byOtp(phone, { app_id = openAppId, ticket, ...how } = {}) {
      const from = ticket === undefined ? { app_id } : { ticket }
      const otp = await accounts.otpFor(phone)
      return accounts.post('/v1/sign-in/otp', { phone, otp, ...from, ...how })
    },

    byPassword(phone, text = password, { app_id = openAppId, ticket, ...how } = {}) {
      const from = ticket === undefined ? { app_id } : { ticket }
      return accounts.post('/v1/sign-in/password', { phone, password: text, ...from, ...how })
    },

    async byCloud(person, { app_id = openAppId, headers, ...how } = {}) {
      const { openid } = await accounts.wechatKnows(person, app_id)
      const set = { 'x-wx-env': cloudEnv, 'x-wx-source': 'wx_client' }
      const own = { 'x-wx-openid': openid, 'x-wx-appid': app_id }
      const sent = headers ?? { ...set, ...own }
      return world.send('POST', '/v1/sign-in/cloud', { json: how, headers: sent })
    },

    async wechatKnows(person, app_id = openAppId) {
      const app = seedWorld.apps.find(({ appid }) => appid === app_id)
      const url = new URL('/sns/jscode2session', world.emulator.url)
      url.search = new URLSearchParams({
        appid: app_id,
        secret: app?.secret ?? '',
        js_code: await world.wxLogin(person, app_id),
        grant_type: 'authorization_code',
      }).toString()
      return JSON.parse(await (await fetch(url)).text()) as WechatKnows
    },

    refresh: ({ refresh_token }) =>
      accounts.post('/v1/token', { grant_type: 'refresh_token', refresh_token }),

    async setPhone({ access_token }, phone) {
      const otp = await accounts.otpFor(phone, access_token)
      return accounts.put('/v1/me/phone', { phone, otp }, access_token)
    },

    setPassword: ({ access_token }, text = password) =>
      accounts.put('/v1/me/password', { password: text }, access_token),

    async openWholeAccount() {
      signedIn(await accounts.byWechat(liHua))
      const me = signedIn(await accounts.byWechat(liHua))
      const link = { app_id: phoneAppId, code: await world.wxLogin(liHua, phoneAppId) }
      expect((await accounts.post('/v1/me/identities', link, me.access_token)).status).toBe(200)
      expect((await accounts.setPhone(me, liHuasPhone)).status).toBe(200)
      expect((await accounts.setPassword(me)).status).toBe(200)
      return me
    },
  }
  return accounts
}

/** Every way in of the account that {@link Accounts.openWholeAccount} makes. */
export const waysIn: readonly {
  readonly way: string
  readonly enter: (accounts: Accounts, how?: { restore?: boolean }) => Promise<Reply>
}[] = [
  { way: 'WeChat', enter: (accounts, how) => accounts.byWechat(liHua, how) },
  {
    way: 'WeChat in another app',
    enter: (accounts, how) => accounts.byWechat(liHua, { app_id: phoneAppId, ...how }),
  },
  { way: 'the phone button', enter: (accounts, how) => accounts.byButton(liHua, how) },
  { way: 'an SMS code', enter: (accounts, how) => accounts.byOtp(liHuasPhone, how) },
  { way: 'a password', enter: (accounts, how) => accounts.byPassword(liHuasPhone, password, how) },
  { way: 'cloud hosting', enter: (accounts, how) => accounts.byCloud(liHua, how) },
]

export { liHua, openAppId, phoneAppId, wangFang, type Reply, type SignedInBody }
