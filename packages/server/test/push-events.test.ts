import { createHash, randomBytes } from 'node:crypto'
import { listen, type Listener } from '@kaimen/server/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseId } from '../src/id.ts'
import {
  liHua,
  liHuasPhone,
  openAccounts,
  openAppId,
  outcome,
  phoneAppId,
  signedIn,
  wangFang,
  type Accounts,
  type SignedInBody,
} from './support/accounts.ts'
import { testClock } from './support/clock.ts'
import { makePng } from './support/pictures.ts'
import { testSecret, type StoreKind } from './support/world.ts'

const token = 'Token0OfTheConsole'
const encoding_aes_key = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'

type Setting = { mode: 'plain' | 'secure'; format: 'json' | 'xml' }

const settings: readonly Setting[] = [
  { mode: 'plain', format: 'json' },
  { mode: 'plain', format: 'xml' },
  { mode: 'secure', format: 'json' },
  { mode: 'secure', format: 'xml' },
]

/** What a mini program's user can withdraw by a push, and what of it is kept. */
const revocable = [
  { revoke_info: '6', gone: ['nickname', 'avatar'] },
  { revoke_info: '8', gone: ['phone'] },
  { revoke_info: '19', gone: ['nickname'] },
  { revoke_info: '20', gone: ['avatar'] },
  { revoke_info: '205', gone: ['nickname', 'avatar'] },
] as const

/** Number plate, address, invoice, Bluetooth, microphone, camera, …; and codes of no document. */
const notKept = ['1', '2', '3', '4', '5', '7', '12', '13', '14', '15', '16', '18', '0', '99', '206']

let accounts: Accounts
let server: Listener
let me: SignedInBody

async function open(storeKind: StoreKind, { mode, format }: Setting) {
  accounts = await openAccounts({
    storeKind,
    // Waits longer than WeChat does in these tests.
    clock: testClock(undefined, { longestSleepMs: 400 }),
    apps: (seeded) =>
      seeded.map((app) => ({
        ...app,
        push: { token, ...(mode === 'secure' && { encoding_aes_key }) },
      })),
  })
  server = await listen(accounts.auth, { port: 0 })
  await setPush({ mode, format })
  await accounts.control('PATCH', `/emulator/apps/${openAppId}`, { push_retry_seconds: 0.3 })
  me = signedIn(await accounts.byWechat(liHua))
}

async function setPush(change: Partial<Setting> & Record<string, string>, appid = openAppId) {
  const url = `${server.url}/v1/wechat/push/${appid}`
  const push = { url, token, encoding_aes_key, mode: 'plain', format: 'json', ...change }
  await accounts.control('PATCH', `/emulator/apps/${appid}`, { push })
}

afterEach(async () => {
  vi.restoreAllMocks()
  await server.close()
  await accounts.close()
})

/** Has WeChat tell of an event. @returns The answers to its tries. */
async function push(event: string, revoke_info?: string, person = liHua, appid = openAppId) {
  const { deliveries } = await accounts.control('POST', '/emulator/push', {
    appid,
    person,
    event,
    ...(revoke_info !== undefined && { revoke_info }),
  })
  return (deliveries as { status: number | null; ok: boolean }[]).map(({ status, ok }) => ({
    status,
    ok,
  }))
}

const received = [{ status: 200, ok: true }]

async function fill(who = me) {
  const { access_token } = who
  await accounts.send('PATCH', '/v1/me', { token: access_token, json: { nickname: '华' } })
  await accounts.send('PUT', '/v1/me/avatar', {
    token: access_token,
    body: makePng(4, 4),
    headers: { 'content-type': 'image/png' },
  })
}

const profileOf = async (who = me) => {
  const { status, body } = await accounts.get('/v1/me', who.access_token)
  expect(status).toBe(200)
  return { nickname: body['nickname'], avatar: body['avatar_url'], phone: body['phone'] }
}

const kinds = () => accounts.events.map(({ kind }) => kind)
const withdrawals = () => accounts.events.filter(({ kind }) => kind === 'data_withdrawn')

