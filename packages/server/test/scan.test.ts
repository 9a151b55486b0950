import fc from 'fast-check'
import type { AppOptions, EphemeralStore } from '@kaimen/server'
import { listen } from '@kaimen/server/node'
import { createMemoryEphemeralStore } from '@kaimen/server/store/memory'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { everyPrint, findCanaries } from './support/canary.ts'
import { testClock } from './support/clock.ts'
import { manualClock } from './support/manual-clock.ts'
import { expectProblem } from './support/problem.ts'
import { openPhone, openScreen, type Phone, type Scanned, type Screen } from './support/screen.ts'
import { ownOrigin } from './support/web-browser.ts'
import {
  liHua,
  openAppId,
  openWorld,
  phoneAppId,
  wangFang,
  type SignedInBody,
  type StoreKind,
  type World,
  type WorldOptions,
} from './support/world.ts'

const secondMs = 1000
const ttlMs = 120 * secondMs
const address = '203.0.113.77'

let world: World
let me: SignedInBody
let phone: Phone
let screen: Screen
afterEach(() => world.close())

/** The mini program under the Open Platform account takes scans. */
const withScans = ([first, ...others]: readonly AppOptions[]): readonly AppOptions[] =>
  first ? [{ ...first, scan: { page: 'pages/confirm/confirm' } }, ...others] : []

async function open(options: WorldOptions = {}) {
  world = await openWorld({ apps: withScans, ...options })
  me = await world.signIn()
  phone = openPhone(world, me)
  screen = openScreen(world)
  world.events.length = 0
}

/** A second person with a phone. */
const openOther = async () => openPhone(world, await world.signIn({ person: wangFang }))

async function approved(): Promise<Scanned> {
  const scan = await screen.begin()
  expect((await phone.claim(scan.ticket)).status).toBe(200)
  expect((await phone.approve(scan.ticket)).text).toBe('{}')
  return scan
}

const signIns = () => world.events.filter(({ kind }) => kind === 'signed_in')

/** Who the browser’s cookie says is signed in. */
async function whoIs({ send }: Screen): Promise<unknown> {
  const { body } = await send('GET', '/v1/web/session')
  return body['session_id']
}

describe('[OA-6] a scan', () => {
  it('shows a code, tells the phone who asks, and signs the browser in once it is approved', async () => {
    await open()
    screen = openScreen(world, { address })
    const begun = await screen.send('POST', '/v1/scan', { json: { app_id: openAppId } })
    expect(begun.body).toMatchObject({ expires_in: 120, poll_interval: 2 })
    expect(begun.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^kaimen-browser=[\w-]{43}; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax$/,
      ),
    ])

    const { id, ticket } = await screen.begin()
    expect(ticket).toMatch(/^[\w-]{32}$/)
    expect((await screen.look(id)).body).toEqual({ status: 'waiting', expires_in: 120 })
    world.clock.advance(30 * secondMs)
    expect((await phone.claim(ticket)).body).toEqual({
      site: 'kaimen.test',
      place: address,
      device: 'Chrome, Windows',
      expires_in: 90,
    })
    expect((await screen.look(id)).body).toEqual({ status: 'claimed', expires_in: 90 })
    await phone.approve(ticket)

    const { body, headers } = await screen.look(id)
    expect(body).toMatchObject({ status: 'signed_in', user: me.user })
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body['session_id']).not.toBe(me.session_id)
    expect(await whoIs(screen)).toBe(body['session_id'])
    const { body: listed } = await screen.send('GET', '/v1/me/sessions')
    expect(listed['sessions']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          id: body['session_id'],
          app_id: openAppId,
          device: { model: 'Chrome', system: 'Windows' },
        }),
      ]),
    )
    const told = { by: 'scan', decision: 'exists', app_id: openAppId, user_id: me.user.id }
    expect(signIns()).toEqual([expect.objectContaining(told)])
  })

  it('that is rejected signs nobody in', async () => {
    await open()
    const { id, ticket } = await screen.begin()
    await phone.claim(ticket)
    expect((await phone.reject(ticket)).text).toBe('{}')
    for (let look = 0; look < 2; look++) {
      expect((await screen.look(id)).body).toEqual({ status: 'rejected' })
    }
    expect(await whoIs(screen)).toBeNull()
  })

  it('is one of an app that takes scans: the only one, or the one that is named', async () => {
    await open()
    for (const app_id of [phoneAppId, 'wx0000000000000000', '__proto__']) {
      expectProblem(await screen.send('POST', '/v1/scan', { json: { app_id } }), 'app_unknown')
    }
    await world.close()
    await open({ apps: (seeded) => seeded })
    expectProblem(await screen.send('POST', '/v1/scan', { json: {} }), 'app_unknown')
    await world.close()
    const page = 'pages/confirm/confirm'
    await open({
      apps: (seeded) =>
        seeded.map((app) => (app.kind === 'mini_program' ? { ...app, scan: { page } } : app)),
    })
    expectProblem(await screen.send('POST', '/v1/scan', { json: {} }), 'app_unknown')
    expect((await screen.send('POST', '/v1/scan', { json: { app_id: phoneAppId } })).status).toBe(
      201,
    )
  })

  it('takes the place of the session that the browser had, and of no other', async () => {
    await open()
    const first = await screen.look((await approved()).id)
    const second = await screen.look((await approved()).id)
    expect(await whoIs(screen)).toBe(second.body['session_id'])
    const ended = world.events.filter(({ kind }) => kind === 'session_ended')
    expect(ended).toMatchObject([{ session_id: first.body['session_id'] }])
    expect((await world.send('GET', '/v1/me', { token: me.access_token })).status).toBe(200)
  })
})

