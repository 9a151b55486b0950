import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  openAppId,
  openWorld,
  wangFang,
  type SignedInBody,
  type StoreKind,
  type World,
} from './support/world.ts'

describe.each<StoreKind>(['memory', 'sqlite'])('my account, on %s', (storeKind) => {
  let world: World
  let phone: SignedInBody
  let tablet: SignedInBody
  let stranger: SignedInBody
  beforeEach(async () => {
    world = await openWorld({ storeKind })
    phone = await world.signIn({ device: { model: 'iPhone 18', name: '我的手机' } })
    world.clock.advance(60_000)
    tablet = await world.signIn()
    stranger = await world.signIn({ person: wangFang })
  })
  afterEach(() => world.close())

  const as = (who: SignedInBody) => ({
    get: (path: string) => world.send('GET', path, { token: who.access_token }),
    remove: (path: string) => world.send('DELETE', path, { token: who.access_token }),
  })
  const isSignedIn = async (who: SignedInBody) => (await as(who).get('/v1/me')).status === 200

  it('shows the user, and nothing that WeChat knows of them', async () => {
    const { status, body, headers } = await as(phone).get('/v1/me')
    expect(status).toBe(200)
    expect(body).toEqual({
      id: phone.user.id,
      nickname: null,
      avatar_url: null,
      phone: null,
      created_at: '2026-01-15T08:00:00.000Z',
    })
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('lists the devices of this user, newest first, and says which one asks', async () => {
    const { body } = await as(phone).get('/v1/me/sessions')
    expect(body['sessions']).toEqual([
      {
        id: tablet.session_id,
        app_id: openAppId,
        device: null,
        created_at: '2026-01-15T08:01:00.000Z',
        last_seen_at: '2026-01-15T08:01:00.000Z',
        current: false,
      },
      {
        id: phone.session_id,
        app_id: openAppId,
        device: { model: 'iPhone 18', name: '我的手机' },
        created_at: '2026-01-15T08:00:00.000Z',
        last_seen_at: '2026-01-15T08:00:00.000Z',
        current: true,
      },
    ])
  })

  it('removes one device, which is signed out at once', async () => {
    const { status, body } = await as(phone).remove(`/v1/me/sessions/${tablet.session_id}`)
    expect([status, body]).toEqual([200, { revoked: 1 }])
    expect(await isSignedIn(tablet)).toBe(false)
    expect(await isSignedIn(phone)).toBe(true)
    const again = await as(phone).remove(`/v1/me/sessions/${tablet.session_id}`)
    expect([again.status, again.body['code']]).toEqual([404, 'not_found'])
  })

  it('removes no device of somebody else, and does not tell that it exists', async () => {
    const theirs = await as(phone).remove(`/v1/me/sessions/${stranger.session_id}`)
    const none = await as(phone).remove('/v1/me/sessions/ses_00000000000')
    const garbage = await as(phone).remove('/v1/me/sessions/nonsense')
    expect([theirs.status, none.status, garbage.status]).toEqual([404, 404, 404])
    expect([theirs.text, garbage.text]).toEqual([none.text, none.text])
    expect(await isSignedIn(stranger)).toBe(true)
  })

  it('signs out every other device', async () => {
    const { body } = await as(phone).remove('/v1/me/sessions?others=true')
    expect(body).toEqual({ revoked: 1 })
    expect([await isSignedIn(phone), await isSignedIn(tablet), await isSignedIn(stranger)]).toEqual(
      [true, false, true],
    )
    expect(world.events.filter(({ kind }) => kind === 'other_sessions_ended')).toHaveLength(1)
  })

  it('[AU-8] signs out every other device only soon after a sign-in', async () => {
    world.clock.advance(10 * 60_000 + 1)
    const { status, body } = await as(phone).remove('/v1/me/sessions?others=true')
    expect([status, body['code']]).toEqual([403, 'reauth_required'])
    expect(await isSignedIn(tablet)).toBe(true)
  })

  it('signs out no device when the request does not say others=true', async () => {
    for (const query of ['', '?others=false', '?others', '?other=true']) {
      const { status, body } = await as(phone).remove(`/v1/me/sessions${query}`)
      expect([status, body['code']]).toEqual([400, 'body_invalid'])
    }
    expect(await isSignedIn(tablet)).toBe(true)
  })
})
