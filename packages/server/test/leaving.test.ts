import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseId } from '../src/id.ts'
import { readKeyRing } from '../src/key-ring.ts'
import { parsePhone } from '../src/phone-number.ts'
import { phoneIndexes } from '../src/user/phone.ts'
import {
  cloudEnv,
  dayMs,
  liHua,
  liHuasPhone,
  minuteMs,
  openAccounts,
  openAppId,
  outcome,
  password,
  phoneAppId,
  signedIn,
  wangFang,
  wangFangsPhone,
  waysIn,
  type Accounts,
  type SignedInBody,
} from './support/accounts.ts'
import { findCanaries, type Canary } from './support/canary.ts'
import { makePng } from './support/pictures.ts'
import { testSecret, type StoreKind } from './support/world.ts'

const stores = ['memory', 'sqlite'] as const satisfies readonly StoreKind[]

let accounts: Accounts
let me: SignedInBody
afterEach(() => accounts.close())

const leave = (who = me) => accounts.remove('/v1/me', who.access_token)

describe.each(stores)('deleting the account, on %s', (storeKind) => {
  beforeEach(async () => {
    accounts = await openAccounts({ storeKind, cloud: { env: cloudEnv } })
    me = await accounts.openWholeAccount()
  })

  it('[PI-2] says when everything is gone: after seven days', async () => {
    const { status, body, headers } = await leave()
    const gone_at = new Date(accounts.clock.now() + 7 * dayMs).toISOString()
    expect([status, body]).toEqual([200, { gone_at }])
    expect(headers.get('cache-control')).toBe('no-store')
    expect(accounts.events.at(-1)).toEqual({
      kind: 'user_deleted',
      user_id: me.user.id,
      by: 'user',
      gone_at,
    })
  })

  it('[AU-8] needs a sign-in of the last ten minutes, and a refresh is none', async () => {
    accounts.clock.advance(10 * minuteMs)
    const { body } = await accounts.refresh(me)
    const refreshed = { ...me, ...body }
    expect(outcome(await leave(refreshed))).toEqual([403, 'reauth_required'])
    expect((await accounts.get('/v1/me', refreshed.access_token)).status).toBe(200)
    expect((await leave(signedIn(await accounts.byWechat(liHua)))).status).toBe(200)
  })

  it('ends every session at once, and a second wish finds nobody', async () => {
    const tablet = signedIn(await accounts.byWechat(liHua))
    const stranger = signedIn(await accounts.byWechat(wangFang))
    await leave()
    for (const who of [me, tablet]) {
      expect(outcome(await accounts.get('/v1/me', who.access_token))).toEqual([
        401,
        'session_ended',
      ])
      expect(outcome(await accounts.refresh(who))).toEqual([401, 'session_ended'])
      expect(outcome(await leave(who))).toEqual([401, 'session_ended'])
    }
    expect((await accounts.get('/v1/me', stranger.access_token)).status).toBe(200)
    expect((await accounts.refresh(stranger)).status).toBe(200)
  })

  it.each(waysIn)('[WX-11] a deleted user is refused by $way (R1)', async ({ enter }) => {
    await leave()
    const told = accounts.events.length
    expect(outcome(await enter(accounts))).toEqual([403, 'user_deleted'])
    expect(accounts.events.slice(told).filter(({ kind }) => kind !== 'otp_sent')).toMatchObject([
      { kind: 'sign_in_failed', user_id: me.user.id, code: 'user_deleted' },
    ])
  })

  it.each(waysIn)('restore: true by $way takes the same account back', async ({ enter }) => {
    await leave()
    const back = signedIn(await enter(accounts, { restore: true }))
    expect([back.user.id, back.is_new_user]).toEqual([me.user.id, false])
    const mine = await accounts.get('/v1/me', back.access_token)
    expect(mine.body).toMatchObject({ id: me.user.id, phone: '+86 138****8001' })
    expect(accounts.events.slice(-2)).toMatchObject([
      { kind: 'user_restored', user_id: me.user.id, by: 'user' },
      { kind: 'signed_in', user_id: me.user.id, decision: 'exists' },
    ])
    // What was signed in before stays signed out, and nothing is deleted any more.
    expect(outcome(await accounts.get('/v1/me', me.access_token))).toEqual([401, 'session_ended'])
    accounts.clock.advance(8 * dayMs)
    await accounts.auth.tidy()
    expect(signedIn(await accounts.byWechat(liHua)).user.id).toBe(me.user.id)
  })

  it('[WX-11] a ticket does not get past a deletion, and is good for taking it back', async () => {
    const other = signedIn(await accounts.byWechat(wangFang))
    await accounts.setPhone(other, wangFangsPhone)
    await leave(other)
    const ticket = await accounts.ticketOf(wangFang)
    expect(outcome(await accounts.byButton(wangFang, { ticket }))).toEqual([403, 'user_deleted'])
    const back = signedIn(await accounts.byButton(wangFang, { ticket, restore: true }))
    expect(back.user.id).toBe(other.user.id)
  })

  it('restore: true is no way past an operator who disabled the account', async () => {
    await accounts.auth.users.disable(me.user.id)
    for (const { enter } of waysIn) {
      expect(outcome(await enter(accounts, { restore: true }))).toEqual([403, 'user_disabled'])
    }
  })

  it('[WX-11] restore: true is no way past one who disabled the account and then deleted it', async () => {
    const { users } = accounts.auth
    await users.disable(me.user.id)
    expect(await users.delete(me.user.id)).toBe('deleted')
    for (const { way, enter } of waysIn) {
      const reply = await enter(accounts, { restore: true })
      expect([way, reply.status]).toEqual([way, 403])
    }
    // The operator takes it back as it was: disabled.
    expect(await users.restore(me.user.id)).toBe('restored')
    expect(outcome(await accounts.byWechat(liHua))).toEqual([403, 'user_disabled'])
    await users.enable(me.user.id)
    expect(signedIn(await accounts.byWechat(liHua)).user.id).toBe(me.user.id)
  })

  it('restore: true comes too late once the time is up, also before it is tidied', async () => {
    await leave()
    accounts.clock.advance(7 * dayMs)
    const late = await accounts.byWechat(liHua, { restore: true })
    expect(outcome(late)).toEqual([403, 'user_deleted'])
    await accounts.auth.tidy()
    const anew = signedIn(await accounts.byWechat(liHua, { restore: true }))
    expect(anew.is_new_user).toBe(true)
    expect(anew.user.id).not.toBe(me.user.id)
  })

  it('nobody else is touched, before and after', async () => {
    const stranger = signedIn(await accounts.byWechat(wangFang))
    await accounts.setPhone(stranger, wangFangsPhone)
    await leave()
    accounts.clock.advance(7 * dayMs)
    await accounts.auth.tidy()
    const { user } = signedIn(await accounts.byOtp(wangFangsPhone))
    expect(user).toEqual({ ...stranger.user, phone: '+86 138****8002' })
    expect((await accounts.refresh(stranger)).status).toBe(200)
  })

  it('an operator deletes and takes it back; the log says who', async () => {
    expect(await accounts.auth.users.delete(me.user.id)).toBe('deleted')
    expect(await accounts.auth.users.delete(me.user.id)).toBe('not_found')
    expect(outcome(await accounts.byWechat(liHua))).toEqual([403, 'user_deleted'])
    expect(outcome(await accounts.get('/v1/me', me.access_token))).toEqual([401, 'session_ended'])
    expect(await accounts.auth.users.enable(me.user.id)).toBe('not_found')
    expect(await accounts.auth.users.restore(me.user.id)).toBe('restored')
    expect(await accounts.auth.users.restore(me.user.id)).toBe('not_found')
    expect(signedIn(await accounts.byWechat(liHua)).user.id).toBe(me.user.id)
    for (const id of ['usr_00000000000', 'nonsense', me.session_id]) {
      expect(await accounts.auth.users.delete(id)).toBe('not_found')
      expect(await accounts.auth.users.restore(id)).toBe('not_found')
    }
    const acts = accounts.events.filter(({ kind }) => /^user_(deleted|restored)$/.test(kind))
    expect(acts).toMatchObject([{ by: 'operator' }, { by: 'operator' }])
  })

  it('is taken back until the very end, and not a millisecond later', async () => {
    await leave()
    accounts.clock.advance(7 * dayMs - 1)
    await accounts.auth.tidy()
    expect(await accounts.auth.users.restore(me.user.id)).toBe('restored')
    await accounts.auth.users.delete(me.user.id)
    accounts.clock.advance(7 * dayMs)
    expect(await accounts.auth.users.restore(me.user.id)).toBe('not_found')
  })

  it('[PI-2] after it nothing leads to the person: WeChat, phone and password find a stranger', async () => {
    await leave()
    accounts.clock.advance(7 * dayMs)
    await accounts.auth.tidy()
    expect(accounts.events.at(-1)).toEqual({ kind: 'user_erased', user_id: me.user.id })
    expect(outcome(await accounts.byPassword(liHuasPhone))).toEqual([401, 'password_wrong'])
    expect(outcome(await accounts.get('/v1/me', me.access_token))[0]).toBe(401)
    expect(outcome(await accounts.refresh(me))[0]).toBe(401)
    // The app that wants a phone has never seen them.
    const ticket = await accounts.ticketOf(liHua)
    const anew = signedIn(await accounts.byButton(liHua, { ticket }))
    expect(anew).toMatchObject({ is_new_user: true, user: { nickname: null, avatar_url: null } })
    expect(anew.user.id).not.toBe(me.user.id)
    expect(signedIn(await accounts.byWechat(liHua)).is_new_user).toBe(true)
  })
})

