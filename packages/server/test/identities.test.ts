import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  liHua,
  openAppId,
  openWorld,
  phoneAppId,
  wangFang,
  type Reply,
  type SignedInBody,
  type StoreKind,
  type World,
} from './support/world.ts'

const outcome = ({ status, body }: Reply) => [status, body['code'] ?? 'ok']
const ids = ({ body }: Reply) => (body['identities'] as { id: string }[]).map(({ id }) => id)

describe.each<StoreKind>(['memory', 'sqlite'])('my WeChat identities, on %s', (storeKind) => {
  let world: World
  let me: SignedInBody
  beforeEach(async () => {
    world = await openWorld({ storeKind })
    me = await world.signIn()
  })
  afterEach(() => world.close())

  const path = '/v1/me/identities'
  const link = async (person: string, app_id: string = phoneAppId, token = me.access_token) =>
    world.send('POST', path, { json: { app_id, code: await world.wxLogin(person, app_id) }, token })
  const unlink = (app_id: string) =>
    world.send('DELETE', `${path}/${app_id}`, { token: me.access_token })

  it('are listed without the openid', async () => {
    const { body } = await world.send('GET', path, { token: me.access_token })
    expect(body).toEqual({
      identities: [
        {
          id: openAppId,
          kind: 'mini_program',
          app_id: openAppId,
          created_at: '2026-01-15T08:00:00.000Z',
        },
      ],
    })
  })

  it('one of another app is linked by its login code, and signs in to the same account', async () => {
    world.clock.advance(1000)
    expect(ids(await link(liHua))).toEqual([openAppId, phoneAppId])
    expect((await world.signIn({ app_id: phoneAppId })).user.id).toBe(me.user.id)
  })

  it('one that another account has is taken, and so is a second one in the same app', async () => {
    const other = await world.signIn({ person: wangFang })
    expect(outcome(await link(liHua, openAppId, other.access_token))).toEqual([
      409,
      'identity_taken',
    ])
    expect(outcome(await link(wangFang, openAppId))).toEqual([409, 'identity_taken'])
  })

  it('the last way in stays', async () => {
    expect(outcome(await unlink(openAppId))).toEqual([409, 'last_way_in'])
    expect(outcome(await unlink('wx-nobody'))).toEqual([404, 'not_found'])
    expect((await world.signIn()).user.id).toBe(me.user.id)
  })

  it('[RT-7] one that is unlinked takes its sessions along, and makes another user from then on', async () => {
    await link(liHua)
    const there = await world.signIn({ app_id: phoneAppId })
    expect(ids(await unlink(phoneAppId))).toEqual([openAppId])
    const reply = await world.send('GET', '/v1/me', { token: there.access_token })
    expect(outcome(reply)).toEqual([401, 'session_ended'])
    const code = await world.wxLogin(liHua, phoneAppId)
    const again = await world.send('POST', '/v1/sign-in/wechat', {
      json: { app_id: phoneAppId, code },
    })
    expect(again.body['status']).toBe('phone_required')
  })

  it('[AU-8] are linked and unlinked only with a sign-in of the last ten minutes', async () => {
    await link(liHua)
    world.clock.advance(600_001)
    expect(outcome(await link(liHua))).toEqual([403, 'reauth_required'])
    expect(outcome(await unlink(phoneAppId))).toEqual([403, 'reauth_required'])
  })
})
