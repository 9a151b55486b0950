import { DatabaseSync } from 'node:sqlite'
import type { AuthEvent } from '@kaimen/server'
import { listen } from '@kaimen/server/node'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  dayMs,
  liHua,
  liHuasPhone,
  openAccounts,
  openAppId,
  outcome,
  password,
  phoneAppId,
  signedIn,
  wangFang,
  wangFangsPhone,
  type Accounts,
  type SignedInBody,
} from './support/accounts.ts'
import { adminPassword, setUp, signIn as signInAsAdmin } from './support/administrators.ts'
import { everyPrint, findCanaries, type Canary } from './support/canary.ts'
import { makePng } from './support/pictures.ts'
import { testSecret, type StoreKind } from './support/world.ts'

/** One too few or too many does not compile. */
const everyKind: Record<AuthEvent['kind'], true> = {
  signed_in: true,
  sign_in_failed: true,
  session_ended: true,
  other_sessions_ended: true,
  otp_sent: true,
  phone_changed: true,
  password_changed: true,
  profile_changed: true,
  identity_linked: true,
  identity_unlinked: true,
  user_status_changed: true,
  user_deleted: true,
  user_restored: true,
  user_erased: true,
  data_withdrawn: true,
  data_exported: true,
  conflict_found: true,
  conflict_dismissed: true,
  users_merged: true,
  merge_undone: true,
  signing_key_rotated: true,
  signing_key_retired: true,
  signing_keys_revoked: true,
  all_sessions_ended: true,
  credential_created: true,
  credential_rotated: true,
  credential_ended: true,
  phone_revealed: true,
  admin_invited: true,
  admin_set_up: true,
  admin_signed_in: true,
  admin_sign_in_failed: true,
  admin_signed_out: true,
  admin_role_changed: true,
  admin_ended: true,
  events_exported: true,
}

const otherApp = { app_id: 'wx00000000000000aa', secret: '0123456789abcdef0123456789abcdef' }
const otherPassword = 'walnut ferry cathedral'
const pushToken = 'Token0OfTheConsole'

