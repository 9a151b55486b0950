import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { EphemeralStore } from '@kaimen/server'
import {
  createRedisEphemeralStore,
  examineRedis,
  RedisError,
  type RedisOptions,
} from '@kaimen/server/store/redis'
import { ephemeralStoreContract, type Opened } from '@kaimen/server/store/suite'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  lacksRedis,
  startRedis,
  startRedisCluster,
  type RedisServer,
} from '../support/redis-server.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

function openOn(url: string, options: Omit<RedisOptions, 'url'> = {}) {
  const store = createRedisEphemeralStore({ url, ...options })
  closers.push(() => store.close())
  return store
}

async function startOne(...how: Parameters<typeof startRedis>): Promise<RedisServer> {
  const server = await startRedis(...how)
  closers.push(() => server.close())
  return server
}

/** Two connections, as two nodes have them, under keys of their own. */
function openPair(url: string): Promise<Opened<EphemeralStore>> {
  const prefix = `kaimen-test:${randomBytes(9).toString('hex')}:`
  const [a, b] = [0, 1].map(() => createRedisEphemeralStore({ url, prefix, timeoutMs: 20_000 }))
  if (!a || !b) throw new Error('two were asked for')
  const close = async () => {
    await Promise.all([a.close(), b.close()])
  }
  return Promise.resolve({ a, b, wait: (milliseconds) => setTimeout(milliseconds), close })
}

async function reject(act: Promise<unknown>): Promise<{ error: RedisError; tookMs: number }> {
  const beganMs = performance.now()
  const error: unknown = await act.then(
    () => undefined,
    (failure: unknown) => failure,
  )
  if (!(error instanceof RedisError)) throw new Error(`not refused: ${String(error)}`)
  return { error, tookMs: performance.now() - beganMs }
}

async function untilAnswers(store: EphemeralStore, key = 'probe'): Promise<void> {
  for (;;) {
    try {
      return void (await store.get(key))
    } catch {
      await setTimeout(20)
    }
  }
}

const sharedUrl = process.env['TEST_REDIS_URL']

describe.skipIf(sharedUrl === undefined)('the ephemeral store on Redis', () => {
  for (const { title, run } of ephemeralStoreContract) {
    it.concurrent(title, () => run(() => openPair(sharedUrl ?? '')))
  }
})

describe.skipIf(lacksRedis)('the ephemeral store on a Redis Cluster of three masters', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>
  beforeAll(async () => {
    cluster = await startRedisCluster()
  })
  afterAll(() => cluster.close())

  for (const { title, run } of ephemeralStoreContract) {
    it.concurrent(title, () => run(() => openPair(cluster.url)))
  }

  it('keys lie on all three masters', async () => {
    const store = openOn(cluster.url, { timeoutMs: 20_000 })
    for (let index = 0; index < 60; index++) await store.set(`key ${index}`, 'x', 60_000)
    for (const { port } of cluster.servers) {
      const client = new Redis({ port, host: '127.0.0.1' })
      expect(await client.dbsize()).toBeGreaterThan(5)
      client.disconnect()
    }
  })

  it('one of its nodes and ?cluster is enough to find the others', async () => {
    const store = openOn(`${cluster.url.split(',')[0]}/?cluster`, { timeoutMs: 20_000 })
    for (let index = 0; index < 20; index++) {
      expect(await store.increment(`found ${index}`, 1, 60_000)).toBe(1)
    }
  })

  it('tells the reason to whoever takes it for a single server', async () => {
    const store = openOn(cluster.url.split(',')[0] ?? '', { timeoutMs: 20_000 })
    const acts = Array.from({ length: 30 }, (_, index) => store.get(`anywhere ${index}`))
    const outcomes = await Promise.allSettled(acts)
    const reasons = outcomes.flatMap((each) =>
      each.status === 'rejected' ? [String(each.reason)] : [],
    )
    expect(reasons.length).toBeGreaterThan(5)
    expect(new Set(reasons)).toEqual(new Set(['RedisError: Redis: MOVED']))
  })

  it('says that it is a Cluster and whole', async () => {
    expect(await examineRedis({ url: cluster.url, timeoutMs: 20_000 })).toMatchObject({
      isCluster: true,
      isWhole: true,
      evictionPolicy: 'noeviction',
    })
  })

  it('while a master is away its keys fail in time, and they are served when it is back', async () => {
    const store = openOn(cluster.url, { timeoutMs: 500 })
    await untilAnswers(store)
    const [, , third] = cluster.servers
    await third?.kill()
    const acts = Array.from({ length: 12 }, (_, index) => store.get(`key ${index}`))
    const beganMs = performance.now()
    const outcomes = await Promise.allSettled(acts)
    expect(performance.now() - beganMs).toBeLessThan(5000)
    expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true)
    await third?.start()
    for (let index = 0; index < 12; index++) await untilAnswers(store, `key ${index}`)
  })
})

