import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmulator } from '@kaimen/emulator'
import { openBalancer, type Balancer } from './balancer.ts'
import { openNode, type KaimenNode } from './nodes.ts'
import { openPostgres, openRedis, type Postgres, type Service } from './services.ts'

/** Everything that a campaign breaks: three nodes, what they stand on, and what stands before them. */
export type System = {
  readonly nodes: readonly KaimenNode[]
  readonly postgres: Postgres
  readonly redis: Service
  readonly balancer: Balancer
  readonly wechatUrl: string
  /** How often WeChat was asked for an access_token. */
  tokenRequests(): Promise<number>
  close(): Promise<void>
}

const nodeCount = 3
const countEveryMs = 1_000

export async function openSystem(): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-chaos-'))
  await chmod(folder, 0o755)
  const closers: (() => Promise<unknown>)[] = []
  // Those who write there may be a moment in dying.
  const clean = () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  async function close() {
    for (const closer of closers.toReversed()) await closer()
    process.off('exit', clean)
    clean()
  }
  try {
    const postgres = await openPostgres(folder)
    closers.push(() => postgres.stop())
    const redis = await openRedis(folder)
    closers.push(() => redis.stop())
    await Promise.all([postgres.start(), redis.start()])
    const emulator = await createEmulator({ port: 0 })
    closers.push(() => emulator.close())
    const options = {
      publicUrl: 'https://kaimen.test',
      secret: randomBytes(36).toString('base64url'),
      databaseUrl: postgres.url,
      redisUrl: redis.url,
      wechatUrl: emulator.url,
      drainSeconds: 2,
    }
    const names = Array.from({ length: nodeCount }, (_, index) => `node ${index + 1}`)
    const nodes = await Promise.all(names.map((name) => openNode(name, options)))
    closers.push(() => Promise.all(nodes.map((node) => node.end('SIGKILL'))))
    await Promise.all(nodes.map((node) => node.start()))
    const balancer = await openBalancer(nodes.map(({ url }) => url))
    closers.push(() => balancer.close())
    const counter = countTokenRequests(emulator.url)
    closers.push(() => Promise.resolve(counter.close()))
    const { count: tokenRequests } = counter
    process.on('exit', clean)
    return { nodes, postgres, redis, balancer, wechatUrl: emulator.url, tokenRequests, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The emulator keeps the latest thousand calls, so it is asked again and again. */
function countTokenRequests(wechatUrl: string) {
  const byInstant = new Map<string, number>()
  async function look() {
    const reply = await fetch(`${wechatUrl}/emulator/calls`)
    const { calls } = (await reply.json()) as { calls: { path: string; at: string }[] }
    const seen = new Map<string, number>()
    for (const { path, at } of calls) {
      if (path === '/cgi-bin/stable_token') seen.set(at, (seen.get(at) ?? 0) + 1)
    }
    for (const [at, times] of seen) byInstant.set(at, Math.max(times, byInstant.get(at) ?? 0))
  }
  const timer = setInterval(() => void look().catch(() => undefined), countEveryMs)
  return {
    async count() {
      await look()
      return [...byInstant.values()].reduce((sum, times) => sum + times, 0)
    },
    close: () => clearInterval(timer),
  }
}
