import { deepEqual, equal, ok } from 'node:assert/strict'
import type { StoredAdmin } from '../admin-store.ts'
import type { Store } from '../store.ts'
import { dayMs, event, kindsOf, signIn, start } from './builders.ts'
import { contractTest, type ContractTest } from './contract-test.ts'

/** What every {@link Store} promises of administrators, and of what they look at. */
export const adminContract: readonly ContractTest<Store>[] = [
  contractTest(
    'an invite makes one administrator, of its role, and opens a session',
    async ({ a, b }) => {
      await invite(a, 'one', 'operator')
      deepEqual(
        { ...(await b.findAdminInvite({ digest: 'one', now_ms: start })) },
        {
          digest: 'one',
          role: 'operator',
          expires_at: start + dayMs,
        },
      )
      const write = making(a, 'one', 'Li Hua')
      equal(await a.makeAdmin(write), 'made')
      const admin = { ...write.admin, role: 'operator', ended_at: null }
      deepEqual(plain(await b.findAdmin(write.admin.id)), admin)
      deepEqual(plain(await b.findAdminByName('LI hua')), admin)
      const found = await b.findAdminSession(write.session.id)
      deepEqual(plain(found?.admin), admin)
      deepEqual({ ...found?.session }, write.session)
      equal(await b.findAdminInvite({ digest: 'one', now_ms: start }), undefined)
      equal(await b.makeAdmin(making(b, 'one', 'Another')), 'invite_invalid')
      deepEqual(await kindsOf(b), ['admin_invited', 'admin_made'])
    },
  ),

  contractTest(
    'of nodes that use one invite at once one makes an administrator',
    async ({ a, b }) => {
      await invite(a, 'one')
      const outcomes = await Promise.all(
        [a, b, a, b].map((s, i) => s.makeAdmin(making(s, 'one', `Name ${i}`))),
      )
      deepEqual(outcomes.sort(), ['invite_invalid', 'invite_invalid', 'invite_invalid', 'made'])
      equal((await a.listAdmins()).length, 1)
    },
  ),

  contractTest('a name that is taken, whatever its case, leaves the invite', async ({ a, b }) => {
    for (const digest of ['one', 'two']) await invite(a, digest)
    await a.makeAdmin(making(a, 'one', 'Li'))
    equal(await b.makeAdmin(making(b, 'two', 'LI')), 'name_taken')
    equal(await b.makeAdmin(making(b, 'two', 'Wang')), 'made')
    deepEqual(
      (await a.listAdmins()).map(({ name }) => name),
      ['Wang', 'Li'],
    )
  }),

  contractTest('an invite that ran out makes nobody', async ({ a }) => {
    await invite(a, 'one')
    const late = { ...making(a, 'one', 'Li'), now_ms: start + dayMs }
    equal(await a.makeAdmin(late), 'invite_invalid')
    equal(await a.findAdminInvite({ digest: 'one', now_ms: start + dayMs }), undefined)
    await a.pruneAdmins(start + dayMs + 1)
    equal(await a.makeAdmin(making(a, 'one', 'Li')), 'invite_invalid')
    deepEqual(await a.listAdmins(), [])
  }),

  contractTest(
    'a step of the authenticator opens one session, and none before it opens any',
    async ({ a, b }) => {
      const { id } = await makeOwner(a, 'Li')
      const open = (s: Store, totp_step: number) =>
        s.openAdminSession({ session: session(s, id), factor: { totp_step } })
      const outcomes = await Promise.all([a, b, a, b].map((s) => open(s, 11)))
      deepEqual(outcomes.sort(), ['opened', 'used', 'used', 'used'])
      equal(await open(a, 10), 'used')
      equal(await open(a, 12), 'opened')
      equal((await b.findAdmin(id))?.totp_step, 12)
    },
  ),

  contractTest('a recovery code opens one session, of its administrator', async ({ a, b }) => {
    const { id } = await makeOwner(a, 'Li')
    const other = await makeOwner(a, 'Wang')
    const open = (s: Store, admin_id: number, recovery: string) =>
      s.openAdminSession({
        session: session(s, admin_id),
        factor: { recovery },
        event: event(s, { kind: 'admin_in', user_id: null }),
      })
    equal(await open(a, id, 'none'), 'used')
    equal(await open(a, other.id, `Li 1`), 'used')
    const outcomes = await Promise.all([a, b, a, b].map((s) => open(s, id, 'Li 1')))
    deepEqual(outcomes.sort(), ['opened', 'used', 'used', 'used'])
    equal(await open(b, id, 'Li 2'), 'opened')
    equal((await kindsOf(a)).filter((kind) => kind === 'admin_in').length, 2)
  }),

  contractTest('who is ended has no session, name or way in any more', async ({ a, b }) => {
    const { id, session: opened } = await makeOwner(a, 'Li')
    await makeOwner(a, 'Wang')
    const write = { id, now_ms: start + 1 }
    const outcomes = await Promise.all([a, b].map((s) => s.endAdmin(write)))
    deepEqual(outcomes.sort(), ['ended', 'not_found'])
    equal(await b.findAdminSession(opened.id), undefined)
    equal(await b.findAdminByName('Li'), undefined)
    equal((await b.findAdmin(id))?.ended_at, start + 1)
    for (const factor of [{ totp_step: 99 }, { recovery: 'Li 1' }]) {
      equal(await a.openAdminSession({ session: session(a, id), factor }), 'used')
    }
    equal(await a.setAdminRole({ id, role: 'viewer' }), 'not_found')
    await invite(a, 'again')
    equal(await a.makeAdmin(making(a, 'again', 'Li')), 'made')
  }),

  contractTest('of owners who end each other at once one stays', async ({ a, b }) => {
    const [li, wang] = [await makeOwner(a, 'Li'), await makeOwner(b, 'Wang')]
    const outcomes = await Promise.all([
      a.endAdmin({ id: li.id, now_ms: start }),
      b.setAdminRole({ id: wang.id, role: 'viewer' }),
    ])
    ok(outcomes.includes('last_owner'))
    equal(outcomes.filter((outcome) => outcome !== 'last_owner').length, 1)
    const owners = (await a.listAdmins()).filter(
      ({ role, ended_at }) => role === 'owner' && ended_at === null,
    )
    equal(owners.length, 1)
    const id = owners[0]?.id ?? 0
    equal(await a.setAdminRole({ id, role: 'owner' }), 'changed')
    equal(await a.setAdminRole({ id, role: 'operator' }), 'last_owner')
    equal(await a.endAdmin({ id, now_ms: start }), 'last_owner')
    equal(await a.endAdmin({ id: 1, now_ms: start }), 'not_found')
  }),

  contractTest('a role is changed for sessions that are open too', async ({ a, b }) => {
    await makeOwner(a, 'Li')
    const { id, session: opened } = await makeOwner(a, 'Wang')
    equal(await a.setAdminRole({ id, role: 'viewer' }), 'changed')
    equal((await b.findAdminSession(opened.id))?.admin.role, 'viewer')
  }),

  contractTest(
    'a session moves on when it is seen, never back, and ends once',
    async ({ a, b }) => {
      const { session: opened } = await makeOwner(a, 'Li')
      const { id } = opened
      await a.touchAdminSession({ id, seen_at: start + 5 })
      await b.touchAdminSession({ id, seen_at: start + 3 })
      equal((await a.findAdminSession(id))?.session.seen_at, start + 5)
      const outcomes = await Promise.all([a, b].map((s) => s.endAdminSession({ id })))
      deepEqual(outcomes.filter(Boolean).length, 1)
      equal(await a.findAdminSession(id), undefined)
      const { session: old } = await makeOwner(a, 'Wang')
      await a.pruneAdmins(old.expires_at + 1)
      equal(await a.findAdminSession(old.id), undefined)
    },
  ),

  contractTest(
    'users are listed newest first, or by how their nickname begins',
    async ({ a, b }) => {
      const ids: number[] = []
      for (const [index, nickname] of ['小明', '小', 'b', 'a%', 'ab', 'A', null].entries()) {
        const { user_id } = await signIn(a, { wechat: { openid: `openid ${index}` } })
        await a.changeProfile({ user_id, nickname, now_ms: start })
        ids.unshift(user_id)
      }
      const idsOf = async (query: { before?: number; limit: number }) =>
        (await b.listUsers(query)).map(({ id }) => id)
      deepEqual(await idsOf({ limit: 2 }), ids.slice(0, 2))
      deepEqual(await idsOf({ before: ids[1] ?? 0, limit: 9 }), ids.slice(2))
      const namesOf = async (nickname: string, limit = 9) =>
        (await b.listUsers({ nickname, limit })).map((user) => user.nickname)
      deepEqual(await namesOf('小'), ['小', '小明'])
      deepEqual(await namesOf('小', 1), ['小'])
      deepEqual(await namesOf('a'), ['a%', 'ab'])
      deepEqual(await namesOf('a%'), ['a%'])
      deepEqual(await namesOf('%'), [])
    },
  ),

  contractTest('live sessions are counted up to a number', async ({ a, b }) => {
    const { session_id } = await signIn(a)
    await signIn(a, { wechat: { openid: 'two' } })
    await signIn(a, { wechat: { openid: 'three' }, session: { idle_expires_at: start + 1 } })
    const counted = (most: number) => b.countLiveSessions({ now_ms: start + 1, most })
    equal(await counted(100), 2)
    equal(await counted(1), 1)
    await a.endSession({ id: session_id, now_ms: start, reason: 'removed' })
    equal(await counted(100), 1)
  }),

  contractTest('the latest events come newest first, of all or of one user', async ({ a, b }) => {
    for (const [kind, user_id] of [
      ['one', 1],
      ['two', null],
      ['three', 1],
      ['four', 2],
    ] as const) {
      await a.addEvent(event(a, { kind, user_id }))
    }
    const all = await b.listLatestEvents({ limit: 9 })
    deepEqual(
      all.map(({ kind }) => kind),
      ['four', 'three', 'two', 'one'],
    )
    const before = all[1]?.id ?? 0
    const kinds = async (query: { user_id?: number; before?: number; limit: number }) =>
      (await b.listLatestEvents(query)).map(({ kind }) => kind)
    deepEqual(await kinds({ limit: 2 }), ['four', 'three'])
    deepEqual(await kinds({ before, limit: 9 }), ['two', 'one'])
    deepEqual(await kinds({ user_id: 1, limit: 9 }), ['three', 'one'])
    deepEqual(await kinds({ user_id: 1, before, limit: 9 }), ['one'])
  }),
]

function invite(store: Store, digest: string, role: StoredAdmin['role'] = 'owner') {
  return store.addAdminInvite({
    invite: { digest, role, expires_at: start + dayMs },
    event: event(store, { kind: 'admin_invited', user_id: null }),
  })
}

function making(store: Store, digest: string, name: string) {
  const id = store.newId()
  return {
    digest,
    now_ms: start,
    admin: {
      id,
      name,
      password: 'a hash',
      totp: Uint8Array.of(1, 2),
      totp_step: 10,
      created_at: start,
    },
    recovery: [`${name} 1`, `${name} 2`],
    session: session(store, id),
    event: event(store, { kind: 'admin_made', user_id: null }),
  }
}

const session = (store: Store, admin_id: number) => ({
  id: store.newId(),
  admin_id,
  seen_at: start,
  expires_at: start + dayMs,
})

async function makeOwner(store: Store, name: string) {
  await invite(store, `for ${name}`)
  const write = making(store, `for ${name}`, name)
  equal(await store.makeAdmin(write), 'made')
  return { id: write.admin.id, session: write.session }
}

/** As the engines give bytes in kinds of their own. */
const plain = (admin: StoredAdmin | undefined) =>
  admin && { ...admin, totp: Uint8Array.from(admin.totp) }