describe.skipIf(lacksRedis)('a Redis that goes away', () => {
  it('refuses at once while nothing listens, and serves again by itself', async () => {
    const server = await startOne()
    const store = openOn(server.url, { timeoutMs: 2000 })
    await store.set('key', 'one', 60_000)
    await server.kill()
    await reject(store.get('key'))
    const acts = Array.from({ length: 1000 }, () => reject(store.get('key')))
    const refused = await Promise.all(acts)
    // None has waited for its time to be over.
    expect(Math.max(...refused.map(({ tookMs }) => tookMs))).toBeLessThan(1500)
    expect(refused[999]?.error.message).toMatch(/^Redis: (ECONNREFUSED|ECONNRESET|away)$/)
    await server.start()
    await untilAnswers(store)
    // What it held is lost, and nothing that was asked meanwhile is sent late.
    expect(await store.get('key')).toBeUndefined()
  })

  it('is bounded in time while it hangs, and what timed out is not counted twice', async () => {
    const server = await startOne()
    const store = openOn(server.url, { timeoutMs: 200 })
    await store.increment('counter', 1, 60_000)
    server.hang()
    const acts = Array.from({ length: 50 }, () => reject(store.increment('counter', 1, 60_000)))
    for (const { error, tookMs } of await Promise.all(acts)) {
      expect(error.message).toBe('Redis: no answer within 200 ms')
      expect(tookMs).toBeLessThan(5000)
    }
    // The connection is taken for dead, and another one is opened that hangs too.
    await setTimeout(600)
    await reject(store.get('counter'))
    server.resume()
    await untilAnswers(store)
    expect(Number(await store.get('counter'))).toBeLessThanOrEqual(51)
  })

  it('is asked over a new connection when the old one leads nowhere any more', async () => {
    const server = await startOne()
    let isLost = false
    const wires: Socket[] = []
    const network = createServer((wire) => {
      const far = connect(server.port, '127.0.0.1')
      wires.push(wire, far)
      for (const end of [wire, far]) end.on('error', () => {})
      // As when a firewall forgets a connection: what is sent vanishes, and nobody says so.
      const isOld = !isLost
      wire.on('data', (bytes) => {
        if (!(isOld && isLost)) far.write(bytes)
      })
      far.pipe(wire)
    })
    network.listen(0, '127.0.0.1')
    await once(network, 'listening')
    closers.push(async () => {
      for (const wire of wires) wire.destroy()
      network.close()
      await once(network, 'close')
    })
    const address = network.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const store = openOn(`redis://127.0.0.1:${port}`, { timeoutMs: 300 })
    await untilAnswers(store)
    isLost = true
    expect((await reject(store.get('key'))).error.message).toBe('Redis: no answer within 300 ms')
    await untilAnswers(store)
  })

  it('may be away from the start, and is found when it comes', async () => {
    const server = await startOne()
    await server.kill()
    const store = openOn(server.url, { timeoutMs: 2000 })
    expect((await reject(store.get('key'))).error.reason).toBe('ECONNREFUSED')
    await server.start()
    await untilAnswers(store)
    expect(await store.add('key', 'one', 60_000)).toBe(true)
  })

  it('runs its scripts again after it has forgotten them', async () => {
    const server = await startOne()
    const store = openOn(server.url, { timeoutMs: 20_000 })
    expect(await store.increment('counter', 1, 60_000)).toBe(1)
    const client = new Redis(server.url)
    await client.script('FLUSH')
    client.disconnect()
    expect(await store.increment('counter', 1, 60_000)).toBe(2)
    expect(await store.replace('counter', '2', '7', 60_000)).toBe(true)
  })
})

