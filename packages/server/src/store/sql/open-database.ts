import type { Clock } from '../../clock.ts'
import type { Random } from '../../random.ts'
import { readDatabaseUrl } from './database-url.ts'
import type { Database } from './database.ts'
import { openMysql } from './mysql.ts'
import { openPostgres } from './postgres.ts'
import type { ServerOptions } from './server-database.ts'
import { openSqlite } from './sqlite.ts'

/**
 * Opens the database that a connection string names; a server is first asked when the first
 * statement is.
 *
 *     const database = openDatabase('postgres://kaimen:…@db.internal/kaimen?sslmode=verify-full')
 *
 * @throws {@link DatabaseUrlError} That names the part that is wrong, and repeats nothing of it.
 * @throws {@link ConfigError} If the driver, `pg` or `mysql2`, is not installed.
 */
export function openDatabase(
  url: string,
  options: ServerOptions = {},
  world: { clock?: Clock; random?: Random } = {},
): Database {
  const read = readDatabaseUrl(url)
  if (read.engine === 'sqlite') return openSqlite(read.path)
  const open = read.engine === 'postgres' ? openPostgres : openMysql
  const { address, poolSize } = read
  return open(address, { ...(poolSize !== undefined && { poolSize }), ...options }, world)
}
