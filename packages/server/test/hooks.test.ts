import type { AuthEvent, AuthOptions } from '@kaimen/server'
import { afterEach, describe, expect, it } from 'vitest'
import {
  cloudEnv,
  liHua,
  liHuasPhone,
  openAccounts,
  openAppId,
  outcome,
  password,
  phoneAppId,
  signedIn,
  wangFang,
  type Accounts,
  type SignedInBody,
} from './support/accounts.ts'
import { everyPrint } from './support/canary.ts'
import type { StoreKind } from './support/world.ts'

type Hooks = Pick<AuthOptions, 'admit' | 'claims' | 'on' | 'report'>

const hang = () => new Promise<never>(() => {})
const fail = () => {
  throw new Error('the host’s own failure')
}
const reject = () => Promise.reject(new Error('the host’s own failure'))
const refuse = () => ({ refuse: { 'zh-CN': '仅限员工', en: 'Staff only' } })

const faults = [
  { fault: 'throws', hook: fail, answer: [500, 'internal_error'], says: 'threw' },
  { fault: 'rejects', hook: reject, answer: [500, 'internal_error'], says: 'threw' },
  { fault: 'hangs', hook: hang, answer: [503, 'unavailable'], says: 'did not answer' },
] as const

const claimsOf = (token: string): Record<string, unknown> => {
  const body: unknown = JSON.parse(
    Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'),
  )
  return typeof body === 'object' && body !== null ? { ...body } : {}
}

