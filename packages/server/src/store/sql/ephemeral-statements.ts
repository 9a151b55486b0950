import { sql, type Kysely } from 'kysely'
import { statement } from './statement.ts'
import type { Tables } from './tables.ts'

/** Every statement of the SQL ephemeral store, one a name. */
export function ephemeralStatements(db: Kysely<Tables>) {
  return {
    read: statement((v: { key: string; now_ms: number }) =>
      db
        .selectFrom('ephemeral')
        .select('value')
        .where('key', '=', v.key)
        .where('expires_at', '>', v.now_ms),
    ),

    insert: statement((v: { key: string; value: string; expires_at: number }) =>
      db
        .insertInto('ephemeral')
        .values({ key: v.key, value: v.value, expires_at: v.expires_at })
        .onConflict((conflict) => conflict.doNothing()),
    ),

    remove: statement((v: { key: string }) => db.deleteFrom('ephemeral').where('key', '=', v.key)),

    removeExpired: statement((v: { now_ms: number }) =>
      db.deleteFrom('ephemeral').where('expires_at', '<=', v.now_ms),
    ),

    replace: statement(
      (v: { key: string; expected: string; value: string; now_ms: number; expires_at: number }) =>
        db
          .updateTable('ephemeral')
          .set({ value: v.value, expires_at: v.expires_at })
          .where('key', '=', v.key)
          .where('value', '=', v.expected)
          .where('expires_at', '>', v.now_ms),
    ),

    increase: statement((v: { key: string; by: number }) =>
      db
        .updateTable('ephemeral')
        .set({ value: sql<string>`cast(cast(value as integer) + ${v.by} as text)` })
        .where('key', '=', v.key),
    ),
  }
}
