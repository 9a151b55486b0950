import { ConfigError, createAuth, type AuthOptions } from '@kaimen/server'
import { listen, type Listener } from '@kaimen/server/node'
import { openStore } from './stores.ts'
import type { Log } from './log.ts'

/** Opens the store, puts the engine on it and listens. */
export async function serve(
  options: Omit<AuthOptions, 'store' | 'report'> & {
    databaseUrl: string
    port: number
    host: string
    log: Log
  },
): Promise<Listener> {
  const { databaseUrl, port, host, log, ...authOptions } = options
  const store = await openStore(databaseUrl)
  const auth = createAuth({
    ...authOptions,
    store,
    report: (message, error) => log.error({ err: error }, message),
  })
  await auth.ready()
  const listener = await naming('KAIMEN_PORT', port, () => listen(auth, { port, host }))
  return {
    url: listener.url,
    async close() {
      await listener.close()
      await auth.close()
      await store.close()
    },
  }
}

/** Says which setting moves a port that is taken. */
export async function naming<Result>(
  setting: string,
  port: number,
  bind: () => Promise<Result>,
): Promise<Result> {
  try {
    return await bind()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') {
      throw new ConfigError(
        `Port ${port} is taken. End what uses it, or set ${setting} to another.`,
      )
    }
    if (code === 'EACCES') {
      throw new ConfigError(
        `Port ${port} is not permitted to this user. Set ${setting} to one above 1023.`,
      )
    }
    throw error
  }
}