describe('[OA-6] the phone is told', () => {
  it('scan_done of a scan that was approved or rejected before', async () => {
    await open()
    for (const decide of ['approve', 'reject'] as const) {
      const { ticket } = await screen.begin()
      await phone.claim(ticket)
      expect((await phone[decide](ticket)).status).toBe(200)
      for (const act of ['approve', 'reject', 'claim'] as const) {
        expectProblem(await phone[act](ticket), 'scan_done')
      }
      world.clock.advance(ttlMs)
      expectProblem(await phone.approve(ticket), 'scan_done')
    }
  })

  it('scan_expired from the 120th second on, and scan_invalid when it is forgotten', async () => {
    await open()
    const { id, ticket } = await screen.begin()
    await phone.claim(ticket)
    const unclaimed = await screen.begin()
    world.clock.advance(ttlMs - 1)
    expect((await phone.claim(ticket)).body['expires_in']).toBe(1)
    world.clock.advance(1)
    for (const act of ['claim', 'approve', 'reject'] as const) {
      expectProblem(await phone[act](ticket), 'scan_expired')
      expectProblem(await phone[act](unclaimed.ticket), 'scan_expired')
    }
    expect((await screen.look(id)).body).toEqual({ status: 'expired' })
    expectProblem(await screen.send('GET', `/v1/scan/${id}/qr`), 'scan_expired')
    world.clock.advance(10 * 60 * secondMs)
    expectProblem(await phone.claim(ticket), 'scan_invalid')
    expectProblem(await screen.look(id), 'scan_invalid')
  })

  it('scan_unclaimed where nobody opened the confirmation', async () => {
    await open()
    const { ticket } = await screen.begin()
    expectProblem(await phone.approve(ticket), 'scan_unclaimed')
    expectProblem(await phone.reject(ticket), 'scan_unclaimed')
  })

  it('scan_taken where somebody else did, who alone decides', async () => {
    await open()
    const other = await openOther()
    const { id, ticket } = await screen.begin()
    await phone.claim(ticket)
    for (const act of ['claim', 'approve', 'reject'] as const) {
      expectProblem(await other[act](ticket), 'scan_taken')
    }
    expect((await phone.claim(ticket)).status).toBe(200)
    await phone.approve(ticket)
    expectProblem(await other.claim(ticket), 'scan_taken')
    expect((await screen.look(id)).body).toMatchObject({ user: { id: me.user.id } })
  })

  it('scan_invalid of what is no ticket, of an id, and of a ticket for another mini program', async () => {
    await open()
    const { id, ticket } = await screen.begin()
    for (const text of [
      'x',
      ticket.slice(1),
      `${ticket}x`,
      ticket.toLowerCase(),
      id,
      '%00',
      '💥',
    ]) {
      for (const act of ['claim', 'approve', 'reject'] as const) {
        expectProblem(await phone[act](text), 'scan_invalid')
      }
    }
    const code = await world.wxLogin(liHua, phoneAppId)
    const link = { json: { app_id: phoneAppId, code }, token: me.access_token }
    expect((await world.send('POST', '/v1/me/identities', link)).status).toBe(200)
    const elsewhere = openPhone(world, await world.signIn({ app_id: phoneAppId }))
    for (const act of ['claim', 'approve', 'reject'] as const) {
      expectProblem(await elsewhere[act](ticket), 'scan_invalid')
    }
    expect((await screen.look(id)).body['status']).toBe('waiting')
  })

  it('session_ended when it was signed out, before and after it claimed', async () => {
    await open()
    const { id, ticket } = await screen.begin()
    await phone.claim(ticket)
    await phone.signOut()
    for (const act of ['claim', 'approve', 'reject'] as const) {
      expectProblem(await phone[act](ticket), 'session_ended')
    }
    expect((await screen.look(id)).body['status']).toBe('claimed')
  })

  it('[AU-8] reauth_required where it would let somebody in, and signed in over 10 minutes ago', async () => {
    await open()
    world.clock.advance(10 * 60 * secondMs + 1)
    const { id, ticket } = await screen.begin()
    expect((await phone.claim(ticket)).status).toBe(200)
    expectProblem(await phone.approve(ticket), 'reauth_required')
    expect((await screen.look(id)).body['status']).toBe('claimed')
    const again = openPhone(world, await world.signIn())
    expect((await again.approve(ticket)).status).toBe(200)
    const { ticket: another } = await screen.begin()
    await phone.claim(another)
    expect((await phone.reject(another)).status).toBe(200)
  })

  it('token_invalid where only a cookie comes, and no access token', async () => {
    await open()
    await screen.look((await approved()).id)
    const { ticket } = await openScreen(world).begin()
    for (const act of ['claim', 'approve', 'reject']) {
      const reply = await screen.send('POST', `/v1/scan/${act}`, { json: { ticket } })
      expectProblem(reply, 'token_invalid')
    }
  })
})

