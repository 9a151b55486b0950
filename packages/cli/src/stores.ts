import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { systemClock, type Store } from '@kaimen/server'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { refuse } from './refuse.ts'

/** Opens the store that `KAIMEN_DATABASE_URL` names. */
export async function openStore(databaseUrl: string): Promise<Store> {
  const path = readPath(databaseUrl)
  try {
    // Personal data: for this user alone, where the folder is ours to make.
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    return createSqlStore(openSqlite(path), systemClock)
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown'
    throw refuse(
      `The database ${path} cannot be opened: ${reason}. Check KAIMEN_DATABASE_URL and KAIMEN_DATA_DIR, and who may write there.`,
      `无法打开数据库 ${path}：${reason}。请检查 KAIMEN_DATABASE_URL、KAIMEN_DATA_DIR 以及写入权限。`,
    )
  }
}

/**
 * The file that `KAIMEN_DATABASE_URL` names: `sqlite:` before a path, or before `//` and an
 * absolute one.
 *
 * @throws ConfigError For any other URL.
 */
export function readPath(databaseUrl: string): string {
  const path = /^sqlite:(?:\/\/(?=\/))?(?!\/\/)(.+)$/.exec(databaseUrl)?.[1]
  if (path !== undefined && path !== ':memory:') return resolve(path)
  // The URL may hold a password: no part of it is repeated.
  throw refuse(
    'KAIMEN_DATABASE_URL has to be sqlite:path in this version, as in sqlite:.kaimen/kaimen.db.',
    'KAIMEN_DATABASE_URL 在当前版本必须是 sqlite:路径，例如 sqlite:.kaimen/kaimen.db。',
  )
}
