import { createSqlStore, migrations, openDatabase, type Database } from '@kaimen/server/store/sql'
import { storeContract } from '@kaimen/server/store/suite'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { keyOf, signIn, signInWrite, start } from '../../src/store/suite/builders.ts'
import { testClock } from '../support/clock.ts'
import { chances, emptyTables, run as ask } from '../support/databases.ts'
import { missingForGalera, startGalera, type GaleraCluster } from '../support/galera-cluster.ts'

const isSkipped = missingForGalera.length > 0 && process.env['CI'] !== 'true'
if (isSkipped) {
  const names = missingForGalera.join(', ')
  process.stderr.write(`The tests on Galera are SKIPPED, for want of ${names} (mariadb-server)\n`)
}

describe.skipIf(isSkipped)('a Galera cluster that is written to at every node', () => {
  let cluster: GaleraCluster
  let nodes: readonly Database[] = []
  beforeAll(async () => {
    cluster = await startGalera()
    nodes = cluster.urls.map((url) => openDatabase(url, { poolSize: 8 }))
    await Promise.all(nodes.map((node) => node.migrate(migrations)))
  }, 90_000)
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()))
    await cluster?.close()
  })
  beforeEach(() => emptyTables(node(0)))

  const node = (index: number) => {
    const found = nodes[index % nodes.length]
    if (!found) throw new Error('There is no node')
    return found
  }

  for (const [index, { title, run }] of storeContract.entries()) {
    it(title, () =>
      run(() => {
        const clock = testClock()
        return Promise.resolve({
          a: createSqlStore(node(index), clock, chances.a),
          b: createSqlStore(node(index + 1), clock, chances.b),
          wait: clock.advance,
          close: () => Promise.resolve(),
        })
      }),
    )
  }

  it('everybody gets an ordinary outcome in a storm of sign-ins, refreshes and links', async () => {
    const clock = testClock()
    const stores = nodes.map((each, index) =>
      createSqlStore(each, clock, () => Uint8Array.of(2 * index, 0, 0, 0)),
    )
    const [first] = stores
    if (!first) return
    const { user_id, session_id: id } = await signIn(first)
    const outcomes = await Promise.all(
      Array.from({ length: 90 }, (_, n) => {
        const store = stores[n % stores.length] ?? first
        switch (Math.floor(n / 3) % 3) {
          case 0:
            return store.rotateSession({
              id,
              generation: 0,
              now_ms: start,
              idle_expires_at: start + 1,
            })
          case 1: {
            const wechat = { ...keyOf({ app_id: `app ${n % 9}` }), session_key: Uint8Array.of(1) }
            return store.linkIdentity({ user_id, now_ms: start, wechat })
          }
          default:
            return store.signIn(signInWrite(store, { user_id, identity: 'known' }))
        }
      }),
    )
    const count = (outcome: string) => outcomes.filter((each) => each === outcome).length
    expect(count('not_rotated')).toBe(29)
    expect(count('signed_in')).toBe(30)
    expect(count('linked') + count('taken')).toBe(30)
    const sessions = await ask(node(1), 'select count(*) as n from sessions')
    expect(Number(sessions.rows[0]?.['n'])).toBe(31)
  })
})
