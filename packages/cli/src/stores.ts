import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ConfigError, systemClock, type Store } from '@kaimen/server'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'

/** Opens the store that `KAIMEN_DATABASE_URL` names. */
export async function openStore(databaseUrl: string): Promise<Store> {
  const [scheme, ...rest] = databaseUrl.split(':')
  if (scheme !== 'sqlite') {
    // The rest of the URL may hold a password.
    throw new ConfigError(
      'KAIMEN_DATABASE_URL has to be sqlite:path in this version, as in sqlite:.kaimen/kaimen.db.',
    )
  }
  const path = resolve(rest.join(':').replace(/^\/\//, ''))
  await mkdir(dirname(path), { recursive: true })
  return createSqlStore(openSqlite(path), systemClock)
}