describe.each<StoreKind>(['memory', 'sqlite'])('the audit log, on %s', (storeKind) => {
  let accounts: Accounts
  beforeEach(async () => {
    accounts = await openAccounts({
      storeKind,
      apps: (seeded) => [
        ...seeded.map((app) => ({ ...app, push: { token: pushToken } })),
        { ...otherApp, open_platform: 'open-platform-1' },
      ],
    })
    await accounts.control('POST', '/emulator/apps', {
      kind: 'mini_program',
      appid: otherApp.app_id,
      secret: otherApp.secret,
      open_platform: 'open-platform-1',
    })
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await accounts.close()
  })

  /** Everything that anybody can do, once at least. @returns What must be in no event. */
  async function doEverything(): Promise<Canary[]> {
    const canaries: Canary[] = [
      { what: 'KAIMEN_SECRET', value: testSecret },
      { what: 'password', value: password },
      { what: 'other password', value: otherPassword },
      { what: 'phone', value: liHuasPhone },
      { what: 'national phone', value: liHuasPhone.slice(3) },
      { what: 'other phone', value: wangFangsPhone.slice(3) },
      { what: 'nickname', value: '李华华' },
    ]
    const keep = (what: string, who: SignedInBody) => {
      const { access_token, refresh_token } = who
      canaries.push({ what: `access token ${what}`, value: access_token })
      canaries.push({ what: `refresh token ${what}`, value: refresh_token })
      return who
    }
    const bind = (open_platform: string | null) =>
      accounts.control('PATCH', `/emulator/apps/${openAppId}`, { open_platform })
    const { users, conflicts } = accounts.auth

    // Two users of one person, who are told of, left apart, made one and two again.
    await bind(null)
    const here = keep('here', signedIn(await accounts.byWechat(liHua)))
    const there = keep('there', await accounts.signIn({ app_id: otherApp.app_id }))
    await bind('open-platform-1')
    keep('again', signedIn(await accounts.byWechat(liHua)))
    const [conflict] = await conflicts.list()
    await conflicts.dismiss(conflict?.id ?? '')
    const merged = await users.merge({ from: there.user.id, into: here.user.id })
    if (merged.outcome !== 'merged') throw new Error(merged.outcome)
    await users.undoMerge(merged.merge_id)

    // Their account, and all that they do with it.
    const me = keep('me', signedIn(await accounts.byWechat(liHua)))
    const token = me.access_token
    const code = await accounts.wxLogin(liHua, phoneAppId)
    canaries.push({ what: 'login code', value: code })
    await accounts.post('/v1/me/identities', { app_id: phoneAppId, code }, token)
    await accounts.remove(`/v1/me/identities/${phoneAppId}`, token)
    expect((await accounts.setPhone(me, liHuasPhone)).status).toBe(200)
    expect((await accounts.setPassword(me)).status).toBe(200)
    const change = { password: otherPassword, current_password: password }
    expect((await accounts.put('/v1/me/password', change, token)).status).toBe(200)
    await accounts.send('PATCH', '/v1/me', { json: { nickname: '李华华' }, token })
    await accounts.send('PUT', '/v1/me/avatar', {
      body: makePng(4, 4),
      headers: { 'content-type': 'image/png' },
      token,
    })
    const tablet = keep('tablet', signedIn(await accounts.byPassword(liHuasPhone, otherPassword)))
    await accounts.remove(`/v1/me/sessions/${tablet.session_id}`, token)
    keep('third', signedIn(await accounts.byWechat(liHua)))
    await accounts.remove('/v1/me/sessions?others=true', token)
    expect((await accounts.get('/v1/me/export', token)).status).toBe(200)

    // A back end looks at them.
    const { credentials, sessions } = accounts.auth
    const scopes = ['users', 'users:phone'] as const
    const made = await credentials.create({ name: 'shop', scopes })
    const secret = made.secret.reveal()
    canaries.push({ what: 'secret of a service', value: secret })
    expect((await accounts.get(`/v1/users/${me.user.id}`, secret)).status).toBe(200)
    const rotated = await credentials.rotate(made.id)
    if (rotated === 'not_found') throw new Error(rotated)
    canaries.push({ what: 'next secret', value: rotated.secret.reveal() })
    await credentials.end(made.id)

    // Administrators look at them, and at each other.
    const owner = await setUp(accounts, 'owner', 'Owner')
    const other = await setUp(accounts, 'viewer', 'Other')
    canaries.push({ what: 'password of administrators', value: adminPassword })
    for (const { totp, recoveryCodes, browser } of [owner, other]) {
      canaries.push({ what: 'authenticator', value: Buffer.from(totp).toString('latin1') })
      canaries.push({ what: 'cookie', value: browser.cookies.get('kaimen-admin') ?? '' })
      for (const value of recoveryCodes) canaries.push({ what: 'recovery code', value })
    }
    await owner.post(`users/${me.user.id}/reveal-phone`)
    await owner.post('events/export')
    await owner.ask('PATCH', `admins/${other.id}`, { role: 'operator' })
    await owner.ask('DELETE', `admins/${other.id}`)
    await owner.post('sign-out')
    const left = owner.recoveryCodes[0] ?? ''
    expect((await signInAsAdmin(owner.browser, 'Owner', left)).status).toBe(200)
    expect((await signInAsAdmin(owner.browser, 'Owner', left)).status).toBe(401)

    // What is refused.
    expect((await accounts.byPassword(liHuasPhone, 'not the password')).status).toBe(401)
    const wrong = await accounts.otpFor(liHuasPhone)
    canaries.push({ what: 'SMS code', value: wrong })
    await accounts.post('/v1/sign-in/otp', {
      app_id: openAppId,
      phone: liHuasPhone,
      otp: wrong === '000000' ? '111111' : '000000',
    })
    await accounts.byWechat(liHua, { app_id: openAppId })
    const ticket = await accounts.ticketOf(wangFang)
    canaries.push({ what: 'ticket', value: ticket })
    const stolen = await accounts.phoneButton(liHua)
    canaries.push({ what: 'phone code', value: stolen.code })
    await accounts.post('/v1/sign-in/phone', { ticket, phone_code: stolen.code })

    // An operator, WeChat, and the end.
    await sessions.endAll({ app_id: phoneAppId })
    await users.disable(me.user.id)
    await users.enable(me.user.id)
    await users.delete(me.user.id)
    const back = keep('back', signedIn(await accounts.byWechat(liHua, { restore: true })))
    await pushFromWechat()
    await accounts.remove('/v1/me', back.access_token)
    accounts.clock.advance(7 * dayMs)
    await accounts.auth.tidy()

    // The keys, until nothing that was signed before is of use.
    expect(await accounts.auth.keys.rotate()).toMatchObject({ outcome: 'rotated' })
    accounts.clock.advance(dayMs)
    await accounts.auth.tidy()
    await accounts.auth.keys.revoke()

    for (const person of [liHua, wangFang]) {
      for (const app_id of [openAppId, phoneAppId]) {
        const knows = await accounts.wechatKnows(person, app_id)
        for (const [what, value] of Object.entries(knows)) {
          if (typeof value === 'string') canaries.push({ what: `${what} of ${person}`, value })
        }
      }
    }
    return canaries
  }

  async function pushFromWechat() {
    const server = await listen(accounts.auth, { port: 0 })
    onTestFinished(() => server.close())
    const url = `${server.url}/v1/wechat/push/${openAppId}`
    const push = { url, token: pushToken, mode: 'plain', format: 'json' }
    await accounts.control('PATCH', `/emulator/apps/${openAppId}`, { push })
    const told = { appid: openAppId, person: liHua, event: 'user_info_modified' }
    await accounts.control('POST', '/emulator/push', told)
  }

  const all = async () => {
    const events = []
    for (let after: string | undefined; ; after = events.at(-1)?.id) {
      const page = await accounts.auth.events.list({ limit: 7, ...(after && { after }) })
      events.push(...page)
      if (page.length < 7) return events
    }
  }

  it('[LG-1] has every kind of event, as `on` is told of it, and in its order', async () => {
    await doEverything()
    const listed = await all()
    expect(new Set(listed.map(({ kind }) => kind))).toEqual(new Set(Object.keys(everyKind)))
    const asTold = listed.map(({ kind, user_id, session_id, app_id, detail }) => ({
      kind,
      ...(user_id !== null && { user_id }),
      ...(session_id !== null && { session_id }),
      ...(app_id !== null && { app_id }),
      ...detail,
    }))
    expect(accounts.events).toEqual(asTold)
    expect(await accounts.auth.events.list({ limit: 1000 })).toEqual(listed)
    const times = listed.map(({ at }) => at.getTime())
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })

  it('[LG-1] [WX-1] no event holds an openid, token, code, password, session_key or whole phone', async () => {
    const canaries = await doEverything()
    expect(canaries.length).toBeGreaterThan(25)
    expect(findCanaries(canaries, everyPrint(accounts.events))).toEqual([])
    expect(findCanaries(canaries, everyPrint(await all()))).toEqual([])
    const phones = accounts.events.flatMap((event) => ('phone' in event ? [event.phone] : []))
    expect(new Set(phones)).toEqual(new Set(['+86 138****8001']))
  })

  it('is of one user where one is asked for, part by part', async () => {
    const me = signedIn(await accounts.byWechat(liHua))
    const other = signedIn(await accounts.byWechat(wangFang))
    for (let i = 0; i < 3; i++) signedIn(await accounts.byWechat(liHua))
    const { list } = accounts.auth.events
    const mine = await list({ user_id: me.user.id })
    expect(mine.map(({ user_id }) => user_id)).toEqual(mine.map(() => me.user.id))
    expect(mine).toHaveLength(4)
    expect(await list({ user_id: other.user.id })).toHaveLength(1)
    expect(await list({ user_id: me.user.id, limit: 3 })).toEqual(mine.slice(0, 3))
    const after = mine[2]?.id ?? ''
    expect(await list({ user_id: me.user.id, after })).toEqual(mine.slice(3))
    for (const nobody of ['usr_00000000000', 'nonsense', me.session_id]) {
      expect(await list({ user_id: nobody })).toEqual([])
    }
    expect(await list({ limit: 0 })).toHaveLength(1)
    expect(await list({ limit: 99_999 })).toHaveLength(5)
  })

  it('has a refused sign-in with what refused it, and WeChat’s errcode', async () => {
    const me = signedIn(await accounts.byWechat(liHua))
    await accounts.auth.users.disable(me.user.id)
    await accounts.byWechat(liHua)
    const code = await accounts.wxLogin(liHua, phoneAppId)
    await accounts.post('/v1/sign-in/wechat', { app_id: openAppId, code })
    const by = 'wechat'
    expect((await accounts.auth.events.list()).slice(-2)).toMatchObject([
      { kind: 'sign_in_failed', user_id: me.user.id, detail: { by, code: 'user_disabled' } },
      {
        kind: 'sign_in_failed',
        user_id: null,
        detail: { by, code: 'code_invalid', errcode: 40029 },
      },
    ])
  })

  it('has a ticket that is nobody’s, though no app is known with it', async () => {
    const ticket = `kmt_${'x'.repeat(43)}`
    await accounts.post('/v1/sign-in/otp', { phone: liHuasPhone, otp: '000000', ticket })
    await accounts.post('/v1/sign-in/phone', { phone_code: 'x', ticket })
    await accounts.post('/v1/sign-in/password', { phone: liHuasPhone, password, ticket })
    const failed = (by: string) => ({
      kind: 'sign_in_failed',
      app_id: null,
      detail: { by, code: 'ticket_invalid' },
    })
    expect(await accounts.auth.events.list()).toMatchObject(
      ['otp', 'phone_button', 'password'].map(failed),
    )
  })

  it('a refused sign-in is refused for its own reason where the log cannot be written', async () => {
    const me = signedIn(await accounts.byWechat(liHua))
    await accounts.auth.users.disable(me.user.id)
    vi.spyOn(accounts.store, 'addEvent').mockRejectedValueOnce(new Error('disk full'))
    expect(outcome(await accounts.byWechat(liHua))).toEqual([403, 'user_disabled'])
    expect(String(accounts.reports.at(-1)?.[0])).toContain('not written down')
  })

  it('[LG-1] what is refused or fails leaves no event of having been done', async () => {
    const me = signedIn(await accounts.byWechat(liHua))
    const other = signedIn(await accounts.byWechat(wangFang))
    await accounts.setPhone(other, liHuasPhone)
    const before = accounts.events.length
    const none = 'usr_00000000000'
    expect(outcome(await accounts.setPhone(me, liHuasPhone))).toEqual([409, 'phone_taken'])
    await accounts.remove(`/v1/me/identities/${openAppId}`, me.access_token)
    await accounts.send('PATCH', '/v1/me', { json: { nickname: '' }, token: me.access_token })
    await accounts.remove('/v1/me/sessions/ses_00000000000', me.access_token)
    await accounts.remove('/v1/me/sessions?others=true', me.access_token)
    await accounts.auth.users.disable(none)
    await accounts.auth.users.delete(none)
    await accounts.auth.users.restore(me.user.id)
    await accounts.auth.users.merge({ from: me.user.id, into: other.user.id })
    await accounts.auth.users.undoMerge('mrg_00000000000')
    await accounts.auth.conflicts.dismiss('cnf_00000000000')
    await accounts.auth.tidy()
    expect(accounts.events.slice(before).map(({ kind }) => kind)).toEqual(['otp_sent'])
    expect(await accounts.auth.events.list()).toHaveLength(accounts.events.length)
  })
})

