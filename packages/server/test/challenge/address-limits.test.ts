import { mkdtemp, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryEphemeralStore } from '@kaimen/server/store/memory'
import { createRedisEphemeralStore } from '@kaimen/server/store/redis'
import { createSqlEphemeralStore, createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import type { EphemeralStore } from '@kaimen/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  addressLimits,
  checkLimitOptions,
  mostPerAddress,
} from '../../src/challenge/address-limits.ts'
import { consume, giveBack, isFull } from '../../src/challenge/rate-limiter.ts'
import { testClock } from '../support/clock.ts'
import { lacksServer, openTwoNodes, serverKinds, type ServerKind } from '../support/databases.ts'
import { lacksRedis, startRedis, startRedisCluster } from '../support/redis-server.ts'
import { openAppId, openWorld, type WorldOptions } from '../support/world.ts'

/** Each as two nodes have it. */
const stores: Record<string, () => Promise<readonly [EphemeralStore, EphemeralStore]>> = {
  memory() {
    const store = createMemoryEphemeralStore(testClock())
    return Promise.resolve([store, store])
  },
  async sqlite() {
    const folder = await mkdtemp(join(tmpdir(), 'kaimen-limits-'))
    const database = openSqlite(join(folder, 'kaimen.db'))
    const store = createSqlStore(database, testClock())
    await store.migrate()
    onTestFinished(async () => {
      await store.close()
      await rm(folder, { recursive: true })
    })
    const clock = testClock()
    return [createSqlEphemeralStore(database, clock), createSqlEphemeralStore(database, clock)]
  },
  ...Object.fromEntries(
    serverKinds.filter((kind) => !lacksServer[kind]).map((kind) => [kind, () => openTwoOn(kind)]),
  ),
  async redis() {
    const server = await startRedis()
    onTestFinished(() => server.close())
    return openTwo(server.url)
  },
  async 'redis cluster'() {
    const cluster = await startRedisCluster()
    onTestFinished(() => cluster.close())
    return openTwo(cluster.url)
  },
}

async function openTwoOn(kind: ServerKind): Promise<[EphemeralStore, EphemeralStore]> {
  const nodes = await openTwoNodes(kind)
  onTestFinished(() => nodes.close())
  const clock = testClock()
  return [createSqlEphemeralStore(nodes.a, clock), createSqlEphemeralStore(nodes.b, clock)]
}

function openTwo(url: string): [EphemeralStore, EphemeralStore] {
  const [a, b] = [0, 1].map(() => {
    const store = createRedisEphemeralStore({ url, timeoutMs: 20_000 })
    onTestFinished(() => store.close())
    return store
  })
  if (!a || !b) throw new Error('two were asked for')
  return [a, b]
}

describe.each(Object.entries(stores))('a limit, counted on %s', (store, open) => {
  it.skipIf(store.startsWith('redis') && lacksRedis)(
    '[AU-6] of 200 at once passes exactly the 5 that it allows, and what is refused uses up nothing',
    async () => {
      const [a, b] = await open()
      const counted = { key: `key/${randomBytes(6).toString('hex')}`, max: 5, windowMs: 60_000 }
      const outcomes = await Promise.all(
        Array.from({ length: 200 }, (__, index) => consume(index % 2 ? a : b, counted)),
      )
      expect(outcomes.filter(({ hasRoom }) => hasRoom)).toHaveLength(5)
      expect(outcomes.filter(({ isLast }) => isLast)).toHaveLength(1)
      expect(await isFull(a, counted)).toBe(true)
      expect(Number(await a.get(counted.key))).toBe(5)
      await giveBack(a, counted)
      expect(await isFull(b, counted)).toBe(false)
      expect(await consume(b, counted)).toEqual({ hasRoom: true, isLast: true })
    },
  )
})

const client = '198.51.100.7'
const proxy = '203.0.113.1'

async function openWith(options: WorldOptions) {
  const world = await openWorld(options)
  onTestFinished(() => world.close())
  const signIn = async (address?: string, headers = {}) =>
    world.send('POST', '/v1/sign-in/wechat', {
      json: { app_id: openAppId, code: await world.wxLogin() },
      headers,
      ...(address !== undefined && { address }),
    })
  const guess = (address: string) =>
    world.send('POST', '/v1/sign-in/password', {
      json: { app_id: openAppId, phone: '13800138000', password: 'a wrong one' },
      address,
    })
  return { ...world, signInReply: signIn, guess }
}