describe.each<StoreKind>(['memory', 'sqlite'])('the host’s own logic, on %s', (storeKind) => {
  let accounts: Accounts
  /** May be changed while the server runs, as a host's own state is. */
  let hooks: Hooks
  afterEach(() => accounts.close())

  async function open(first: Hooks = {}) {
    hooks = first
    accounts = await openAccounts({
      storeKind,
      cloud: { env: cloudEnv },
      password: { registration: 'unverified' },
      admit: (attempt) => hooks.admit?.(attempt),
      claims: (user, session) => hooks.claims?.(user, session) ?? {},
    })
  }

  const nothingHappened = async () => {
    expect(await accounts.auth.events.list()).toEqual([])
    const { openid } = await accounts.wechatKnows(liHua)
    const wechat = { app_id: openAppId, openid, open_platform: null, unionid: null }
    const found = await accounts.store.findUsers({ app_id: openAppId, wechat, phone: null })
    expect(found.byOpenid).toBeUndefined()
  }

  const failures = () => accounts.events.filter(({ kind }) => kind === 'sign_in_failed')

  describe.each(['admit', 'claims'] as const)('%s', (name) => {
    it.each(faults)(
      'that $fault writes nothing, and the operator is told whose fault it is',
      async ({ hook, answer, says }) => {
        await open({ [name]: hook })
        const reply = await accounts.byWechat(liHua)
        expect(outcome(reply)).toEqual(answer)
        expect(reply.text).not.toContain('own failure')
        await nothingHappened()
        const report = everyPrint(accounts.reports)
        expect(accounts.reports).toHaveLength(1)
        expect(report).toContain(`The host’s hook ${name} ${says}`)
      },
    )

    it.each(faults)('that $fault leaves the ticket good', async ({ hook, answer }) => {
      await open()
      const ticket = await accounts.ticketOf(liHua)
      hooks = { [name]: hook }
      expect(outcome(await accounts.byButton(liHua, { ticket }))).toEqual(answer)
      const early = await accounts.byPassword('+8613900139000', password, { ticket })
      expect(outcome(early)).toEqual(answer)
      hooks = {}
      signedIn(await accounts.byButton(liHua, { ticket }))
    })

    it.each(faults)(
      'that $fault gives those who wait with the same key the same answer',
      async ({ hook, answer }) => {
        await open({ [name]: hook })
        const code = await accounts.wxLogin()
        const send = () =>
          accounts.send('POST', '/v1/sign-in/wechat', {
            json: { app_id: openAppId, code },
            headers: { 'idempotency-key': 'k' },
          })
        const replies = await Promise.all([send(), send(), send()])
        expect(replies.map(outcome)).toEqual(replies.map(() => answer))
        expect(await accounts.exchanges()).toBe(1)
        // The code is used up at WeChat; a fresh one is as good as ever.
        hooks = {}
        accounts.clock.advance(3000)
        expect(outcome(await send())).toEqual([400, 'code_used'])
        signedIn(await accounts.byWechat(liHua))
      },
    )
  })

  describe('admit', () => {
    it('that refuses is shown to the client in its language, and written down; no user is made', async () => {
      await open({ admit: refuse })
      const code = await accounts.wxLogin()
      const reply = await accounts.send('POST', '/v1/sign-in/wechat', {
        json: { app_id: openAppId, code },
        headers: { 'accept-language': 'en' },
      })
      expect([...outcome(reply), reply.body['detail']]).toEqual([
        403,
        'sign_in_refused',
        'Staff only',
      ])
      expect((await accounts.byWechat(liHua)).body['detail']).toBe('仅限员工')
      const told = {
        kind: 'sign_in_failed',
        app_id: openAppId,
        by: 'wechat',
        code: 'sign_in_refused',
      }
      expect(accounts.events).toEqual([told, told])
      expect(accounts.reports).toEqual([])
      hooks = {}
      expect(signedIn(await accounts.byWechat(liHua)).is_new_user).toBe(true)
    })

    it('refuses by every way in, and leaves ticket and sessions as they are', async () => {
      await open()
      const me = await accounts.openWholeAccount()
      const ticket = await accounts.ticketOf(wangFang)
      hooks = { admit: refuse }
      const replies = [
        await accounts.byWechat(liHua),
        await accounts.byButton(wangFang, { ticket }),
        await accounts.byOtp(liHuasPhone),
        await accounts.byPassword(liHuasPhone),
        await accounts.byPassword('+8613900139000'),
        await accounts.byCloud(liHua),
      ]
      for (const reply of replies) expect(outcome(reply)).toEqual([403, 'sign_in_refused'])
      expect(failures().map((event) => 'by' in event && event.by)).toEqual([
        'wechat',
        'phone_button',
        'otp',
        'password',
        'password',
        'cloud',
      ])
      expect(failures().map((event) => 'user_id' in event)).toEqual([
        true,
        false,
        true,
        true,
        false,
        true,
      ])
      expect((await accounts.refresh(me)).status).toBe(200)
      hooks = {}
      signedIn(await accounts.byButton(wangFang, { ticket }))
    })

    it('answers the same code with the same key by the same refusal, for a minute (R11)', async () => {
      await open({ admit: refuse })
      const code = await accounts.wxLogin()
      const send = () =>
        accounts.send('POST', '/v1/sign-in/wechat', {
          json: { app_id: openAppId, code },
          headers: { 'idempotency-key': 'k' },
        })
      expect(outcome(await send())).toEqual([403, 'sign_in_refused'])
      accounts.clock.advance(59_000)
      const again = await send()
      expect(outcome(again)).toEqual([403, 'sign_in_refused'])
      expect(again.body['detail']).toBe('仅限员工')
      expect(await accounts.exchanges()).toBe(1)
      expect(failures()).toHaveLength(1)
    })

    it('sees who it is, and no key, code or phone', async () => {
      const seen: unknown[] = []
      await open({
        admit(attempt) {
          seen.push(structuredClone(attempt))
          return undefined
        },
      })
      const { openid, unionid } = await accounts.wechatKnows(liHua)
      const first = signedIn(await accounts.byWechat(liHua))
      await accounts.setPhone(first, liHuasPhone)
      signedIn(await accounts.byOtp(liHuasPhone))
      const user = { id: first.user.id, nickname: null, created_at: expect.any(Date) as unknown }
      const none = { app_id: openAppId, openid: null, unionid: null }
      expect(seen).toEqual([
        { proof: { kind: 'wechat', app_id: openAppId, openid, unionid }, user: undefined },
        { proof: { kind: 'otp', ...none }, user },
      ])
    })

    it('is asked before a phone is, so that nobody hands one over in vain', async () => {
      await open({ admit: refuse })
      const reply = await accounts.byWechat(liHua, { app_id: phoneAppId })
      expect(outcome(reply)).toEqual([403, 'sign_in_refused'])
    })

    it('is not asked of one who may not come in anyhow (R1)', async () => {
      await open()
      const me = signedIn(await accounts.byWechat(liHua))
      await accounts.auth.users.disable(me.user.id)
      hooks = { admit: fail }
      expect(outcome(await accounts.byWechat(liHua))).toEqual([403, 'user_disabled'])
    })
  })

  describe('claims', () => {
    it.each(faults)(
      'that $fault at a refresh do not use the refresh token up',
      async ({ hook, answer }) => {
        await open()
        const me = signedIn(await accounts.byWechat(liHua))
        hooks = { claims: hook }
        for (let i = 0; i < 3; i++) expect(outcome(await accounts.refresh(me))).toEqual(answer)
        hooks = {}
        // Long after the grace, in which a used one would still be answered.
        accounts.clock.advance(60_000)
        expect((await accounts.refresh(me)).status).toBe(200)
        expect(outcome(await accounts.refresh(me))[0]).toBe(200)
      },
    )

    it('are asked at every sign-in and refresh, with the user and the session', async () => {
      const asked: unknown[] = []
      await open({
        claims(user, session) {
          asked.push([user.id, session])
          return { n: asked.length }
        },
      })
      const me = signedIn(await accounts.byWechat(liHua))
      const next = await accounts.refresh(me)
      expect(claimsOf(me.access_token)).toMatchObject({ n: 1 })
      expect(claimsOf(String(next.body['access_token']))).toMatchObject({ n: 2 })
      expect(asked).toEqual(
        [1, 2].map(() => [me.user.id, { id: me.session_id, app_id: openAppId }]),
      )
    })

    it('cannot replace one of ours, at a sign-in or a refresh', async () => {
      await open()
      const plain = claimsOf(signedIn(await accounts.byWechat(liHua)).access_token)
      const ours = Object.keys(plain)
      expect(ours.length).toBeGreaterThan(6)
      const forged = Object.fromEntries([...ours, 'nbf'].map((name) => [name, 'forged']))
      hooks = { claims: () => ({ ...forged, role: 'vip' }) }
      const me = signedIn(await accounts.byWechat(liHua))
      const next = await accounts.refresh(me)
      for (const token of [me.access_token, String(next.body['access_token'])]) {
        const claims = claimsOf(token)
        expect(claims).toMatchObject({ role: 'vip', sub: me.user.id })
        expect(ours.filter((name) => claims[name] === 'forged')).toEqual([])
        expect((await accounts.get('/v1/me', token)).status).toBe(200)
      }
    })
  })

  describe('on', () => {
    it.each([
      ['throws', fail],
      ['rejects', reject],
      ['hangs', hang],
    ])('that %s harms nobody', async (_, on) => {
      const told: AuthEvent[] = []
      accounts = await openAccounts({
        storeKind,
        on(event) {
          told.push(event)
          return on()
        },
      })
      const me = await accounts.openWholeAccount()
      expect((await accounts.refresh(me)).status).toBe(200)
      expect((await accounts.remove('/v1/me', me.access_token)).status).toBe(200)
      await new Promise((resolve) => setTimeout(resolve, 5))
      const listed = await accounts.auth.events.list()
      expect(told.map(({ kind }) => kind)).toEqual(listed.map(({ kind }) => kind))
      expect(accounts.reports).toHaveLength(on === hang ? 0 : told.length)
    })
  })

  it('what the hooks get and give is not in the way of the tokens of others', async () => {
    await open({ claims: ({ id }) => ({ me: id }) })
    const both: SignedInBody[] = await Promise.all(
      [liHua, wangFang].map(async (person) => signedIn(await accounts.byWechat(person))),
    )
    for (const { access_token, user } of both) {
      expect(claimsOf(access_token)['me']).toBe(user.id)
    }
  })
})
