// Merges, leaving and profiles without end, in a process of its own, for a test that kills it.
// Usage: account-process.ts '{"path": …, "round": …}'
// Prints a line when it has begun.
import { systemClock } from '@kaimen/server'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'

export type AccountProcessOptions = { path: string; round: number }

const { path, round } = JSON.parse(process.argv[2] ?? '') as AccountProcessOptions
const store = createSqlStore(openSqlite(path), systemClock)

const sealed = (text: string) => Buffer.from(text)

async function signIn(name: string, app_id: string): Promise<number> {
  const user_id = store.newId()
  const now_ms = systemClock.now()
  const index = `phone ${name}`
  await store.signIn({
    now_ms,
    app_id,
    user_id,
    user: 'make',
    wechat: {
      app_id,
      openid: name,
      open_platform: 'platform',
      unionid: `union ${name}`,
      identity: 'new',
      claim_unionid: true,
      session_key: sealed(name),
    },
    phone: { indexes: [index, `${index} old`], index, sealed: sealed(index) },
    session: {
      id: store.newId(),
      device: null,
      idle_expires_at: now_ms + 1_000_000,
      expires_at: now_ms + 1_000_000,
    },
    events: [tell('made', user_id)],
  })
  return user_id
}

const tell = (kind: string, user_id: number, detail: object = {}) => ({
  id: store.newId(),
  at: systemClock.now(),
  kind,
  user_id,
  session_id: null,
  app_id: null,
  detail: JSON.stringify(detail),
})

/** One life of two people after the other: all that there is to be torn. */
async function live(name: string) {
  const from = await signIn(`${name} from`, 'app one')
  const into = await signIn(`${name} into`, 'app two')
  const now_ms = systemClock.now()
  for (let version = 0; version < 3; version++) {
    const change = { nickname: `name ${version}`, avatar: `${from} ${version}.png` }
    const event = tell('profile', from, change)
    await store.addLooseBlob({ name: change.avatar, at: now_ms + 1_000_000 })
    await store.changeProfile({ user_id: from, ...change, now_ms, event })
  }
  await store.setPreferences({ user_id: from, document: '{}', replaces: 0, now_ms })
  const users = { from_id: from, into_id: into }
  const merge = async (gone_at: number) => {
    const id = store.newId()
    await store.mergeUsers({ id, ...users, now_ms, gone_at, event: tell('merged', from, { id }) })
    return id
  }
  const id = await merge(now_ms + 1_000_000)
  await store.undoMerge({ id, now_ms, event: tell('undone', from, { id }) })
  await merge(now_ms + 1_000_000)
  const leave = (gone_at: number) =>
    store.deleteUser({ id: into, now_ms, gone_at, event: tell('deleted', into) })
  await leave(now_ms + 1_000_000)
  await store.restoreUser({ id: into, now_ms, event: tell('restored', into) })
  await leave(now_ms)
  await store.eraseUser({ id: into, now_ms, event: tell('erased', into, { with: from }) })
}

process.stdout.write('begun\n')
await Promise.all(
  Array.from({ length: 6 }, async (_, lane) => {
    for (let turn = 0; ; turn++) await live(`${round}/${lane}/${turn}`)
  }),
)