describe('on a SQLite file that takes no event', () => {
  let accounts: Accounts
  let database: DatabaseSync
  let me: SignedInBody
  beforeEach(async () => {
    accounts = await openAccounts({ storeKind: 'sqlite' })
    me = await accounts.openWholeAccount()
    database = new DatabaseSync(accounts.path ?? '')
  })
  afterEach(async () => {
    database.close()
    await accounts.close()
  })

  it('[LG-1] no act is done: event and act are one transaction', async () => {
    signedIn(await accounts.byWechat(liHua))
    const otp = await accounts.otpFor('+8613900139000', me.access_token)
    const link = async () => ({ app_id: openAppId, code: await accounts.wxLogin(wangFang) })
    database.exec(
      `create trigger no_event before insert on events begin select raise(abort, 'full'); end`,
    )
    const told = accounts.events.length
    const token = me.access_token
    const replies = [
      await accounts.byWechat(wangFang),
      await accounts.byWechat(liHua),
      await accounts.put('/v1/me/phone', { phone: '+8613900139000', otp }, token),
      await accounts.put(
        '/v1/me/password',
        { password: otherPassword, current_password: password },
        token,
      ),
      await accounts.send('PATCH', '/v1/me', { json: { nickname: '华' }, token }),
      await accounts.post('/v1/me/identities', await link(), token),
      await accounts.remove(`/v1/me/identities/${phoneAppId}`, token),
      await accounts.remove(`/v1/me/sessions/${me.session_id}`, token),
      await accounts.remove('/v1/me/sessions?others=true', token),
      await accounts.remove('/v1/me', token),
    ]
    const done = replies.filter(({ status }) => status < 400)
    expect(done).toEqual([])
    const { users } = accounts.auth
    for (const act of [users.disable, users.delete]) {
      await expect(act(me.user.id)).rejects.toThrow('full')
    }
    database.exec('drop trigger no_event')

    expect(accounts.events).toHaveLength(told)
    const { status, body } = await accounts.get('/v1/me', token)
    expect([status, body]).toMatchObject([200, { nickname: null, phone: '+86 138****8001' }])
    const identities = await accounts.get('/v1/me/identities', token)
    expect(identities.body['identities']).toHaveLength(2)
    const sessions = await accounts.get('/v1/me/sessions', token)
    expect(sessions.body['sessions']).toHaveLength(2)
    expect(signedIn(await accounts.byPassword(liHuasPhone)).user.id).toBe(me.user.id)
    expect(signedIn(await accounts.byWechat(wangFang)).is_new_user).toBe(true)
  })
})
