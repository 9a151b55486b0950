import { adminRoutes, type AdminRouteName } from '@kaimen/protocol'
import { seedWorld } from '@kaimen/emulator'
import { is } from 'valibot'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  liHua,
  liHuasPhone,
  openAccounts,
  openAppId,
  password,
  phoneAppId,
  signedIn,
  wangFang,
  type Accounts,
  type Reply,
  type SignedInBody,
} from '../support/accounts.ts'
import { adminPassword, setUp, type Administrator } from '../support/administrators.ts'
import { findCanaries, type Canary } from '../support/canary.ts'
import { testSecret, type StoreKind } from '../support/world.ts'

const hourMs = 60 * 60_000
const dayMs = 24 * hourMs

type Listed = { id: string; kind: string; at: string; admin_id: string | null; detail: object }

describe.each<StoreKind>(['memory', 'sqlite'])(
  'what administrators look at, on %s',
  (storeKind) => {
    let accounts: Accounts
    let admin: Administrator
    let me: SignedInBody
    beforeEach(async () => {
      accounts = await openAccounts({ storeKind })
      me = await accounts.openWholeAccount()
      admin = await setUp(accounts, 'viewer', 'Viewer')
    })
    afterEach(() => accounts.close())

    /** The body, of the shape that the protocol promises. */
    function shaped(name: AdminRouteName, reply: Reply) {
      expect(reply.status).toBe(200)
      expect(is(adminRoutes[name].reply, reply.body)).toBe(true)
      return reply.body
    }

    const search = async (json: object) => {
      const reply = await admin.post('users/search', json)
      const { users } = shaped('adminSearchUsers', reply) as { users: { id: string }[] }
      return users.map(({ id }) => id)
    }

    it('finds users by id, nickname, phone and openid, and lists the newest', async () => {
      const other = signedIn(await accounts.byWechat(wangFang))
      const token = other.access_token
      await accounts.send('PATCH', '/v1/me', { json: { nickname: '王芳芳' }, token })
      const [mine, theirs] = [me.user.id, other.user.id]
      expect(await search({})).toEqual([theirs, mine])
      expect(await search({ limit: 1 })).toEqual([theirs])
      expect(await search({ before: theirs })).toEqual([mine])
      expect(await search({ id: mine })).toEqual([mine])
      expect(await search({ nickname: '王芳' })).toEqual([theirs])
      expect(await search({ nickname: '芳' })).toEqual([])
      expect(await search({ phone: liHuasPhone })).toEqual([mine])
      expect(await search({ phone: '138 0013 8001' })).toEqual([mine])
      const { openid } = await accounts.wechatKnows(liHua, phoneAppId)
      expect(await search({ openid })).toEqual([mine])
      for (const none of [
        { id: 'usr_00000000000' },
        { id: mine.slice(0, -1) },
        { nickname: '%' },
        { nickname: '\0' },
        { openid: 'o\0' },
        { phone: '+8613800138002' },
        { phone: 'nonsense' },
        { openid: openid.toLowerCase() },
        { before: 'nonsense' },
      ]) {
        expect(await search(none)).toEqual([])
      }
    })

    it('shows a user with identities and devices, those that ended too', async () => {
      const tablet = signedIn(await accounts.byWechat(liHua))
      await accounts.remove(`/v1/me/sessions/${tablet.session_id}`, me.access_token)
      const body = shaped('adminUser', await admin.get(`users/${me.user.id}`))
      const { openid } = await accounts.wechatKnows(liHua)
      expect(body).toMatchObject({
        id: me.user.id,
        status: 'active',
        phone: '+86 138****8001',
        has_password: true,
        merged_into: null,
      })
      expect(body['identities']).toContainEqual(
        expect.objectContaining({ app_id: openAppId, openid }),
      )
      expect(body['sessions']).toMatchObject([
        { id: tablet.session_id, end_reason: 'removed', ended_at: expect.any(String) },
        { id: me.session_id, end_reason: null, ended_at: null },
        // Setting a password ended it.
        { end_reason: 'removed' },
      ])
    })

    it('counts sign-ins, new users, ways in and failures by hour and by day', async () => {
      accounts.clock.advance(2 * hourMs)
      admin = await setUp(accounts, 'viewer', 'Viewer 2')
      signedIn(await accounts.byWechat(liHua))
      signedIn(await accounts.byWechat(wangFang))
      signedIn(await accounts.byPassword(liHuasPhone))
      const wrong = await accounts.byPassword(liHuasPhone, 'not the password')
      expect(wrong.status).toBe(401)
      for (const person of [liHua, wangFang]) {
        const code = await accounts.wxLogin(person, phoneAppId)
        await accounts.post('/v1/sign-in/wechat', { app_id: openAppId, code })
      }
      const body = shaped('adminOverview', await admin.get('overview'))
      const buckets = body['buckets'] as Record<string, number | string>[]
      expect(buckets).toHaveLength(24)
      expect(body).toMatchObject({ by: 'hour', complete: true })
      expect(buckets.at(-1)).toMatchObject({ signed_in: 3, failed: 3, new_users: 1 })
      expect(buckets.at(-3)).toMatchObject({ signed_in: 2, failed: 0, new_users: 1 })
      expect(body['ways_in']).toEqual([
        { by: 'wechat', count: 4 },
        { by: 'password', count: 1 },
      ])
      expect(body['failures']).toEqual([
        { code: 'code_invalid', errcode: 40029, count: 2 },
        { code: 'password_wrong', errcode: null, count: 1 },
      ])
      expect(body['active_devices']).toEqual({ count: 4, complete: true })
      expect(body['latency']).toContainEqual({
        kind: 'sign_in',
        count: expect.any(Number),
        median_ms: expect.any(Number),
        p95_ms: expect.any(Number),
      })

      const byDay = shaped('adminOverview', await admin.get('overview?by=day'))
      expect(byDay['buckets']).toHaveLength(30)
      const ago = new Date(accounts.clock.now() - dayMs).toISOString()
      const past = shaped('adminOverview', await admin.get(`overview?until=${ago}`))
      expect(past).toMatchObject({ ways_in: [], failures: [] })
    })

    it('lists the audit log newest first, filtered, page by page', async () => {
      const owner = await setUp(accounts, 'owner', 'Owner')
      await owner.post(`users/${me.user.id}/disable`)
      await owner.post(`users/${me.user.id}/enable`)
      const ask = async (query: string) => {
        const body = shaped('adminEvents', await admin.get(`events?${query}`))
        return body as { events: Listed[]; before: string | null }
      }
      const all = await ask('limit=200')
      expect(all.before).toBeNull()
      const logged = await accounts.auth.events.list({ limit: 1000 })
      expect(all.events.map(({ id }) => id)).toEqual(logged.map(({ id }) => id).toReversed())
      expect(all.events[0]).toMatchObject({
        kind: 'user_status_changed',
        user_id: me.user.id,
        admin_id: owner.id,
        detail: { status: 'active' },
      })
      const walked: string[] = []
      for (let before: string | null = ''; before !== null;) {
        const page = await ask(`limit=2${before && `&before=${before}`}`)
        expect(page.events.length).toBeLessThanOrEqual(2)
        walked.push(...page.events.map(({ id }) => id))
        before = page.before
      }
      expect(walked).toEqual(all.events.map(({ id }) => id))

      const kinds = async (query: string) => (await ask(query)).events.map(({ kind }) => kind)
      expect(await kinds(`admin_id=${owner.id}`)).toEqual([
        'user_status_changed',
        'user_status_changed',
        'admin_set_up',
      ])
      expect(await kinds('kind=admin_invited,admin_set_up')).toHaveLength(4)
      expect(await kinds(`user_id=${me.user.id}&kind=signed_in`)).toEqual([
        'signed_in',
        'signed_in',
      ])
      expect(await kinds(`app_id=${phoneAppId}`)).toEqual(['identity_linked'])
      const at = all.events.find(({ kind }) => kind === 'password_changed')?.at ?? ''
      const since = await ask(`since=${at}`)
      expect(since.events.every((event) => event.at >= at)).toBe(true)
      const until = await ask(`until=${at}`)
      expect(until.events.every((event) => event.at < at)).toBe(true)
      expect(since.events.length + until.events.length).toBe(all.events.length)
    })

    it('exports the audit log as lines of JSON, which is written down first', async () => {
      const operator = await setUp(accounts, 'operator', 'Operator')
      const reply = await operator.post('events/export?kind=signed_in,events_exported')
      expect(reply.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
      const lines = reply.text.trimEnd().split('\n')
      const events = lines.map((line) => JSON.parse(line) as Listed)
      expect(events.map(({ kind }) => kind)).toEqual(['events_exported', 'signed_in', 'signed_in'])
      expect(events[0]?.admin_id).toBe(operator.id)
    })

    it('shows the apps, the keys, the limits and the administrators as they are', async () => {
      const { apps } = shaped('adminApps', await admin.get('apps'))
      expect(apps).toHaveLength(seedWorld.apps.length)
      expect(apps).toContainEqual(
        expect.objectContaining({ app_id: phoneAppId, registration: 'phone', takes_push: false }),
      )
      shaped('adminKeys', await admin.get('keys'))
      const limits = shaped('adminLimits', await admin.get('limits'))
      expect(limits).toMatchObject({
        password: { min_length: 15, max_failures: 10, lock_seconds: 900 },
        access_token_seconds: 900,
        deletion_days: 7,
        session_days: 30,
        event_days: 180,
      })
      expect(limits['limits']).toContainEqual({
        counts: 'admin',
        per: 'address',
        window: 'hour',
        max: 100,
      })
      const { admins } = shaped('admins', await admin.get('admins')) as { admins: object[] }
      expect(admins).toMatchObject([{ id: admin.id, name: 'Viewer', role: 'viewer' }])
      shaped('adminConflicts', await admin.get('conflicts'))
      shaped('adminMerges', await admin.get('merges'))
      shaped('adminSession', await admin.get('session'))
    })

    it('shows what doctor says, looked at once a minute, in the reader’s language', async () => {
      expect(shaped('adminHealth', await admin.get('health'))).toEqual({ health: null })
      await accounts.close()
      let looks = 0
      const says = { 'zh-CN': '正常', en: 'Fine' }
      const checks = [{ check: 'node', status: 'ok' as const, says }]
      accounts = await openAccounts({
        storeKind,
        console: {
          examine: () => {
            looks += 1
            return looks === 3
              ? Promise.reject(new Error('WeChat is away'))
              : Promise.resolve({ checks, apps: [{ app_id: openAppId, checks }] })
          },
        },
      })
      admin = await setUp(accounts, 'viewer', 'Viewer')
      const [one] = await Promise.all([admin.get('health'), admin.get('health')])
      expect(one && shaped('adminHealth', one)).toMatchObject({
        health: {
          checks: [{ check: 'node', says: 'Fine', fix: null, errcode: null }],
          apps: [{ app_id: openAppId }],
        },
      })
      expect(looks).toBe(1)
      accounts.clock.advance(60_000)
      const chinese = await admin.browser.ask('GET', '/v1/admin/health', { language: 'zh-CN' })
      expect(chinese.text).toContain('正常')
      accounts.clock.advance(60_000)
      expect((await admin.get('health')).status).toBe(500)
      expect((await admin.get('health')).status).toBe(200)
    })

    it('[WB-3] [CR-1] holds no secret, token, key or hash, nor another’s openid', async () => {
      const owner = await setUp(accounts, 'owner', 'Owner')
      signedIn(await accounts.byWechat(wangFang))
      const knows = await accounts.wechatKnows(liHua)
      const canaries: Canary[] = [
        { what: 'KAIMEN_SECRET', value: testSecret },
        { what: 'password', value: password },
        { what: 'password of administrators', value: adminPassword },
        { what: 'phone', value: liHuasPhone.slice(3) },
        { what: 'session_key', value: knows.session_key },
        { what: 'openid of another', value: (await accounts.wechatKnows(wangFang)).openid },
        { what: 'access token', value: me.access_token },
        { what: 'refresh token', value: me.refresh_token },
        { what: 'argon2', value: '$argon2' },
        { what: 'private key', value: '"d":' },
        { what: 'cookie', value: owner.browser.cookies.get('kaimen-admin') ?? '' },
        ...owner.recoveryCodes.map((value) => ({ what: 'recovery code', value })),
        ...seedWorld.apps.map(({ secret }) => ({ what: 'AppSecret', value: secret })),
      ]
      const replies: string[] = []
      for (const [name, { method, path }] of Object.entries(adminRoutes)) {
        if (method !== 'GET') continue
        const { text } = await owner.browser.ask('GET', path.replace('{id}', me.user.id))
        expect([name, findCanaries(canaries, text)]).toEqual([name, []])
        replies.push(text)
      }
      for (const json of [{}, { phone: liHuasPhone }, { openid: knows.openid }]) {
        const { text } = await owner.post('users/search', json)
        expect(text).toContain(me.user.id)
        expect(findCanaries(canaries, text)).toEqual([])
        expect(text).not.toContain(knows.openid)
      }
      const exported = await owner.post('events/export')
      expect(findCanaries(canaries, exported.text)).toEqual([])
      expect(replies.join('')).toContain(knows.openid)
      expect(findCanaries(canaries, JSON.stringify(accounts.reports))).toEqual([])
    })
  },
)
