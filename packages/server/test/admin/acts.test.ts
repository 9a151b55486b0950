import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { adminRoutes, type AdminRoute } from '@kaimen/protocol'
import { openAccounts, signedIn, wangFang, type Accounts } from '../support/accounts.ts'
import { setUp, type Administrator } from '../support/administrators.ts'
import { liHua, openAppId, phoneAppId, type Reply, type StoreKind } from '../support/world.ts'

const outcome = ({ status, body }: Reply) => [status, body['code'] ?? 'ok']

describe.each<StoreKind>(['memory', 'sqlite'])('what administrators do, on %s', (storeKind) => {
  let accounts: Accounts
  let owner: Administrator
  beforeEach(async () => {
    accounts = await openAccounts({
      storeKind,
      apps: (seeded) => seeded.map((app) => ({ ...app, registration: 'open' })),
    })
    owner = await setUp(accounts, 'owner', 'Owner')
  })
  afterEach(() => accounts.close())

  const latest = async () => (await accounts.auth.events.list({ limit: 1000 })).at(-1)
  const done = async (path: string, json?: object) => {
    const reply = await owner.post(path, json)
    expect(outcome(reply)[1]).toBe('ok')
    expect(reply.status).toBeLessThan(300)
    return reply
  }

  it('[LG-1] disables, enables, deletes and restores, each written down as theirs', async () => {
    const me = signedIn(await accounts.byWechat(liHua))
    for (const [act, kind] of [
      ['disable', 'user_status_changed'],
      ['enable', 'user_status_changed'],
      ['delete', 'user_deleted'],
      ['restore', 'user_restored'],
    ] as const) {
      await done(`users/${me.user.id}/${act}`)
      const event = await latest()
      expect(event).toMatchObject({ kind, user_id: me.user.id, detail: { admin_id: owner.id } })
      expect(accounts.events.at(-1)).toMatchObject({ kind, admin_id: owner.id })
      const signsIn = await accounts.byWechat(liHua)
      expect(signsIn.status).toBe(act === 'enable' || act === 'restore' ? 200 : 403)
    }
    expect(outcome(await owner.post(`users/${me.user.id}/restore`))).toEqual([404, 'not_found'])
  })

  it('[LG-1] ends one session, all of a user, and all of an app', async () => {
    const me = signedIn(await accounts.byWechat(liHua))
    const tablet = signedIn(await accounts.byWechat(liHua))
    await done(`sessions/${tablet.session_id}/end`)
    expect(await latest()).toMatchObject({
      kind: 'session_ended',
      session_id: tablet.session_id,
      detail: { reason: 'ended_by_operator', admin_id: owner.id },
    })
    const again = await owner.post(`sessions/${tablet.session_id}/end`)
    expect(outcome(again)).toEqual([404, 'not_found'])
    expect((await accounts.refresh(tablet)).status).toBe(401)
    expect((await accounts.refresh(me)).status).toBe(200)
    await done(`users/${me.user.id}/end-sessions`)
    const ofUser = await latest()
    expect(ofUser).toMatchObject({ kind: 'all_sessions_ended', detail: { admin_id: owner.id } })
    expect((await accounts.refresh(me)).status).toBe(401)
    // There is none any more, which is what was wanted.
    await done(`users/${me.user.id}/end-sessions`)
    const back = signedIn(await accounts.byWechat(liHua))
    await done(`apps/${openAppId}/end-sessions`)
    expect(await latest()).toMatchObject({ app_id: openAppId, detail: { admin_id: owner.id } })
    expect((await accounts.refresh(back)).status).toBe(401)
  })

  it('[PI-3] sees phones masked, and whole ones only where it is written down who did', async () => {
    const me = await accounts.openWholeAccount()
    const detail = await owner.get(`users/${me.user.id}`)
    expect(detail.body).toMatchObject({ phone: '+86 138****8001', phone_verified: true })
    const before = (await latest())?.kind
    expect(before).not.toBe('phone_revealed')
    const revealed = await done(`users/${me.user.id}/reveal-phone`)
    expect(revealed.body).toEqual({ phone: '+8613800138001' })
    expect(await latest()).toMatchObject({
      kind: 'phone_revealed',
      user_id: me.user.id,
      detail: { admin_id: owner.id },
    })
    const other = signedIn(await accounts.byWechat(wangFang))
    const none = await done(`users/${other.user.id}/reveal-phone`)
    expect(none.body).toEqual({ phone: null })
    expect((await latest())?.kind).not.toBe('phone_revealed')
  })

  it('[LG-1] exports everything of a user, and who did is written down', async () => {
    const me = await accounts.openWholeAccount()
    const exported = await done(`users/${me.user.id}/export`)
    expect(exported.body['user']).toMatchObject({ id: me.user.id, has_password: true })
    expect(exported.body['identities']).toHaveLength(2)
    expect(await latest()).toMatchObject({
      kind: 'data_exported',
      user_id: me.user.id,
      detail: { admin_id: owner.id },
    })
  })

  it('[LG-1] merges two users and takes it back, and refuses two people (R12)', async () => {
    const one = signedIn(await accounts.byWechat(liHua))
    const other = signedIn(await accounts.byWechat(wangFang, { app_id: phoneAppId }))
    const pair = { from: other.user.id, into: one.user.id }
    const merged = await owner.post('merges', pair)
    expect(outcome(merged)).toEqual([201, 'ok'])
    const merge_id = String(merged.body['merge_id'])
    expect(await latest()).toMatchObject({ kind: 'users_merged', detail: { admin_id: owner.id } })
    expect((await owner.get(`users/${other.user.id}`)).body).toMatchObject({
      status: 'merged',
      merged_into: one.user.id,
    })
    expect((await owner.get('merges')).body['merges']).toMatchObject([
      { id: merge_id, from_id: other.user.id, into_id: one.user.id, undone_at: null },
    ])
    await done(`merges/${merge_id}/undo`)
    expect(await latest()).toMatchObject({ kind: 'merge_undone', detail: { admin_id: owner.id } })
    expect(outcome(await owner.post(`merges/${merge_id}/undo`))).toEqual([404, 'not_found'])
    const third = signedIn(await accounts.byWechat(wangFang))
    const people = { from: third.user.id, into: one.user.id }
    expect(outcome(await owner.post('merges', people))).toEqual([409, 'merge_refused'])
    const nobody = { from: 'usr_00000000000', into: one.user.id }
    expect(outcome(await owner.post('merges', nobody))).toEqual([404, 'not_found'])
  })

  it('[LG-1] shows the two of a conflict, and leaves them apart (R9)', async () => {
    await accounts.close()
    accounts = await openConflict(storeKind)
    owner = await setUp(accounts, 'owner', 'Owner')
    const listed = await owner.get('conflicts')
    const [conflict] = listed.body['conflicts'] as { id: string }[]
    expect(conflict).toMatchObject({
      user: { id: expect.stringMatching(/^usr_/), status: 'active' },
      holder: { id: expect.stringMatching(/^usr_/), status: 'active' },
    })
    await done(`conflicts/${conflict?.id}/dismiss`)
    expect(await latest()).toMatchObject({
      kind: 'conflict_dismissed',
      detail: { admin_id: owner.id },
    })
    expect((await owner.get('conflicts')).body).toEqual({ conflicts: [] })
    const again = await owner.post(`conflicts/${conflict?.id}/dismiss`)
    expect(outcome(again)).toEqual([404, 'not_found'])
  })

  it('[LG-1] rotates the signing key, and not before the next was known for long enough', async () => {
    const listed = await owner.get('keys')
    const keys = listed.body['keys'] as { kid: string; slot: string }[]
    expect(keys.map(({ slot }) => slot)).toEqual(['next', 'current'])
    expect(outcome(await owner.post('keys/rotate'))).toEqual([409, 'key_too_soon'])
    const before = await latest()
    expect(before?.kind).toBe('admin_set_up')
    accounts.clock.advance(7 * 24 * 60 * 60_000)
    owner = await setUp(accounts, 'owner', 'Another')
    await done('keys/rotate')
    expect(await latest()).toMatchObject({
      kind: 'signing_key_rotated',
      detail: { by: 'operator', admin_id: owner.id },
    })
  })

  it('[LG-1] invites, promotes and ends administrators', async () => {
    const invited = await owner.post('invites', { role: 'viewer' })
    expect(invited.status).toBe(201)
    expect(invited.body['url']).toMatch(/^http:\/\/kaimen\.test\/console\/#\/set-up\/[\w-]{43}$/)
    expect(await latest()).toMatchObject({ kind: 'admin_invited', detail: { admin_id: owner.id } })
    const other = await setUp(accounts, 'viewer', 'Other')
    await owner.ask('PATCH', `admins/${other.id}`, { role: 'owner' })
    expect((await latest())?.detail).toEqual({ of: other.id, role: 'owner', admin_id: owner.id })
    // Of two owners either may end the other.
    expect((await other.ask('DELETE', `admins/${owner.id}`)).status).toBe(200)
    expect((await latest())?.detail).toEqual({ of: owner.id, admin_id: other.id })
    expect((await other.get('admins')).body['admins']).toMatchObject([
      { id: other.id, role: 'owner', ended_at: null },
      { id: owner.id, ended_at: expect.any(String) },
    ])
    const again = await other.ask('DELETE', `admins/${owner.id}`)
    expect(outcome(again)).toEqual([404, 'not_found'])
  })

  it('[LG-1] leave one event each, and none where nothing was done', async () => {
    const me = signedIn(await accounts.byWechat(liHua))
    const before = (await accounts.auth.events.list({ limit: 1000 })).length
    for (const { method, path, body } of Object.values<AdminRoute>(adminRoutes)) {
      if (method === 'GET' || body || !path.includes('{')) continue
      await owner.browser.ask(method, path.replaceAll(/\{\w+\}/g, 'usr_00000000000'))
    }
    expect(await accounts.auth.events.list({ limit: 1000 })).toHaveLength(before)
    await done(`users/${me.user.id}/disable`)
    expect(await accounts.auth.events.list({ limit: 1000 })).toHaveLength(before + 1)
  })
})

/** A server with two users of one person, whose unionid came late. */
async function openConflict(storeKind: StoreKind): Promise<Accounts> {
  const other = { app_id: 'wx00000000000000aa', secret: '0123456789abcdef0123456789abcdef' }
  const open_platform = 'open-platform-1'
  const accounts = await openAccounts({
    storeKind,
    apps: (seeded) => [...seeded, { ...other, open_platform }],
  })
  await accounts.control('POST', '/emulator/apps', {
    kind: 'mini_program',
    appid: other.app_id,
    secret: other.secret,
    open_platform,
  })
  const bind = (to: string | null) =>
    accounts.control('PATCH', `/emulator/apps/${openAppId}`, { open_platform: to })
  await bind(null)
  signedIn(await accounts.byWechat(liHua))
  await accounts.signIn({ app_id: other.app_id })
  await bind(open_platform)
  signedIn(await accounts.byWechat(liHua))
  return accounts
}
