import { join } from 'node:path'
import { createAuth, systemClock, type Auth, type AuthOptions } from '@kaimen/server'
import { createFolderBlobs } from '@kaimen/server/blobs/folder'
import { listen, type Listener } from '@kaimen/server/node'
import { createMemoryStore } from '@kaimen/server/store/memory'
import type { Log } from './log.ts'
import { checkRedisUrl, openRedis } from './redis.ts'
import { refuse } from './refuse.ts'
import { isPassing, openStores } from './stores.ts'

export type EngineOptions = Omit<AuthOptions, 'store' | 'ephemeral' | 'report'>

/** How often a store that is away is tried again, at the start. */
const retryMs = 2_000

/**
 * Opens the store, puts the engine on it and listens. When it returns, requests are answered: with
 * 503 for as long as the store is away, which is tried until it is there.
 */
export async function serve(
  options: EngineOptions & {
    databaseUrl: string
    redisUrl?: string | undefined
    dataDir: string
    port: number
    host: string
    drainSeconds?: number
    log: Log
    /** What stands before the engine; default nothing. */
    mount?: (auth: Auth) => Pick<Auth, 'handler' | 'drain'>
  },
): Promise<Listener & Pick<Auth, 'admins'>> {
  const {
    databaseUrl,
    redisUrl,
    dataDir,
    port,
    host,
    drainSeconds = 0,
    log,
    mount = (auth) => auth,
    ...engineOptions
  } = options
  await checkOptions(engineOptions)
  if (redisUrl !== undefined) checkRedisUrl(redisUrl)
  const stores = await openStores(databaseUrl)
  const { store } = stores
  const ephemeral = redisUrl === undefined ? stores.ephemeral : openRedis(redisUrl)
  const blobs = engineOptions.blobs ?? createFolderBlobs(join(dataDir, 'blobs'))
  const auth = createAuth({
    ...engineOptions,
    store,
    ...(ephemeral && { ephemeral }),
    blobs,
    report: (message, error) => log.error({ err: error }, message),
  })
  const stopped = new AbortController()
  async function close() {
    stopped.abort()
    await auth.close()
    await blobs.close()
    await ephemeral?.close()
    await store.close()
  }

  try {
    const isReady = await tryStore(auth, log)
    await ephemeral?.get('start').catch((error: unknown) => {
      log.warn({ err: error }, 'Redis does not answer; kaimen goes on without it until it does')
    })
    const listener = await naming({ [port]: 'KAIMEN_PORT' }, () =>
      listen(mount(auth), { port, host, drainSeconds }),
    )
    if (!isReady) void awaitStore(auth, log, stopped.signal)
    return {
      url: listener.url,
      admins: auth.admins,
      async close() {
        await listener.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * @returns Whether the store is there.
 * @throws Whatever waiting does not mend.
 */
async function tryStore(auth: Auth, log: Log): Promise<boolean> {
  try {
    await auth.ready()
    return true
  } catch (error) {
    if (!isPassing(error)) throw error
    log.error({ err: error }, 'The database is away, so kaimen is not ready. It is tried again.')
    return false
  }
}

async function awaitStore(auth: Auth, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await systemClock.sleep(retryMs, signal)
    if (signal.aborted) return
    try {
      if (await tryStore(auth, log)) return log.info('The database is there: kaimen is ready')
    } catch (error) {
      log.error({ err: error }, 'The database is there, but kaimen cannot work with it.')
    }
  }
}

/** Before anything is opened or made on disk. */
async function checkOptions(options: EngineOptions): Promise<void> {
  await createAuth({ ...options, store: createMemoryStore(systemClock) }).close()
}

/**
 * Says which setting moves a port that is taken.
 *
 * @param settings The name of each port's setting.
 */
export async function naming<Result>(
  settings: Readonly<Record<number, string>>,
  bind: () => Promise<Result>,
): Promise<Result> {
  try {
    return await bind()
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    const port = 'port' in error ? Number(error.port) : Number.NaN
    throw explain(settings[port] ?? '', port, error.code) ?? error
  }
}

function explain(setting: string, port: number, code: unknown) {
  switch (code) {
    case 'EADDRINUSE':
      return refuse(
        `Port ${port} is taken. End what uses it, or set ${setting} to another.`,
        `端口 ${port} 已被占用。请结束占用它的程序，或把 ${setting} 设为其他端口。`,
      )
    case 'EACCES':
      return refuse(
        `Port ${port} is not permitted to this user. Set ${setting} to one above 1023.`,
        `当前用户无权使用端口 ${port}。请把 ${setting} 设为 1023 以上的端口。`,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return refuse(
        'The address of --host is not one of this machine. 127.0.0.1 is this machine alone, 0.0.0.0 every network it is in.',
        '--host 不是本机的地址。127.0.0.1 仅限本机访问，0.0.0.0 监听所有网络。',
      )
    default:
      return undefined
  }
}