describe.skipIf(lacksRedis)('a Redis that refuses', () => {
  it('is told by the kind of its reply, without keys, values and the password', async () => {
    const server = await startOne(['--requirepass', 'right-password'])
    for (const credentials of ['', ':wrong-password@', 'somebody:wrong-password@']) {
      const store = openOn(server.url.replace('//', `//${credentials}`), { timeoutMs: 2000 })
      const { error } = await reject(store.set('the-key', 'the-value', 60_000))
      expect(error.message).toMatch(/^Redis: (NOAUTH|WRONGPASS)$/)
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(
        /password@|wrong-password|the-value|the-key/,
      )
      expect(error.cause).toBeUndefined()
    }
    const store = openOn(server.url.replace('//', '//:right-password@'), { timeoutMs: 20_000 })
    await store.set('key', 'one', 60_000)
    expect(await store.get('key')).toBe('one')
  })

  it('is told by OOM where it may not forget and has no room', async () => {
    const server = await startOne(['--maxmemory', '2mb', '--maxmemory-policy', 'noeviction'])
    const store = openOn(server.url, { timeoutMs: 20_000 })
    const fill = async () => {
      for (let index = 0; ; index++) await store.set(`key ${index}`, 'x'.repeat(10_000), 60_000)
    }
    expect((await reject(fill())).error.message).toBe('Redis: OOM')
    expect(await examineRedis({ url: server.url })).toMatchObject({
      evictionPolicy: 'noeviction',
      maxMemoryBytes: 2 * 1024 * 1024,
    })
  })
})

it.skipIf(lacksRedis)(
  'every key has the prefix and a life, so that nothing stays for ever',
  async () => {
    const server = await startOne()
    const store = openOn(server.url, { prefix: 'mine:', timeoutMs: 20_000 })
    await store.set('set', 'x', 60_000)
    await store.add('add', 'x', 60_000)
    await store.increment('increment', 1, 60_000)
    await store.increment('increment', 1, 60_000)
    await store.replace('set', 'x', 'y', 60_000)
    const client = new Redis(server.url)
    const keys = (await client.keys('*')).toSorted()
    expect(keys).toEqual(['mine:add', 'mine:increment', 'mine:set'])
    for (const key of keys) expect(await client.pttl(key)).toBeGreaterThan(50_000)
    client.disconnect()
  },
)

it.skipIf(lacksRedis)('a life of no time at all is the shortest there is', async () => {
  const server = await startOne()
  const store = openOn(server.url, { timeoutMs: 20_000 })
  await store.set('set', 'x', 0)
  expect(await store.increment('counter', 1, 0.4)).toBe(1)
  await setTimeout(20)
  expect(await store.get('set')).toBeUndefined()
  expect(await store.increment('counter', 1, 60_000)).toBe(1)
})

it.skipIf(lacksRedis)(
  'rediss: speaks TLS, and takes only a certificate that it trusts',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kaimen-redis-tls-'))
    closers.push(() => rm(folder, { recursive: true }))
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    const subject = [
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
    ]
    execFileSync('openssl', [...made, '-keyout', keyFile, '-out', certFile, ...subject], {
      stdio: 'ignore',
    })
    const files = ['--tls-cert-file', certFile, '--tls-key-file', keyFile]
    const server = await startOne(['--tls-auth-clients', 'no', ...files], { tls: true })
    const ca = await readFile(certFile)
    const trusting = openOn(server.url, { timeoutMs: 20_000, tls: { ca } })
    await trusting.set('key', 'one', 60_000)
    expect(await trusting.get('key')).toBe('one')
    const { error } = await reject(openOn(server.url, { timeoutMs: 2000 }).get('key'))
    expect(error.reason).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
    const plain = openOn(server.url.replace('rediss', 'redis'), { timeoutMs: 2000 })
    await reject(plain.get('key'))
  },
)