describe.each(stores)('the export, on %s', (storeKind) => {
  beforeEach(async () => {
    accounts = await openAccounts({ storeKind })
    me = await accounts.openWholeAccount()
  })

  const exportOf = (who = me) => accounts.get('/v1/me/export', who.access_token)

  it('[AU-8] needs a sign-in of the last ten minutes', async () => {
    accounts.clock.advance(10 * minuteMs)
    const { body } = await accounts.refresh(me)
    const refreshed = { ...me, ...body }
    expect(outcome(await exportOf(refreshed))).toEqual([403, 'reauth_required'])
  })

  it('[PI-2] has everything that is held, in the person’s own words', async () => {
    const { openid, unionid } = await accounts.wechatKnows(liHua)
    await accounts.send('PATCH', '/v1/me', { json: { nickname: '华' }, token: me.access_token })
    const { status, body } = await exportOf()
    expect(status).toBe(200)
    expect(body).toMatchObject({
      user: {
        id: me.user.id,
        nickname: '华',
        phone: liHuasPhone,
        phone_verified: true,
        has_password: true,
      },
      identities: [{ app_id: openAppId, openid }, { app_id: phoneAppId }],
      unionids: [{ open_platform: 'open-platform-1', unionid }],
      preferences: null,
    })
    expect(body['sessions']).toHaveLength(2)
    const events = (await accounts.auth.events.list({ user_id: me.user.id })).slice(0, -1)
    expect(body['events']).toMatchObject(events.map(({ kind, detail }) => ({ kind, detail })))
    expect(accounts.events.at(-1)).toEqual({ kind: 'data_exported', user_id: me.user.id })
  })

  it('[PI-2] [WX-1] has nothing that lets somebody in', async () => {
    const { session_key } = await accounts.wechatKnows(liHua)
    signedIn(await accounts.byWechat(liHua))
    const hash = await accounts.store.findPassword(parseId('usr', me.user.id) ?? 0)
    expect(hash).toMatch(/^\$argon2/)
    const { text } = await exportOf()
    const secrets = { session_key, hash: hash ?? '', password, refresh_token: me.refresh_token }
    const canaries = Object.entries(secrets).map(([what, value]) => ({ what, value }))
    expect(findCanaries(canaries, text)).toEqual([])
    expect(text).not.toMatch(/argon2|session_key/)
  })

  it('goes on over a thousand events', async () => {
    for (let i = 0; i < 1005; i++) {
      await accounts.store.addEvent({
        id: accounts.store.newId(),
        at: accounts.clock.now(),
        kind: 'data_exported',
        user_id: parseId('usr', me.user.id) ?? 0,
        session_id: null,
        app_id: null,
        detail: null,
      })
    }
    const { body } = await exportOf()
    const kinds = (body['events'] as { kind: string }[]).map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'data_exported')).toHaveLength(1005)
  })

  it('is of one person only', async () => {
    const { body } = await exportOf(signedIn(await accounts.byWechat(wangFang)))
    expect(body).toMatchObject({ user: { phone: null, phone_verified: false } })
    expect(JSON.stringify(body)).not.toContain(me.user.id)
  })
})