describe('sign-in by WeChat', () => {
  it('[AU-6] is limited by address, told how long to wait, and open again in the next minute', async () => {
    const world = await openWith({ limits: { wechat_per_address_minute: 3 } })
    for (let time = 0; time < 3; time++) expect((await world.signInReply(client)).status).toBe(200)
    world.clock.advance(20_000)
    const { status, body, headers } = await world.signInReply(client)
    expect({ status, code: body['code'] }).toEqual({ status: 429, code: 'rate_limited' })
    expect(headers.get('retry-after')).toBe('40')
    expect((await world.signInReply('198.51.100.8')).status).toBe(200)
    world.clock.advance(40_000)
    expect((await world.signInReply(client)).status).toBe(200)
  })

  it('[AU-6] counts the addresses of one /64 as one, and mapped ones as IPv4', async () => {
    const world = await openWith({ limits: { wechat_per_address_minute: 1 } })
    expect((await world.signInReply('2001:db8:1:2::1')).status).toBe(200)
    expect((await world.signInReply('2001:db8:1:2:ffff::9')).status).toBe(429)
    expect((await world.signInReply('2001:db8:1:3::1')).status).toBe(200)
    expect((await world.signInReply(`::ffff:${client}`)).status).toBe(200)
    expect((await world.signInReply(client)).status).toBe(429)
  })

  it('[AU-7] counts by X-Forwarded-For only where a trusted proxy sends it', async () => {
    const world = await openWith({
      limits: { wechat_per_address_minute: 1 },
      trustedProxies: [proxy],
    })
    const from = (address: string) => ({ 'x-forwarded-for': address })
    expect((await world.signInReply(proxy, from(client))).status).toBe(200)
    expect((await world.signInReply(proxy, from(client))).status).toBe(429)
    expect((await world.signInReply(proxy, from('198.51.100.8'))).status).toBe(200)
    // A stranger who writes the header is counted by the address that the connection has.
    expect((await world.signInReply('198.51.100.9', from('192.0.2.1'))).status).toBe(200)
    expect((await world.signInReply('198.51.100.9', from('192.0.2.2'))).status).toBe(429)
  })

  it('[AU-7] is not counted where no public address is known', async () => {
    const world = await openWith({ limits: { wechat_per_address_minute: 1 } })
    for (const address of [undefined, '127.0.0.1', '10.0.0.7', '::1']) {
      for (let time = 0; time < 3; time++) {
        expect((await world.signInReply(address)).status).toBe(200)
      }
    }
  })

  it('keeps no address in the store as it is', async () => {
    const keys: string[] = []
    const inner = createMemoryEphemeralStore(testClock())
    const ephemeral: EphemeralStore = {
      ...inner,
      increment(key, by, ttlMs) {
        keys.push(key)
        return inner.increment(key, by, ttlMs)
      },
    }
    const world = await openWith({ ephemeral })
    await world.signInReply(client)
    expect(keys).toHaveLength(1)
    expect(keys[0]).not.toContain(client)
  })

  it('[OP-2] goes on uncounted while the store is away', async () => {
    const ephemeral: EphemeralStore = {
      ...createMemoryEphemeralStore(testClock()),
      increment: () => Promise.reject(new Error('away')),
    }
    const world = await openWith({ ephemeral, limits: { wechat_per_address_minute: 1 } })
    for (let time = 0; time < 3; time++) expect((await world.signInReply(client)).status).toBe(200)
  })
})

describe('sign-in by password', () => {
  it('[AU-6] is limited by address, whatever accounts are tried', async () => {
    const world = await openWith({ limits: { password_per_address_hour: 2 } })
    for (let time = 0; time < 2; time++) expect((await world.guess(client)).status).toBe(401)
    const refused = await world.guess(client)
    expect(refused.body['code']).toBe('rate_limited')
    expect((await world.guess('198.51.100.8')).status).toBe(401)
    expect((await world.signInReply(client)).status).toBe(200)
  })

  it('[OP-2] is refused while the store is away', async () => {
    const ephemeral: EphemeralStore = {
      ...createMemoryEphemeralStore(testClock()),
      increment: () => Promise.reject(new Error('away')),
    }
    const world = await openWith({ ephemeral })
    expect((await world.guess(client)).body['code']).toBe('unavailable')
  })
})

describe('the options of limits', () => {
  it('change one limit each, within their range', () => {
    expect(checkLimitOptions()).toEqual(addressLimits)
    for (const { option } of Object.values(addressLimits)) {
      for (const max of [1, mostPerAddress]) {
        const changed = Object.values(checkLimitOptions({ [option]: max }))
        expect(changed.filter((limit) => limit.max === max).map((limit) => limit.option)).toEqual([
          option,
        ])
      }
      for (const max of [0, 1.5, mostPerAddress + 1, Number.NaN]) {
        expect(() => checkLimitOptions({ [option]: max })).toThrow(`limits.${option}`)
      }
    }
    const misspelt: object = { wechat_per_adress_minute: 5 }
    expect(() => checkLimitOptions(misspelt)).toThrow('limits.wechat_per_adress_minute')
  })
})