/** A push as WeChat signs it in plain mode. */
function postPlain(
  body: string,
  { by = token, ageSeconds = 0, app_id = openAppId, type = 'application/json' } = {},
) {
  const timestamp = String(Math.floor(accounts.clock.now() / 1000) - ageSeconds)
  const nonce = randomBytes(8).toString('hex')
  const signature = createHash('sha1').update([by, timestamp, nonce].sort().join('')).digest('hex')
  const query = new URLSearchParams({ signature, timestamp, nonce }).toString()
  return accounts.send('POST', `/v1/wechat/push/${app_id}?${query}`, {
    body,
    headers: { 'content-type': type },
  })
}

async function messageOf(Event: string, more: object = {}) {
  const { openid } = await accounts.wechatKnows(liHua)
  const CreateTime = Math.floor(accounts.clock.now() / 1000)
  return { FromUserName: 'WeChat', CreateTime, MsgType: 'event', Event, OpenID: openid, ...more }
}

describe.each<StoreKind>(['memory', 'sqlite'])('pushed events, on %s', (storeKind) => {
  describe.each(settings)('in $mode mode as $format', (setting) => {
    beforeEach(async () => {
      await open(storeKind, setting)
      await fill()
    })

    it('a withdrawn authorisation takes nickname and picture away', async () => {
      expect(await push('user_authorization_revoke', '6')).toEqual(received)
      expect(await profileOf()).toEqual({ nickname: null, avatar: null, phone: null })
    })

    it('a closed account is gone at once', async () => {
      expect(await push('user_authorization_cancellation')).toEqual(received)
      expect(kinds().slice(-2)).toEqual(['user_deleted', 'user_erased'])
      expect(signedIn(await accounts.byWechat(liHua)).is_new_user).toBe(true)
    })
  })

  describe('what is withdrawn', () => {
    beforeEach(async () => {
      await open(storeKind, { mode: 'plain', format: 'json' })
      await fill()
      await accounts.setPhone(me, liHuasPhone)
      await accounts.setPassword(me)
    })

    it.each(revocable)('RevokeInfo $revoke_info takes $gone, and nothing else', async (revoked) => {
      const before = await profileOf()
      expect(await push('user_authorization_revoke', revoked.revoke_info)).toEqual(received)
      const { gone } = revoked
      expect(await profileOf()).toEqual({
        ...before,
        ...Object.fromEntries(gone.map((name) => [name, null])),
      })
      expect(withdrawals()).toEqual([
        { kind: 'data_withdrawn', user_id: me.user.id, app_id: openAppId, withdrawn: gone },
      ])
    })

    it('a withdrawn phone signs nobody in any more, by code or by password, and is free', async () => {
      await push('user_authorization_revoke', '8')
      expect(outcome(await accounts.byPassword(liHuasPhone))).toEqual([401, 'password_wrong'])
      const other = signedIn(await accounts.byOtp(liHuasPhone))
      expect(other).toMatchObject({ is_new_user: true, user: { phone: '+86 138****8001' } })
      // WeChat still lets its owner in; the password does not come back with another number.
      const owner = signedIn(await accounts.byWechat(liHua))
      expect(owner.user.id).toBe(me.user.id)
      const next = '+8613800138009'
      expect((await accounts.setPhone(owner, next)).status).toBe(200)
      expect(outcome(await accounts.byPassword(next))).toEqual([401, 'password_wrong'])
    })

    it('a withdrawn picture leaves the blob store with the next tidy', async () => {
      const { avatar } = await profileOf()
      const path = new URL(String(avatar)).pathname
      expect((await accounts.send('GET', path)).status).toBe(200)
      await push('user_authorization_revoke', '20')
      await accounts.auth.tidy()
      expect((await accounts.send('GET', path)).status).toBe(404)
    })

    it('what is not kept here, and what no document names, changes nothing and is a success', async () => {
      const before = await profileOf()
      for (const revoke_info of notKept) {
        expect(await push('user_authorization_revoke', revoke_info)).toEqual(received)
      }
      for (const event of ['subscribe', 'user_info_unheard_of', 'constructor']) {
        expect(await push(event)).toEqual(received)
      }
      expect(await profileOf()).toEqual(before)
      expect(withdrawals()).toEqual([])
    })

    it('user_info_modified takes nickname and picture', async () => {
      expect(await push('user_info_modified')).toEqual(received)
      const phone = '+86 138****8001'
      expect(await profileOf()).toEqual({ nickname: null, avatar: null, phone })
    })

    it('keys that WeChat writes with a space in front are read all the same', async () => {
      await accounts.control('PATCH', `/emulator/apps/${openAppId}`, { push_spaced_keys: true })
      expect(await push('user_authorization_revoke', '19')).toEqual(received)
      expect((await profileOf()).nickname).toBeNull()
    })
  })

  describe('a closed account', () => {
    beforeEach(() => open(storeKind, { mode: 'plain', format: 'json' }))

    it('takes its owner’s sessions, phone and password along (R1)', async () => {
      await accounts.setPhone(me, liHuasPhone)
      await accounts.setPassword(me)
      await push('user_authorization_cancellation')
      expect(outcome(await accounts.get('/v1/me', me.access_token))).toEqual([401, 'session_ended'])
      expect(outcome(await accounts.refresh(me))[0]).toBe(401)
      expect(outcome(await accounts.byPassword(liHuasPhone))).toEqual([401, 'password_wrong'])
      expect(signedIn(await accounts.byOtp(liHuasPhone)).is_new_user).toBe(true)
    })

    it.each(['deleted by themselves', 'disabled', 'deleted by an operator'])(
      'of one who is %s is gone at once as well',
      async (how) => {
        if (how === 'disabled') await accounts.auth.users.disable(me.user.id)
        else if (how === 'deleted by themselves') await accounts.remove('/v1/me', me.access_token)
        else await accounts.auth.users.delete(me.user.id)
        expect(await push('user_authorization_cancellation')).toEqual(received)
        expect(await accounts.store.findUser(parseId('usr', me.user.id) ?? 0)).toBeUndefined()
        expect(await accounts.auth.users.restore(me.user.id)).toBe('not_found')
        expect(signedIn(await accounts.byWechat(liHua)).is_new_user).toBe(true)
      },
    )

    it('of a person whom nobody knows is a success, and of an app’s stranger touches nobody', async () => {
      const stranger = signedIn(await accounts.byWechat(wangFang))
      await fill(stranger)
      await accounts.control('POST', '/emulator/people', {})
      expect(await push('user_authorization_cancellation', undefined, 'chen-mei')).toEqual(received)
      // Known in one app, and somebody else to the other.
      await setPush({}, phoneAppId)
      const there = await push('user_authorization_cancellation', undefined, wangFang, phoneAppId)
      expect(there).toEqual(received)
      expect(await profileOf(stranger)).toMatchObject({ nickname: '华' })
      expect(await profileOf()).toBeDefined()
      expect(kinds()).not.toContain('user_deleted')
    })
  })

  describe('what is not WeChat’s', () => {
    beforeEach(async () => {
      await open(storeKind, { mode: 'secure', format: 'json' })
      await fill()
    })

    it.each([
      ['another Token', { token: 'AnotherToken' }],
      ['another EncodingAESKey', { encoding_aes_key: encoding_aes_key.toLowerCase() }],
      ['no seal, where the app has one', { mode: 'plain' }],
    ] as const)('a push with %s is data_invalid, and changes nothing', async (_, change) => {
      await setPush({ mode: 'secure', ...change })
      const before = await profileOf()
      expect(await push('user_authorization_cancellation')).toEqual([{ status: 400, ok: false }])
      expect(await profileOf()).toEqual(before)
    })

    it('a push to one app that is sealed for another is data_invalid', async () => {
      const url = `${server.url}/v1/wechat/push/${openAppId}`
      await setPush({ mode: 'secure', url }, phoneAppId)
      const told = await push('user_authorization_cancellation', undefined, liHua, phoneAppId)
      expect(told).toEqual([{ status: 400, ok: false }])
    })

    it('a push to an app that takes none, or that is none, is not_found', async () => {
      for (const app_id of ['wx-nobody', '..%2f', 'constructor']) {
        const reply = await postPlain('{}', { app_id })
        expect(outcome(reply)).toEqual([404, 'not_found'])
      }
    })
  })

  describe('in plain mode, signed by hand', () => {
    beforeEach(async () => {
      await open(storeKind, { mode: 'plain', format: 'json' })
      await fill()
    })

    it('a wrong signature, none, or one older than ten minutes is data_invalid', async () => {
      const before = await profileOf()
      const body = JSON.stringify(await messageOf('user_authorization_cancellation'))
      const path = `/v1/wechat/push/${openAppId}`
      const unsigned = await accounts.send('POST', path, { body })
      const forged = await postPlain(body, { by: 'guess' })
      const old = await postPlain(body, { ageSeconds: 601 })
      const early = await postPlain(body, { ageSeconds: -120 })
      for (const reply of [unsigned, forged, old, early]) {
        expect(outcome(reply)).toEqual([400, 'data_invalid'])
      }
      expect(await profileOf()).toEqual(before)
      expect((await postPlain(body, { ageSeconds: 590 })).text).toBe('success')
    })

    it('what is signed and no message is data_invalid, and too much is not read', async () => {
      for (const body of ['', '{', 'null', '[]', '"x"', '<xml>', '<html></html>', '\u0000']) {
        expect(outcome(await postPlain(body))).toEqual([400, 'data_invalid'])
      }
      const huge = JSON.stringify({ MsgType: 'x'.repeat(256 * 1024) })
      expect(outcome(await postPlain(huge))).toEqual([413, 'body_too_large'])
    })

    it('a RevokeInfo that is no number changes nothing and is a success', async () => {
      for (const RevokeInfo of ['constructor', '__proto__', 'toString', '6,8', {}, null]) {
        const body = JSON.stringify(await messageOf('user_authorization_revoke', { RevokeInfo }))
        expect((await postPlain(body)).text).toBe('success')
      }
      expect(withdrawals()).toEqual([])
    })

    it('the same push acts once, one after the other and all at once', async () => {
      const one = JSON.stringify(await messageOf('user_authorization_revoke', { RevokeInfo: '19' }))
      for (let i = 0; i < 3; i++) expect((await postPlain(one)).text).toBe('success')
      expect(withdrawals()).toHaveLength(1)
      // What the person chose since is not taken again by WeChat's repetition.
      await accounts.send('PATCH', '/v1/me', { token: me.access_token, json: { nickname: '华' } })
      expect((await postPlain(one)).text).toBe('success')
      expect((await profileOf()).nickname).toBe('华')

      const other = JSON.stringify(await messageOf('user_info_modified'))
      const replies = await Promise.all(Array.from({ length: 10 }, () => postPlain(other)))
      expect(replies.map(({ text }) => text)).toEqual(replies.map(() => 'success'))
      expect(withdrawals()).toHaveLength(2)
    })
  })

  describe('a store that fails', () => {
    beforeEach(async () => {
      await open(storeKind, { mode: 'plain', format: 'json' })
      await fill()
    })

    it.each(['withdrawData', 'findUsers'] as const)(
      'in %s gives WeChat no answer, so that its next try does it',
      async (verb) => {
        vi.spyOn(accounts.store, verb).mockRejectedValueOnce(new Error('disk full'))
        expect(await push('user_info_modified')).toEqual([{ status: null, ok: false }, ...received])
        expect(await profileOf()).toMatchObject({ nickname: null, avatar: null })
        expect(withdrawals()).toHaveLength(1)
        await vi.waitFor(() => expect(accounts.reports).toHaveLength(1))
      },
    )

    it.each(['deleteUser', 'eraseUser'] as const)(
      'in %s does not leave a closed account behind',
      async (verb) => {
        vi.spyOn(accounts.store, verb).mockRejectedValueOnce(new Error('disk full'))
        const told = await push('user_authorization_cancellation')
        expect(told).toEqual([{ status: null, ok: false }, ...received])
        expect(await accounts.store.findUser(parseId('usr', me.user.id) ?? 0)).toBeUndefined()
        expect(kinds().filter((kind) => kind === 'user_deleted')).toHaveLength(1)
        expect(kinds().filter((kind) => kind === 'user_erased')).toHaveLength(1)
      },
    )

    it('that is slow has WeChat ask again meanwhile, and acts once', async () => {
      const { withdrawData } = accounts.store
      vi.spyOn(accounts.store, 'withdrawData').mockImplementationOnce(async (write) => {
        await new Promise((resolve) => setTimeout(resolve, 450))
        return withdrawData(write)
      })
      expect(await push('user_info_modified')).toEqual([{ status: null, ok: false }, ...received])
      expect(withdrawals()).toHaveLength(1)
    })
  })
})

describe('the secret of the server', () => {
  beforeEach(() => open('memory', { mode: 'plain', format: 'json' }))

  it('is not what pushes are signed with', async () => {
    const body = JSON.stringify(await messageOf('user_authorization_cancellation'))
    expect(outcome(await postPlain(body, { by: testSecret }))).toEqual([400, 'data_invalid'])
  })
})
