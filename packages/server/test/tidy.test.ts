import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryBlobs } from '../src/blobs/memory.ts'
import { parseId } from '../src/id.ts'
import type { BlobStore } from '../src/store/blob-store.ts'
import {
  dayMs,
  liHua,
  liHuasPhone,
  minuteMs,
  openAccounts,
  phoneAppId,
  signedIn,
  wangFang,
  type Accounts,
  type SignedInBody,
} from './support/accounts.ts'
import { makePng } from './support/pictures.ts'
import type { StoreKind, WorldOptions } from './support/world.ts'

const stores = ['memory', 'sqlite'] as const satisfies readonly StoreKind[]

/** It writes events of its own. */
const noRotation = { signingKeys: { rotateDays: 0 } }

describe.each(stores)('tidying, on %s', (storeKind) => {
  let accounts: Accounts
  let blobs: BlobStore
  let me: SignedInBody
  beforeEach(() => open())
  afterEach(async () => {
    vi.restoreAllMocks()
    await accounts.close()
  })

  async function open(options: WorldOptions = {}) {
    blobs = createMemoryBlobs()
    accounts = await openAccounts({ storeKind, blobs, ...noRotation, ...options })
    me = signedIn(await accounts.byWechat(liHua))
  }

  const tidyAfter = async (milliseconds: number) => {
    accounts.clock.advance(milliseconds)
    await accounts.auth.tidy()
  }

  const isKept = async ({ session_id }: SignedInBody) =>
    (await accounts.store.findSession(parseId('ses', session_id) ?? 0)) !== undefined

  const events = async () => (await accounts.auth.events.list({ limit: 1000 })).length

  const upload = (who = me) =>
    accounts.send('PUT', '/v1/me/avatar', {
      body: makePng(4, 4),
      headers: { 'content-type': 'image/png' },
      token: who.access_token,
    })

  describe('sessions', () => {
    it('[PI-4] that were ended are kept for 30 days, and then removed', async () => {
      const other = signedIn(await accounts.byWechat(liHua))
      await accounts.post('/v1/revoke', { token: other.refresh_token })
      await tidyAfter(30 * dayMs)
      expect(await isKept(other)).toBe(true)
      await tidyAfter(1)
      expect(await isKept(other)).toBe(false)
    })

    it('[PI-4] that ran out unused are kept for 30 days from then', async () => {
      await tidyAfter(60 * dayMs)
      expect(await isKept(me)).toBe(true)
      await tidyAfter(1)
      expect(await isKept(me)).toBe(false)
    })

    it('[PI-4] that are in use stay, until their absolute end and 30 days', async () => {
      let token = me
      for (let day = 0; day < 170; day += 20) {
        const { status, body } = await accounts.refresh(token)
        expect([day, status]).toEqual([day, 200])
        token = { ...token, ...body }
        await tidyAfter(20 * dayMs)
        expect(await isKept(me)).toBe(true)
      }
      await tidyAfter(30 * dayMs)
      expect(await isKept(me)).toBe(true)
      await tidyAfter(1)
      expect(await isKept(me)).toBe(false)
    })

    it('are removed by the thousand, and one that is good stands among them', async () => {
      const user_id = parseId('usr', me.user.id) ?? 0
      const now_ms = accounts.clock.now()
      for (let i = 0; i < 1200; i++) {
        const session = { id: accounts.store.newId(), device: null }
        const times = { idle_expires_at: now_ms + 1, expires_at: now_ms + 1 }
        await accounts.store.signIn({
          now_ms,
          app_id: phoneAppId,
          user_id,
          user: 'known',
          wechat: null,
          phone: null,
          session: { ...session, ...(i === 700 ? { ...times, expires_at: now_ms + 1 } : times) },
          events: [],
        })
      }
      accounts.clock.advance(29 * dayMs)
      const good = signedIn(await accounts.byWechat(liHua))
      await tidyAfter(2 * dayMs)
      const left = await accounts.store.listPastSessions(user_id)
      expect(left.map(({ id }) => id).sort((a, b) => a - b)).toEqual([
        parseId('ses', me.session_id),
        parseId('ses', good.session_id),
      ])
      expect((await accounts.refresh(good)).status).toBe(200)
    })
  })

  it('[PI-4] events are kept for 180 days, and then removed', async () => {
    await tidyAfter(minuteMs)
    signedIn(await accounts.byWechat(wangFang))
    expect(await events()).toBe(2)
    await tidyAfter(180 * dayMs - minuteMs)
    expect(await events()).toBe(2)
    await tidyAfter(1)
    expect(await events()).toBe(1)
    await tidyAfter(minuteMs)
    expect(await events()).toBe(0)
  })

  it('[PI-4] events are removed by the thousand', async () => {
    for (let i = 0; i < 1200; i++) {
      await accounts.store.addEvent({
        id: accounts.store.newId(),
        at: accounts.clock.now(),
        kind: 'data_exported',
        user_id: null,
        session_id: null,
        app_id: null,
        detail: null,
      })
    }
    await tidyAfter(180 * dayMs + 1)
    expect(await events()).toBe(0)
  })

  it('[PI-4] both are the operator’s to set', async () => {
    await accounts.close()
    await open({ retention: { sessionDays: 1, eventDays: 2 } })
    await accounts.post('/v1/revoke', { token: me.refresh_token })
    await tidyAfter(dayMs)
    expect(await isKept(me)).toBe(true)
    await tidyAfter(1)
    expect(await isKept(me)).toBe(false)
    expect(await events()).toBe(2)
    await tidyAfter(dayMs)
    expect(await events()).toBe(0)
  })

  it('[PI-2] how long a deletion can be taken back is, too', async () => {
    await accounts.close()
    await open({ deletionDays: 1 })
    await accounts.auth.users.delete(me.user.id)
    await tidyAfter(dayMs - 1)
    expect(await accounts.auth.users.restore(me.user.id)).toBe('restored')
    await accounts.auth.users.delete(me.user.id)
    await tidyAfter(dayMs)
    expect(signedIn(await accounts.byWechat(liHua)).is_new_user).toBe(true)
  })

  it('removes nobody and nothing else, however long it has been', async () => {
    const whole = await accounts.openWholeAccount()
    const token = whole.access_token
    await accounts.send('PATCH', '/v1/me', { json: { nickname: '华' }, token })
    await upload(whole)
    await accounts.send('PUT', '/v1/me/preferences', {
      json: { theme: 'dark' },
      headers: { 'if-match': '"0"' },
      token,
    })
    const before = (await accounts.get('/v1/me', token)).body
    await tidyAfter(3650 * dayMs)
    const again = signedIn(await accounts.byPassword(liHuasPhone))
    expect(again.user).toEqual(before)
    const preferences = await accounts.get('/v1/me/preferences', again.access_token)
    expect(preferences.body).toEqual({ theme: 'dark' })
    const path = new URL(String(before['avatar_url'])).pathname
    expect((await accounts.send('GET', path)).status).toBe(200)
    expect(signedIn(await accounts.byWechat(liHua, { app_id: phoneAppId })).user).toEqual(before)
  })

  it('may be done by several at once, and again', async () => {
    const other = signedIn(await accounts.byWechat(wangFang))
    await upload(other)
    await accounts.auth.users.delete(other.user.id)
    accounts.clock.advance(7 * dayMs)
    await Promise.all(Array.from({ length: 5 }, () => accounts.auth.tidy()))
    expect(accounts.events.filter(({ kind }) => kind === 'user_erased')).toHaveLength(1)
    await accounts.auth.tidy()
    expect((await accounts.get('/v1/me', me.access_token)).status).toBe(401)
    expect(signedIn(await accounts.byWechat(liHua)).user.id).toBe(me.user.id)
  })

  it('goes on where a picture cannot be removed, tells of it, and removes it the next time', async () => {
    const picture = await upload()
    const path = new URL(String(picture.body['avatar_url'])).pathname
    await upload()
    const other = signedIn(await accounts.byWechat(wangFang))
    await accounts.post('/v1/revoke', { token: other.refresh_token })
    vi.spyOn(blobs, 'delete').mockRejectedValueOnce(new Error('bucket away'))
    accounts.clock.advance(31 * dayMs)
    await expect(accounts.auth.tidy()).rejects.toThrow('bucket away')
    // What has nothing to do with pictures is done all the same.
    expect(await isKept(other)).toBe(false)
    expect((await accounts.send('GET', path)).status).toBe(200)
    await accounts.auth.tidy()
    expect((await accounts.send('GET', path)).status).toBe(404)
  })

  it('leaves the rest for later where the server closes', async () => {
    await accounts.auth.users.delete(me.user.id)
    accounts.clock.advance(7 * dayMs)
    await accounts.auth.close()
    await accounts.auth.tidy()
    expect(accounts.events.filter(({ kind }) => kind === 'user_erased').length).toBeLessThan(2)
  })
})

describe('on a SQLite file', () => {
  it('[PI-4] what is past its time is in no table any more', async () => {
    const accounts = await openAccounts({ storeKind: 'sqlite', ...noRotation })
    try {
      const me = signedIn(await accounts.byWechat(liHua))
      await accounts.post('/v1/revoke', { token: me.refresh_token })
      accounts.clock.advance(181 * dayMs)
      await accounts.auth.tidy()
      const database = new DatabaseSync(accounts.path ?? '', { readOnly: true })
      const count = (table: string) =>
        database.prepare(`select count(*) n from ${table}`).get()?.['n']
      expect({ sessions: count('sessions'), events: count('events') }).toEqual({
        sessions: 0,
        events: 0,
      })
      expect(count('users')).toBe(1)
      database.close()
    } finally {
      await accounts.close()
    }
  })
})
