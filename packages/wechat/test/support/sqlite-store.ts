import { DatabaseSync } from 'node:sqlite'
import type { TokenStore } from '../../src/index.ts'

/** A store that processes share: one table in one file. */
export function openSqliteStore(file: string): TokenStore & { close(): void } {
  const db = new DatabaseSync(file, { timeout: 10_000 })
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
  db.exec('CREATE TABLE IF NOT EXISTS kv (key TEXT PRIMARY KEY, value TEXT, until_ms INTEGER)')
  const select = db.prepare('SELECT value FROM kv WHERE key = ? AND until_ms > ?')
  const insert = db.prepare(
    'INSERT INTO kv VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, until_ms = excluded.until_ms WHERE until_ms <= ?',
  )
  const update = db.prepare(
    'UPDATE kv SET value = ?, until_ms = ? WHERE key = ? AND value = ? AND until_ms > ?',
  )
  return {
    async get(key) {
      const value = select.get(key, Date.now())?.value
      return typeof value === 'string' ? value : undefined
    },
    async add(key, value, ttlMs) {
      return insert.run(key, value, Date.now() + ttlMs, Date.now()).changes === 1
    },
    async replace(key, expected, value, ttlMs) {
      return update.run(value, Date.now() + ttlMs, key, expected, Date.now()).changes === 1
    },
    close: () => db.close(),
  }
}
