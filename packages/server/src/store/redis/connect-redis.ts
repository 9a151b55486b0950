import { createRequire } from 'node:module'
import type * as sdk from 'ioredis'
import { loadSdk } from '../../sdk.ts'
import type { CheckedRedisOptions } from './redis-options.ts'
import { RedisError, reasonOf } from './redis-error.ts'

type Client = sdk.Redis | sdk.Cluster

export type Connection = {
  /** @throws {@link RedisError} Within `timeoutMs`, at once where Redis is known to be away. */
  ask<Reply>(question: (client: Client) => Promise<Reply>): Promise<Reply>
  close(): Promise<void>
}

/** How many timeouts a connection may be silent, with a question open, before it is taken for dead. */
const silentTimeouts = 2
const retryMs = (times: number) => Math.min(100 * times, 1000)

/**
 * Nothing waits for a Redis that is away: what is asked meanwhile fails, and is not sent later when
 * nobody waits for it any more. The connection comes back by itself.
 */
export function connectRedis(options: CheckedRedisOptions): Connection {
  const { timeoutMs } = options
  const client = openClient(options)
  let lastReason: string | undefined
  client.on('error', (error: unknown) => {
    lastReason = reasonOf(error) ?? lastReason
  })
  client.on('ready', () => {
    lastReason = undefined
  })
  // Only whoever comes before the first attempt is over waits for it.
  const opened = new Promise<void>((resolve) => {
    for (const event of ['ready', 'error', 'close', 'end']) client.once(event, () => resolve())
  })

  return {
    async ask(question) {
      const asked = opened.then(() => question(client))
      return within(timeoutMs, asked).catch((error: unknown) => {
        if (error instanceof RedisError) throw error
        throw new RedisError(reasonOf(error) ?? lastReason ?? 'away')
      })
    },
    async close() {
      // Not `quit`: it would wait for a Redis that is away.
      client.disconnect()
    },
  }
}

function openClient({ url, timeoutMs, tls }: CheckedRedisOptions): Client {
  const { nodes, isCluster, isTls, username, password, database } = url
  const { Cluster, Redis } = loadSdk('Keeping what is short-lived in Redis', 'ioredis', requireSdk)
  const each = {
    connectTimeout: timeoutMs,
    socketTimeout: silentTimeouts * timeoutMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    connectionName: 'kaimen',
    disableClientInfo: true,
    protocol: 2 as const,
    // A replica that was the master until now.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    ...(username !== undefined && { username }),
    ...(password && { password: password.reveal() }),
    ...(isTls && { tls }),
  }
  if (isCluster) {
    return new Cluster([...nodes], {
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      clusterRetryStrategy: retryMs,
      slotsRefreshTimeout: timeoutMs,
      redisOptions: each,
      // Certificates are made out to names; the nodes' addresses stay as the Cluster tells them.
      ...(isTls && { dnsLookup: (address, callback) => callback(null, address) }),
    })
  }
  const [{ host, port } = { host: '127.0.0.1', port: 6379 }] = nodes
  return new Redis({
    ...each,
    host,
    port,
    db: database,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    retryStrategy: retryMs,
  })
}

async function within<Reply>(milliseconds: number, reply: Promise<Reply>): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new RedisError(`no answer within ${milliseconds} ms`)),
      milliseconds,
    )
  })
  try {
    return await Promise.race([reply, timeout])
  } finally {
    clearTimeout(timer)
  }
}

/** When Redis is asked for, and not before: whoever keeps nothing there does not need the SDK. */
function requireSdk(): typeof sdk {
  return createRequire(import.meta.url)('ioredis') as typeof sdk
}