/** Columns that no export has, each for its reason; `*` stands for the whole table. */
const unexported: Readonly<Record<string, string>> = {
  'users.status': 'whoever can ask is active',
  'users.gone_at': 'whoever can ask is not leaving',
  'users.status_before': 'whoever can ask is not leaving',
  'users.password': 'lets somebody in; the export says that there is one',
  'users.phone': 'the sealed form of user.phone',
  'users.phone_index': 'a blind index of user.phone',
  'users.unverified_phone': 'the sealed form of user.phone',
  'users.unverified_phone_index': 'a blind index of user.phone',
  'identities.session_key': 'WeChat forbids giving it to the client',
  'identities.session_key_at': 'says when the session_key came',
  'sessions.generation': 'part of the refresh token',
  'sessions.idle_expires_at': 'a limit of the service, not of the person',
  'sessions.expires_at': 'a limit of the service, not of the person',
  'events.id': 'orders the log',
  'preferences.version': 'the ETag',
  'preferences.updated_at': 'orders the versions',
  'phone_indexes.*': 'blind indexes of user.phone',
  'unverified_phone_indexes.*': 'blind indexes of user.phone',
  'conflicts.*': 'is about somebody else as well; conflict_found is among the events',
  'merges.*': 'is about somebody else as well; users_merged is among the events',
}

