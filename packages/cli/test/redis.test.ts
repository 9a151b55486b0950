import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { createEmulator, seedWorld } from '@kaimen/emulator'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  lacksRedis,
  startRedis,
  startRedisCluster,
} from '../../server/test/support/redis-server.ts'
import { checkRedis } from '../src/doctor/check-redis.ts'
import { serve } from '../src/serve.ts'
import { tempFolder } from './support/kaimen.ts'

const timeoutMs = 10_000

async function startOne(settings?: readonly string[]) {
  const server = await startRedis(settings)
  onTestFinished(() => server.close())
  return server
}

describe('kaimen doctor says of Redis', () => {
  it.skipIf(lacksRedis)('that it answers, with its version', async () => {
    const { url } = await startOne()
    expect(await checkRedis(url, timeoutMs)).toMatchObject({
      check: 'redis',
      status: 'ok',
      says: { en: expect.stringMatching(/^Redis answers \(\d+\.\d+\.\d+\)\.$/) as string },
    })
  })

  it.skipIf(lacksRedis).each([
    ['', 'Redis wants a password.'],
    [':canary@', 'Redis refuses the user or password.'],
  ])('that its password is missing or wrong', async (credentials, en) => {
    const { url } = await startOne(['--requirepass', 'right-canary'])
    const finding = await checkRedis(url.replace('//', `//${credentials}`), timeoutMs)
    expect(finding).toMatchObject({ status: 'failed', says: { en } })
    expect(JSON.stringify(finding)).not.toContain('canary')
  })

  it.skipIf(lacksRedis)('that it does not answer, and what nobody can do until then', async () => {
    const server = await startOne()
    await server.kill()
    expect(await checkRedis(server.url, timeoutMs)).toMatchObject({
      status: 'failed',
      says: { en: 'Redis does not answer: ECONNREFUSED.' },
      fix: { en: expect.stringContaining('nobody signs in by SMS, password or ticket') as string },
    })
  })

  it.skipIf(lacksRedis)('that it may evict what has to stay, where it has a bound', async () => {
    const evicting = await startOne(['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'])
    expect(await checkRedis(evicting.url, timeoutMs)).toMatchObject({
      status: 'failed',
      says: { en: expect.stringContaining('allkeys-lru') as string },
      fix: { en: expect.stringContaining('noeviction') as string },
    })
    // Without a bound nothing is ever evicted.
    const unbound = await startOne(['--maxmemory-policy', 'allkeys-lru'])
    expect(await checkRedis(unbound.url, timeoutMs)).toMatchObject({ status: 'ok' })
  })

  it.skipIf(lacksRedis)(
    'that it is a Cluster where one server is named, the other way about, and that it is not whole',
    async () => {
      const cluster = await startRedisCluster()
      onTestFinished(() => cluster.close())
      expect(await checkRedis(cluster.url, timeoutMs)).toMatchObject({
        status: 'ok',
        says: { en: expect.stringContaining('Redis Cluster answers') as string },
      })
      const [first = ''] = cluster.url.split(',')
      expect(await checkRedis(first, timeoutMs)).toMatchObject({
        status: 'failed',
        fix: { en: expect.stringContaining('?cluster') as string },
      })
      const single = await startOne()
      expect(await checkRedis(`${single.url}?cluster`, timeoutMs)).toMatchObject({
        status: 'failed',
        says: { en: 'KAIMEN_REDIS_URL names a Cluster, and Redis is none.' },
      })
      await cluster.servers[2]?.kill()
      for (;;) {
        const finding = await checkRedis(`${first}?cluster`, timeoutMs)
        expect(JSON.stringify(finding)).not.toContain(cluster.url)
        if (finding.status === 'failed' && finding.says.en.includes('is not whole')) break
        await setTimeout(200)
      }
    },
  )

  it('which part of its URL is wrong, and not the password', async () => {
    const finding = await checkRedis('redis://me:canary@localhost:0', timeoutMs)
    expect(finding).toMatchObject({
      status: 'failed',
      says: { en: expect.stringContaining('port') as string },
    })
    expect(JSON.stringify(finding)).not.toContain('canary')
  })
})

async function startServer(redisUrl: string) {
  const emulator = await createEmulator({ port: 0 })
  onTestFinished(() => emulator.close())
  const logged: string[] = []
  const log = (...line: unknown[]) => void logged.push(line.map((each) => String(each)).join(' '))
  const [{ appid: app_id, secret }] = seedWorld.apps
  const server = await serve({
    apps: [{ app_id, secret }],
    secret: randomBytes(36).toString('base64url'),
    publicUrl: 'https://auth.example.com',
    wechat: { baseUrl: emulator.url },
    databaseUrl: 'sqlite:' + (await tempFolder()) + '/kaimen.db',
    redisUrl,
    dataDir: await tempFolder(),
    port: 0,
    host: '127.0.0.1',
    log: { info: log, warn: log, error: log },
  })
  onTestFinished(() => server.close())

  async function signIn() {
    const login = await fetch(`${emulator.url}/emulator/wx/login`, {
      method: 'POST',
      body: JSON.stringify({ appid: app_id, person: seedWorld.people[0].id }),
    })
    const { code } = (await login.json()) as { code: string }
    return fetch(`${server.url}/v1/sign-in/wechat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    })
  }
  return { logged, signIn }
}

describe('a server with KAIMEN_REDIS_URL', () => {
  it.skipIf(lacksRedis)('keeps what is short-lived there', async () => {
    const redis = await startOne()
    const { signIn, logged } = await startServer(redis.url)
    expect((await signIn()).status).toBe(200)
    const client = new Redis(redis.url)
    expect((await client.keys('*')).map((key) => key.replace(/\/.*/, ''))).toContain('kaimen:code')
    client.disconnect()
    expect(logged).toEqual([])
  })

  it.skipIf(lacksRedis)(
    'starts and signs in by WeChat while Redis is away, and says so once',
    async () => {
      const redis = await startOne(['--requirepass', 'right-canary'])
      await redis.kill()
      const { signIn, logged } = await startServer(redis.url.replace('//', '//:right-canary@'))
      for (let time = 0; time < 5; time++) expect((await signIn()).status).toBe(200)
      expect(logged.filter((line) => line.includes('Redis'))).toHaveLength(1)
      expect(logged.join()).not.toContain('canary')
    },
  )
})
