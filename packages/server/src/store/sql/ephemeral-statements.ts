import { sql } from 'kysely'
import type { Dialect } from './dialect.ts'
import { statement } from './statement.ts'

type Values = { key: string; value: string; now_ms: number; expires_at: number }
type CountValues = Omit<Values, 'value'> & { by: number; first: string }

/** Every statement of the SQL ephemeral store, one a name. */
export function ephemeralStatements({ db, engine, unlessTaken }: Dialect) {
  return {
    read: statement((v: { key: string; now_ms: number }) =>
      db
        .selectFrom('ephemeral')
        .select(['value', 'expires_at'])
        .where('key', '=', v.key)
        .where('expires_at', '>', v.now_ms),
    ),

    write: statement((v: Omit<Values, 'now_ms'>) => {
      const changes = { value: v.value, expires_at: v.expires_at }
      const insert = db.insertInto('ephemeral').values({ key: v.key, ...changes })
      return engine === 'mysql'
        ? insert.onDuplicateKeyUpdate(changes)
        : insert.onConflict((conflict) => conflict.column('key').doUpdateSet(changes))
    }),

    insert: unlessTaken((v: Values) =>
      db.insertInto('ephemeral').values({ key: v.key, value: v.value, expires_at: v.expires_at }),
    ),

    /** Over what has expired. */
    renew: statement((v: Values) =>
      db
        .updateTable('ephemeral')
        .set({ value: v.value, expires_at: v.expires_at })
        .where('key', '=', v.key)
        .where('expires_at', '<=', v.now_ms),
    ),

    addOrRenew: statement((v: Values) =>
      db
        .insertInto('ephemeral')
        .values({ key: v.key, value: v.value, expires_at: v.expires_at })
        .onConflict((conflict) =>
          conflict
            .column('key')
            .doUpdateSet({ value: v.value, expires_at: v.expires_at })
            .where('ephemeral.expires_at', '<=', v.now_ms),
        ),
    ),

    removeExactly: statement((v: Omit<Values, 'now_ms'>) =>
      db
        .deleteFrom('ephemeral')
        .where('key', '=', v.key)
        .where('value', '=', v.value)
        .where('expires_at', '=', v.expires_at),
    ),

    expired: statement((v: { now_ms: number; limit: number }) =>
      db
        .selectFrom('ephemeral')
        .select('key')
        .where('expires_at', '<=', v.now_ms)
        .orderBy('expires_at')
        .limit(v.limit),
    ),

    removeExpired: (keys: readonly string[], now_ms: number) =>
      db
        .deleteFrom('ephemeral')
        .where('key', 'in', keys)
        .where('expires_at', '<=', now_ms)
        .compile(),

    replace: statement(
      (v: { key: string; expected: string; value: string; now_ms: number; expires_at: number }) =>
        db
          .updateTable('ephemeral')
          .set({ value: v.value, expires_at: v.expires_at })
          .where('key', '=', v.key)
          .where('value', '=', v.expected)
          .where('expires_at', '>', v.now_ms),
    ),

    increaseReturning: statement((v: CountValues) =>
      db
        .insertInto('ephemeral')
        .values({ key: v.key, value: v.first, expires_at: v.expires_at })
        .onConflict((conflict) =>
          conflict.column('key').doUpdateSet({
            value: sql<string>`case when ephemeral.expires_at <= ${v.now_ms} then excluded.value
              else cast(cast(ephemeral.value as bigint) + cast(${v.by} as bigint) as text) end`,
            expires_at: sql<number>`case when ephemeral.expires_at <= ${v.now_ms}
              then excluded.expires_at else ephemeral.expires_at end`,
          }),
        )
        .returning('value'),
    ),

    /** The sum comes back as the statement's id: MySQL has no `returning`. */
    increaseNoting: statement((v: CountValues) =>
      db
        .insertInto('ephemeral')
        .values({ key: v.key, value: v.first, expires_at: v.expires_at })
        .onDuplicateKeyUpdate({
          value: sql<string>`last_insert_id(if(expires_at <= ${v.now_ms}, cast(${v.by} as signed),
            cast(value as signed) + cast(${v.by} as signed)))`,
          expires_at: sql<number>`if(expires_at <= ${v.now_ms}, ${v.expires_at}, expires_at)`,
        }),
    ),
  }
}