/** Tables in which no row is of a user. */
const ofNobody = [
  // Who works at the console is a user of nothing else.
  'admins',
  'admin_invites',
  'admin_recovery_codes',
  'admin_sessions',
  'cursors',
  'cutoffs',
  'ephemeral',
  'loose_blobs',
  'service_credentials',
  'signing_keys',
]

describe('the tables of SQLite', () => {
  let database: DatabaseSync
  beforeEach(async () => {
    accounts = await openAccounts({
      storeKind: 'sqlite',
      password: { registration: 'unverified' },
    })
    me = await accounts.openWholeAccount()
    database = new DatabaseSync(accounts.path ?? '', { readOnly: true })
  })
  afterEach(() => database.close())

  const tables = () =>
    database
      .prepare(`select name from sqlite_schema where type = 'table' and name not like '%kysely%'`)
      .all()
      .map(({ name }) => String(name))
      .filter((name) => !name.startsWith('sqlite_'))

  const rowsOf = (table: string) => database.prepare(`select * from "${table}"`).all()

  async function fillAccount() {
    const send = { token: me.access_token }
    await accounts.send('PATCH', '/v1/me', { ...send, json: { nickname: '华华' } })
    await accounts.send('PUT', '/v1/me/avatar', {
      ...send,
      body: makePng(4, 4),
      headers: { 'content-type': 'image/png' },
    })
    await accounts.send('PUT', '/v1/me/preferences', {
      ...send,
      json: { theme: 'dark' },
      headers: { 'if-match': '"0"' },
    })
    const device = { model: 'P60' }
    const code = await accounts.wxLogin()
    const other = signedIn(
      await accounts.post('/v1/sign-in/wechat', { app_id: openAppId, code, device }),
    )
    await accounts.remove('/v1/me/sessions?others=true', me.access_token)
    expect((await accounts.get('/v1/me', other.access_token)).status).toBe(401)
  }

  it('[PI-2] every column that is of a user is in the export, or an exception with a reason', async () => {
    await fillAccount()
    const id = parseId('usr', me.user.id) ?? 0
    const held = new Map(tables().map((table) => [table, rowsOf(table)]))
    const { text, body } = await accounts.get('/v1/me/export', me.access_token)
    const avatar = rowsOf('users').map((row) => String(row['avatar']))
    expect(body['user']).toMatchObject({ avatar_url: expect.stringContaining(avatar[0] ?? '-') })
    const isShown = (value: unknown) => {
      if (value instanceof Uint8Array) return false
      if (typeof value !== 'number') return text.includes(toJsonText(String(value)))
      const forms = [
        value === id ? me.user.id : '-',
        `ses_${value.toString(32).padStart(11, '0')}`,
        Number.isSafeInteger(value) && value < 8.64e15 ? new Date(value).toISOString() : '-',
      ]
      return forms.some((form) => text.includes(form))
    }
    const missing: string[] = []
    for (const [table, all] of held) {
      if (ofNobody.includes(table) || `${table}.*` in unexported) continue
      const rows = all.filter(({ user_id, id: own }) => (user_id ?? own) === id)
      expect([table, rows.length > 0]).toEqual([table, true])
      for (const column of Object.keys(rows[0] ?? {})) {
        if (`${table}.${column}` in unexported) continue
        const values = rows.map((row) => row[column]).filter((value) => value !== null)
        // A column that nobody fills would pass unseen.
        if (values.length === 0 || !values.every(isShown)) missing.push(`${table}.${column}`)
      }
    }
    expect(missing).toEqual([])
  })

  it('[PI-2] names no exception that is no column', () => {
    const columns = tables().flatMap((table) => [
      `${table}.*`,
      ...database
        .prepare(`select name from pragma_table_info(?)`)
        .all(table)
        .map(({ name }) => `${table}.${String(name)}`),
    ])
    expect(Object.keys(unexported).filter((name) => !columns.includes(name))).toEqual([])
    expect(ofNobody.filter((name) => !tables().includes(name))).toEqual([])
  })

  it('[PI-2] a dump after the deletion has no openid, unionid, phone, name, picture or session', async () => {
    await fillAccount()
    // Somebody with a unionid conflict and a merge behind them would leave traces as well.
    const claimed = '+8613700137000'
    signedIn(await accounts.byPassword(claimed))
    const here = await accounts.wechatKnows(liHua)
    const there = await accounts.wechatKnows(liHua, phoneAppId)
    const ring = readKeyRing(testSecret)
    const phone = parsePhone(liHuasPhone)
    if (typeof ring === 'string' || !phone) throw new Error('no key ring')
    const id = parseId('usr', me.user.id) ?? 0
    const sessions = rowsOf('sessions').filter((row) => row['user_id'] === id)
    const canaries: Canary[] = [
      { what: 'openid here', value: here.openid },
      { what: 'openid there', value: there.openid },
      { what: 'unionid', value: here.unionid ?? '-' },
      { what: 'nickname', value: '华华' },
      {
        what: 'avatar',
        value: String(rowsOf('users').find((row) => row['id'] === id)?.['avatar']),
      },
      { what: 'phone', value: liHuasPhone },
      { what: 'preferences', value: '"theme"' },
      { what: 'device', value: 'P60' },
      ...phoneIndexes(ring, phone).map((value) => ({ what: 'phone index', value })),
    ]
    const dump = () =>
      tables().map((table) => JSON.stringify([table, rowsOf(table)], (_, each: unknown) => each))
    const isMissed = (what: string) => what !== 'phone'
    expect(new Set(dump().flatMap((table) => findCanaries(canaries, table)))).toEqual(
      new Set(canaries.map(({ what }) => what).filter(isMissed)),
    )

    expect((await leave(signedIn(await accounts.byWechat(liHua)))).status).toBe(200)
    accounts.clock.advance(7 * dayMs)
    await accounts.auth.tidy()
    // What lives for minutes goes when the next of its kind comes.
    signedIn(await accounts.byWechat(wangFang))
    expect(dump().flatMap((table) => findCanaries(canaries, table))).toEqual([])
    for (const table of tables()) {
      if (table === 'events') continue
      expect(rowsOf(table).filter((row) => row['user_id'] === id || row['id'] === id)).toEqual([])
    }
    const left = rowsOf('sessions').map((row) => row['id'])
    expect(sessions.filter((row) => left.includes(row['id']))).toEqual([])
    // Nobody else lost anything.
    signedIn(await accounts.byPassword(claimed))
  })
})

/** As it stands inside a JSON text. */
function toJsonText(text: string): string {
  return text.startsWith('{') ? text : JSON.stringify(text).slice(1, -1)
}