describe('[OA-6] another browser', () => {
  it('gets nothing of a scan, whether it has the picture, the id, or no cookie at all', async () => {
    await open()
    const other = openScreen(world)
    await other.begin()
    const strangers = [other, openScreen(world)]
    const scan = await approved()
    for (const stranger of strangers) {
      expectProblem(await stranger.look(scan.id), 'scan_foreign')
      expectProblem(await stranger.send('GET', `/v1/scan/${scan.id}/qr`), 'scan_foreign')
      const headers = { accept: 'text/event-stream' }
      expectProblem(await stranger.send('GET', `/v1/scan/${scan.id}`, { headers }), 'scan_foreign')
      // The scene of a copied picture is a ticket, and names no scan to a browser.
      expectProblem(await stranger.look(scan.ticket), 'scan_invalid')
      expect(await whoIs(stranger)).toBeNull()
    }
    expect((await screen.look(scan.id)).body['status']).toBe('signed_in')
  })

  it('of another site is refused, by what it says and by what the browser says of it [WB-2]', async () => {
    await open()
    const scan = await approved()
    const before = signIns().length
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${ownOrigin}.evil.example` },
    ]) {
      expectProblem(await screen.send('POST', '/v1/scan', { json: {}, headers }), 'origin_refused')
      expectProblem(await screen.send('GET', `/v1/scan/${scan.id}`, { headers }), 'origin_refused')
    }
    const cookie = [...screen.cookies].map((each) => each.join('=')).join('; ')
    const headers = { cookie, 'sec-fetch-site': 'cross-site' }
    expectProblem(await world.send('GET', `/v1/scan/${scan.id}`, { headers }), 'origin_refused')
    expectProblem(await world.send('GET', `/v1/scan/${scan.id}/qr`, { headers }), 'origin_refused')
    expectProblem(
      await world.send('POST', '/v1/scan', { json: {}, headers: { cookie } }),
      'origin_refused',
    )
    expect(signIns()).toHaveLength(before)
  })
})

describe('[OA-6] an approval', () => {
  it('signs in once: the same browser is given the same session again, until it signs out', async () => {
    await open()
    const { id } = await approved()
    const first = await screen.look(id)
    // The reply was lost, and with it the cookie.
    screen.cookies.delete('kaimen')
    const again = await screen.look(id)
    expect(again.text).toBe(first.text)
    expect(await whoIs(screen)).toBe(first.body['session_id'])
    world.clock.advance(ttlMs)
    expect((await screen.look(id)).text).toBe(first.text)
    expect(signIns()).toHaveLength(1)
    await screen.send('POST', '/v1/web/sign-out', { json: {} })
    expectProblem(await screen.look(id), 'scan_done')
    expect(await whoIs(screen)).toBeNull()
  })

  it('in the last second leaves the browser 15 s to come for it', async () => {
    await open()
    for (const [laterMs, status] of [
      [15 * secondMs - 1, 'signed_in'],
      [15 * secondMs, 'expired'],
    ] as const) {
      const { id, ticket } = await screen.begin()
      world.clock.advance(ttlMs - 1)
      await phone.claim(ticket)
      await phone.approve(ticket)
      world.clock.advance(laterMs)
      expect((await screen.look(id)).body['status']).toBe(status)
      me = await world.signIn()
      phone = openPhone(world, me)
    }
  })

  it('is taken back by signing out on the phone before the browser comes', async () => {
    await open()
    const { id } = await approved()
    await phone.signOut()
    const { code } = expectProblem(await screen.look(id), 'session_ended')
    expect(await whoIs(screen)).toBeNull()
    const told = {
      kind: 'sign_in_failed',
      by: 'scan',
      code,
      app_id: openAppId,
      user_id: me.user.id,
    }
    expect(world.events.at(-1)).toEqual(told)
  })

  it('of a user who was disabled or deleted since is worth nothing', async () => {
    await open()
    const { id } = await approved()
    await world.auth.users.disable(me.user.id)
    expectProblem(await screen.look(id), 'user_disabled')
    await world.auth.users.enable(me.user.id)
    // Their sessions ended with it, and that of the phone is not back.
    expectProblem(await screen.look(id), 'session_ended')

    phone = openPhone(world, (me = await world.signIn()))
    const another = await approved()
    await world.send('DELETE', '/v1/me', { token: me.access_token })
    expectProblem(await screen.look(another.id), 'session_ended')
    expect(signIns().filter((event) => 'by' in event && event.by === 'scan')).toEqual([])
  })

  it('is put before the host’s admit, which may refuse it, and stays good until it does not', async () => {
    let refuses = true
    const asked: unknown[] = []
    await open({
      admit({ proof, user }) {
        if (proof.kind !== 'scan') return undefined
        asked.push({ ...proof, user: user?.id })
        return refuses ? { refuse: { 'zh-CN': '仅限员工', en: 'Staff only' } } : undefined
      },
    })
    const { id } = await approved()
    const headers = { 'accept-language': 'en' }
    const reply = await screen.send('GET', `/v1/scan/${id}`, { headers })
    expect(expectProblem(reply, 'sign_in_refused').detail).toBe('Staff only')
    const proof = { kind: 'scan', app_id: openAppId, openid: null, unionid: null }
    expect(asked).toEqual([{ ...proof, user: me.user.id }])
    expect(world.events.at(-1)).toMatchObject({ by: 'scan', code: 'sign_in_refused' })
    refuses = false
    expect((await screen.look(id)).body['status']).toBe('signed_in')
  })

  it('has the host’s claims in the tokens of its session', async () => {
    await open({ claims: () => ({ plan: 'gold' }) })
    await screen.look((await approved()).id)
    const { body } = await screen.send('POST', '/v1/web/token', { json: {} })
    const [, payload = ''] = String(body['access_token']).split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ plan: 'gold' })
  })

  it('that cannot be written stays good, and is one session in the end', async () => {
    await open()
    const { id } = await approved()
    vi.spyOn(world.store, 'signIn').mockRejectedValueOnce(new Error('broken'))
    expectProblem(await screen.look(id), 'internal_error')
    expect((await screen.look(id)).body['status']).toBe('signed_in')
    expect(signIns()).toHaveLength(1)
  })

  it('is spent where the process dies in the midst of it: the browser has to scan again', async () => {
    await open()
    const { id } = await approved()
    vi.spyOn(world.store, 'signIn').mockReturnValueOnce(new Promise(() => {}))
    void screen.look(id)
    await vi.waitFor(() => expect(world.store.signIn).toHaveBeenCalled())
    expectProblem(await screen.look(id), 'unavailable')
    world.clock.advance(ttlMs)
    expect((await screen.look(id)).body).toEqual({ status: 'expired' })
    expect(world.store.signIn).toHaveBeenCalledOnce()
  })
})

describe.each<StoreKind>(['memory', 'sqlite'])('[OA-6] at once, on %s', (storeKind) => {
  const openShared = () => open({ storeKind, sharedEphemeral: storeKind === 'sqlite' })

  it('of two people who claim one does, each time of twenty', async () => {
    await openShared()
    const other = await openOther()
    for (let time = 0; time < 20; time++) {
      const { ticket } = await screen.begin()
      const both = await Promise.all([phone, other].map(({ claim }) => claim(ticket)))
      expect(both.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1)
      const [winner, loser] = both[0]?.status === 200 ? [phone, other] : [other, phone]
      expectProblem(await loser.approve(ticket), 'scan_taken')
      expect((await winner.approve(ticket)).status).toBe(200)
    }
  })

  it('of ten approvals and ten rejections one counts, and the browser is told that', async () => {
    await openShared()
    for (let time = 0; time < 5; time++) {
      const { id, ticket } = await screen.begin()
      await phone.claim(ticket)
      const acts = Array.from({ length: 20 }, (_, index) =>
        (index + time) % 2 ? 'approve' : 'reject',
      )
      const replies = await Promise.all(
        acts.map(async (act) => ({ act, status: (await phone[act](ticket)).status })),
      )
      const [winner, ...more] = replies.filter(({ status }) => status === 200)
      expect(more).toEqual([])
      const { body } = await screen.look(id)
      expect(body['status']).toBe(winner?.act === 'approve' ? 'signed_in' : 'rejected')
    }
  })

  it('twenty requests of the browser are one session', async () => {
    await openShared()
    const { id } = await approved()
    const replies = await Promise.all(Array.from({ length: 20 }, () => screen.look(id)))
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200))
    expect(new Set(replies.map(({ body }) => body['session_id'])).size).toBe(1)
    expect(signIns()).toHaveLength(1)
    const { body } = await world.send('GET', '/v1/me/sessions', { token: me.access_token })
    expect(body['sessions']).toHaveLength(2)
  })
})

describe('[OA-6] any history of a scan', () => {
  it('ends as a small model says: one person, one decision, in time, for its browser alone', async () => {
    await open({ accessTokenSeconds: 3600 })
    const stranger = openScreen(world)
    await stranger.begin()
    const who = fc.constantFrom(0, 1)
    const step = fc.oneof(
      fc.record({ act: fc.constantFrom('claim', 'approve', 'reject'), who }),
      fc.record({ act: fc.constant('look' as const), isOwn: fc.boolean() }),
      fc.record({ act: fc.constant('wait' as const), seconds: fc.constantFrom(5, 40, 120) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const phones = [openPhone(world, await world.signIn()), await openOther()] as const
        const { id, ticket } = await screen.begin()
        let left = 120
        let age = 0
        // Five minutes after the last change nothing is known of it.
        let kept = 300
        let owner: number | undefined
        let decision: 'approve' | 'reject' | undefined
        let session: unknown
        for (const each of steps) {
          if (each.act === 'wait') {
            world.clock.advance(each.seconds * secondMs)
            left -= each.seconds
            age += each.seconds
            kept -= each.seconds
          } else if (each.act === 'look') {
            const { body } = await (each.isOwn ? screen : stranger).look(id)
            if (kept <= 0) expect(body['code']).toBe('scan_invalid')
            else if (!each.isOwn) expect(body['code']).toBe('scan_foreign')
            else if (session !== undefined) expect(body['session_id']).toBe(session)
            else if (decision === 'reject') expect(body['status']).toBe('rejected')
            else if (left <= 0) expect(body['status']).toBe('expired')
            else if (decision === 'approve') {
              expect(body['status']).toBe('signed_in')
              session = body['session_id']
              kept = 300
            } else expect(body['status']).toBe(owner === undefined ? 'waiting' : 'claimed')
          } else {
            const { status, body } = await phones[each.who === 0 ? 0 : 1][each.act](ticket)
            const isTaken = owner !== undefined && owner !== each.who
            const code =
              each.act === 'approve' && age > 600
                ? 'reauth_required'
                : kept <= 0
                  ? 'scan_invalid'
                  : isTaken
                    ? 'scan_taken'
                    : decision
                      ? 'scan_done'
                      : left <= 0
                        ? 'scan_expired'
                        : each.act !== 'claim' && owner === undefined
                          ? 'scan_unclaimed'
                          : undefined
            expect([each.act, body['code']]).toEqual([each.act, code])
            if (code !== undefined) continue
            expect(status).toBe(200)
            if (owner === undefined || each.act !== 'claim') kept = 300
            owner = each.who
            if (each.act === 'approve') left = Math.max(left, 15)
            if (each.act !== 'claim') decision = each.act
          }
        }
      }),
      { numRuns: 60 },
    )
  }, 60_000)
})

describe('the picture', () => {
  const picture = (id: string) => screen.send('GET', `/v1/scan/${id}/qr`)

  it('is for pages of this site, kept by nobody, and drawn three times', async () => {
    await open()
    const { body } = await screen.send('POST', '/v1/scan', { json: {} })
    const id = String(body['id'])
    for (let time = 0; time < 3; time++) {
      const { status, headers } = await picture(id)
      expect(status).toBe(200)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cross-origin-resource-policy')).toBe('same-site')
    }
    world.clock.advance(20 * secondMs)
    const refused = await picture(id)
    expectProblem(refused, 'rate_limited')
    expect(refused.headers.get('retry-after')).toBe('100')
    const { calls } = await world.control('GET', '/emulator/calls')
    const drawn = (calls as { path: string }[]).filter(({ path }) => /getwxacodeunlimit/.test(path))
    expect(drawn).toHaveLength(3)
  })

  it('that WeChat does not draw because the page is not released is the operator’s to mend', async () => {
    await open()
    await world.control('PATCH', `/emulator/apps/${openAppId}`, { released_pages: ['pages/a/a'] })
    const { body } = await screen.send('POST', '/v1/scan', { json: {} })
    const refused = await picture(String(body['id']))
    expectProblem(refused, 'wechat_config')
    expect(refused.text).not.toContain('41030')
    expect(everyPrint(world.reports)).toContain('41030')
  })

  it.each([
    [-1, 'wechat_busy'],
    [45009, 'wechat_rate_limited'],
    [40097, 'wechat_config'],
  ] as const)('that WeChat answers with %i is %s', async (errcode, code) => {
    await open()
    const path = '/wxa/getwxacodeunlimit'
    await world.control('POST', '/emulator/faults', { path, fault: 'errcode', errcode })
    const { body } = await screen.send('POST', '/v1/scan', { json: {} })
    expectProblem(await picture(String(body['id'])), code)
  })

  it('is drawn with a fresh access_token where WeChat refuses the old one', async () => {
    await open()
    const path = '/wxa/getwxacodeunlimit'
    const fault = { path, fault: 'errcode', errcode: 40001, times: 1 }
    await world.control('POST', '/emulator/faults', fault)
    expect((await screen.begin()).ticket).toHaveLength(32)
  })
})

describe('where a scan comes from', () => {
  const placeOf = async (where: Screen) => {
    const { ticket } = await where.begin()
    return (await phone.claim(ticket)).body['place']
  }

  it('is what the host says of the address, without what a person cannot see', async () => {
    let place: unknown = ' Shanghai\u202e\u0000\n · 上海 '
    await open({ web: { locate: () => place as string } })
    screen = openScreen(world, { address })
    expect(await placeOf(screen)).toBe('Shanghai · 上海')
    place = 'x'.repeat(500)
    expect(await placeOf(screen)).toBe('x'.repeat(128))
    for (place of [undefined, '', '\u200b', 42]) expect(await placeOf(screen)).toBeNull()
    expect(await placeOf(openScreen(world))).toBeNull()
    expect(world.reports).toEqual([])
  })

  it.each([
    ['throws', () => Promise.reject(new Error('no map'))],
    ['hangs', () => new Promise<string>(() => {})],
  ])('is not known where the host’s locate %s, which the operator is told', async (_, locate) => {
    await open({ web: { locate } })
    expect(await placeOf(openScreen(world, { address }))).toBeNull()
    expect(world.reports).toHaveLength(1)
    expect(world.reports[0]?.[0]).toMatch(/^web\.locate failed/)
    expect(everyPrint(world.reports)).not.toContain(address)
  })

  it('is the page’s host, on whichever of our origins it is', async () => {
    await open({ web: { origins: ['http://shop.kaimen.test:8080'] } })
    const headers = { origin: 'http://shop.kaimen.test:8080' }
    const { ticket } = await screen.begin({ headers })
    expect((await phone.claim(ticket)).body['site']).toBe('shop.kaimen.test:8080')
    const cookie = `kaimen-browser=${screen.cookies.get('kaimen-browser') ?? ''}`
    const bare = { cookie, 'sec-fetch-site': 'same-origin' }
    const begun = await world.send('POST', '/v1/scan', { json: {}, headers: bare })
    expect(begun.status).toBe(201)
  })
})

describe('server-sent events', () => {
  const events = { accept: 'text/event-stream' }

  async function listenTo(server: { url: string }, id: string, signal?: AbortSignal) {
    const cookie = [...screen.cookies].map((each) => each.join('=')).join('; ')
    return fetch(`${server.url}/v1/scan/${id}`, {
      headers: { ...events, cookie },
      ...(signal && { signal }),
    })
  }

  it('tell each state once, as it comes, and end with the last', async () => {
    await open()
    const server = await listen(world.auth, { port: 0 })
    const { id, ticket } = await screen.begin()
    const response = await listenTo(server, id)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let heard = ''
    const hear = async (text: string) => {
      while (!heard.includes(text)) {
        const chunk = await reader?.read()
        if (chunk?.done !== false) throw new Error(`ended after ${heard}`)
        heard += chunk.value
      }
    }
    await hear('waiting')
    await phone.claim(ticket)
    await hear('claimed')
    await phone.approve(ticket)
    await hear('approved')
    while (!(await reader?.read())?.done);
    expect(heard.replaceAll(':\n\n', '')).toBe(
      [
        'event: state\ndata: {"status":"waiting","expires_in":120}\n\n',
        'event: state\ndata: {"status":"claimed","expires_in":120}\n\n',
        'event: state\ndata: {"status":"approved"}\n\n',
      ].join(''),
    )
    expect((await screen.look(id)).body['status']).toBe('signed_in')
    expect(await (await listenTo(server, id)).text()).toBe(
      'event: state\ndata: {"status":"approved"}\n\n',
    )
    await server.close()
  })

  it('end when it is rejected and when its time is over, and speak up every 15 s', async () => {
    await open()
    const rejected = await screen.begin()
    await phone.claim(rejected.ticket)
    await phone.reject(rejected.ticket)
    const { text } = await screen.send('GET', `/v1/scan/${rejected.id}`, { headers: events })
    expect(text).toBe('event: state\ndata: {"status":"rejected"}\n\n')
    const { id } = await screen.begin()
    const listening = screen.send('GET', `/v1/scan/${id}`, { headers: events })
    // The test's clock sleeps for 5 ms, whatever it is asked for.
    await new Promise((resolve) => setTimeout(resolve, 400))
    world.clock.advance(ttlMs)
    expect((await listening).text).toMatch(
      /^event: state\ndata: {"status":"waiting","expires_in":120}\n\n(:\n\n)+event: state\ndata: {"status":"expired"}\n\n$/,
    )
  })

  it('end when the node is to stop', async () => {
    await open()
    const { id } = await screen.begin()
    const listening = screen.send('GET', `/v1/scan/${id}`, { headers: events })
    world.auth.drain()
    expect((await listening).text).toContain('waiting')
  })

  it('look twice a second, and no more when nobody listens', async () => {
    const clock = manualClock()
    await open({ clock: { ...clock } })
    const server = await listen(world.auth, { port: 0 })
    const { id } = await screen.begin()
    const gone = new AbortController()
    const response = await listenTo(server, id, gone.signal)
    await response.body?.getReader().read()
    await vi.waitFor(() => expect(clock.sleeping()).toEqual([500]))
    for (let time = 0; time < 5; time++) {
      clock.advance(500)
      await vi.waitFor(() => expect(clock.sleeping()).toEqual([500]))
    }
    gone.abort()
    await vi.waitFor(() => expect(clock.sleeping()).toEqual([]))
    await server.close()
  })

  it('[OP-2] have places of their own, each until it ends, and keep no poll waiting', async () => {
    await open({ maxRequests: 1 })
    const server = await listen(world.auth, { port: 0 })
    const { id } = await screen.begin()
    const gone = new AbortController()
    const first = await listenTo(server, id, gone.signal)
    expect(first.status).toBe(200)
    expect((await listenTo(server, id)).status).toBe(503)
    expect((await screen.look(id)).body['status']).toBe('waiting')
    gone.abort()
    await vi.waitFor(async () => {
      const again = await listenTo(server, id)
      expect(again.status).toBe(200)
      await again.body?.cancel()
    })
    await server.close()
  })
})

describe('[AU-6] scans are limited by address', () => {
  it('and told how long to wait', async () => {
    await open({ limits: { scan_per_address_minute: 2 } })
    screen = openScreen(world, { address })
    const begin = () => screen.send('POST', '/v1/scan', { json: {} })
    expect([(await begin()).status, (await begin()).status]).toEqual([201, 201])
    expectProblem(await begin(), 'rate_limited')
    expect((await openScreen(world, { address: '203.0.113.78' }).begin()).id).toHaveLength(32)
  })
})

describe('what is kept of a scan', () => {
  /** A store that goes away when it is told to, and whose texts are all remembered. */
  function watchedStore() {
    const clock = testClock()
    const inner = createMemoryEphemeralStore(clock)
    const texts: string[] = []
    let isAway = false
    const ephemeral: EphemeralStore = new Proxy(inner, {
      get(target, name, receiver) {
        const verb: unknown = Reflect.get(target, name, receiver)
        if (typeof verb !== 'function' || name === 'close') return verb
        return (...given: unknown[]) => {
          texts.push(...given.map(String))
          if (isAway) return Promise.reject(new Error('away'))
          return verb.call(target, ...given) as unknown
        }
      },
    })
    return { clock, ephemeral, texts, goAway: () => void (isAway = true) }
  }

  it('[SE-2] is neither id, ticket, browser nor address in the store, and none of them is told or reported', async () => {
    const { clock, ephemeral, texts } = watchedStore()
    await open({ clock, ephemeral, wechat: { timeoutMs: 500 } })
    screen = openScreen(world, { address })
    const { id, ticket } = await approved()
    await screen.look(id)
    await phone.approve(ticket)
    expectProblem(await openScreen(world).look(id), 'scan_foreign')
    const canaries = [
      { what: 'id', value: id },
      { what: 'ticket', value: ticket },
      { what: 'address', value: address },
      { what: 'browser', value: screen.cookies.get('kaimen-browser') ?? '' },
      { what: 'session cookie', value: screen.cookies.get('kaimen') ?? '' },
    ]
    for (const fault of ['reset', 'html', 'errcode']) {
      const path = '/wxa/getwxacodeunlimit'
      const errcode = fault === 'errcode' && { errcode: 41030 }
      await world.control('POST', '/emulator/faults', { path, fault, ...errcode, times: 1 })
      const { body } = await screen.send('POST', '/v1/scan', { json: {} })
      expect(
        (await screen.send('GET', `/v1/scan/${String(body['id'])}/qr`)).status,
      ).toBeGreaterThan(499)
      canaries.push({ what: `id of ${fault}`, value: String(body['id']) })
      await world.control('DELETE', '/emulator/faults')
    }
    const { calls } = await world.control('GET', '/emulator/calls')
    for (const { body } of calls as { body?: { scene?: string } }[]) {
      if (body?.scene) canaries.push({ what: 'scene', value: body.scene })
    }
    expect(canaries.filter(({ what }) => what === 'scene').length).toBeGreaterThan(3)
    expect(texts.length).toBeGreaterThan(20)
    expect(findCanaries(canaries, texts.join('\n'))).toEqual([])
    expect(world.reports.length).toBeGreaterThan(0)
    expect(findCanaries(canaries, everyPrint(world.reports))).toEqual([])
    expect(findCanaries(canaries, everyPrint(world.events))).toEqual([])
    const stored = await world.store.listEvents({ limit: 100 })
    expect(findCanaries(canaries, JSON.stringify(stored))).toEqual([])
  })

  it('[OP-2] is not to be had while the store is away: 503, and nobody is signed in', async () => {
    const { clock, ephemeral, goAway } = watchedStore()
    await open({ clock, ephemeral })
    const { id, ticket } = await approved()
    goAway()
    const headers = { accept: 'text/event-stream' }
    for (const reply of [
      await screen.send('POST', '/v1/scan', { json: {} }),
      await screen.look(id),
      await screen.send('GET', `/v1/scan/${id}`, { headers }),
      await screen.send('GET', `/v1/scan/${id}/qr`),
      await phone.claim(ticket),
      await phone.approve(ticket),
      await phone.reject(ticket),
    ]) {
      expectProblem(reply, 'unavailable')
    }
    expect(signIns()).toEqual([])
  })
})
