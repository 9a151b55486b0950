import { sql, type Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/**
 * Forward only; each is applied once, in order. A released migration is never edited. Names begin
 * with a number, because they run in the order of their names.
 */
export const migrations: Record<string, Migration> = {
  '001_users_identities_sessions': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('users')
        .addColumn('id', 'integer', (c) => c.primaryKey())
        .addColumn('status', 'text', (c) => c.notNull())
        .addColumn('nickname', 'text')
        .addColumn('avatar_url', 'text')
        .addColumn('phone', 'blob')
        .addColumn('phone_index', 'text')
        .addColumn('password', 'text')
        .addColumn('created_at', 'integer', (c) => c.notNull())
        .execute()

      await db.schema
        .createTable('identities')
        .addColumn('app_id', 'text', (c) => c.notNull())
        .addColumn('openid', 'text', (c) => c.notNull())
        .addColumn('user_id', 'integer', (c) => c.notNull().references('users.id'))
        .addColumn('session_key', 'blob', (c) => c.notNull())
        .addColumn('created_at', 'integer', (c) => c.notNull())
        .addColumn('session_key_at', 'integer', (c) => c.notNull())
        .addPrimaryKeyConstraint('identities_pk', ['app_id', 'openid'])
        .modifyEnd(sql`without rowid`)
        .execute()
      await db.schema
        .createIndex('one_identity_of_user_in_app')
        .unique()
        .on('identities')
        .columns(['user_id', 'app_id'])
        .execute()

      await db.schema
        .createTable('phone_indexes')
        .addColumn('phone_index', 'text', (c) => c.primaryKey())
        .addColumn('user_id', 'integer', (c) => c.notNull().references('users.id'))
        .modifyEnd(sql`without rowid`)
        .execute()
      await db.schema
        .createIndex('phone_indexes_of_user')
        .on('phone_indexes')
        .column('user_id')
        .execute()

      await db.schema
        .createTable('unionids')
        .addColumn('open_platform', 'text', (c) => c.notNull())
        .addColumn('unionid', 'text', (c) => c.notNull())
        .addColumn('user_id', 'integer', (c) => c.notNull().references('users.id'))
        .addPrimaryKeyConstraint('unionids_pk', ['open_platform', 'unionid'])
        .modifyEnd(sql`without rowid`)
        .execute()
      await db.schema.createIndex('unionids_of_user').on('unionids').column('user_id').execute()

      await db.schema
        .createTable('sessions')
        .addColumn('id', 'integer', (c) => c.primaryKey())
        .addColumn('user_id', 'integer', (c) => c.notNull().references('users.id'))
        .addColumn('app_id', 'text', (c) => c.notNull())
        .addColumn('generation', 'integer', (c) => c.notNull())
        .addColumn('created_at', 'integer', (c) => c.notNull())
        .addColumn('rotated_at', 'integer', (c) => c.notNull())
        .addColumn('idle_expires_at', 'integer', (c) => c.notNull())
        .addColumn('expires_at', 'integer', (c) => c.notNull())
        .addColumn('ended_at', 'integer')
        .addColumn('end_reason', 'text')
        .addColumn('device', 'text')
        .execute()
      // Only live sessions are ever looked for by their user.
      await db.schema
        .createIndex('live_sessions_of_user')
        .on('sessions')
        .column('user_id')
        .where(sql.ref('ended_at'), 'is', null)
        .execute()

      await db.schema
        .createTable('events')
        .addColumn('id', 'integer', (c) => c.primaryKey())
        .addColumn('at', 'integer', (c) => c.notNull())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('user_id', 'integer')
        .addColumn('session_id', 'integer')
        .addColumn('app_id', 'text')
        .addColumn('detail', 'text')
        .execute()

      await db.schema
        .createTable('signing_keys')
        .addColumn('kid', 'text', (c) => c.primaryKey())
        .addColumn('slot', 'text', (c) => c.unique())
        .addColumn('sealed', 'blob', (c) => c.notNull())
        .addColumn('public_jwk', 'text', (c) => c.notNull())
        .addColumn('created_at', 'integer', (c) => c.notNull())
        .execute()

      await db.schema
        .createTable('ephemeral')
        .addColumn('key', 'text', (c) => c.primaryKey())
        .addColumn('value', 'text', (c) => c.notNull())
        .addColumn('expires_at', 'integer', (c) => c.notNull())
        .modifyEnd(sql`without rowid`)
        .execute()
      await db.schema
        .createIndex('ephemeral_by_expiry')
        .on('ephemeral')
        .column('expires_at')
        .execute()
    },
  },

  '002_accounts': {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable('users').renameColumn('avatar_url', 'avatar').execute()
      for (const [column, type] of [
        ['unverified_phone', 'blob'],
        ['unverified_phone_index', 'text'],
        ['gone_at', 'integer'],
        ['status_before', 'text'],
      ] as const) {
        await db.schema.alterTable('users').addColumn(column, type).execute()
      }
      // Nearly always empty: only those who wait to be gone.
      await db.schema
        .createIndex('users_by_end')
        .on('users')
        .column('gone_at')
        .where(sql.ref('gone_at'), 'is not', null)
        .execute()

      await db.schema.alterTable('identities').addColumn('open_platform', 'text').execute()
      await db.schema.alterTable('identities').addColumn('unionid', 'text').execute()

      await db.schema
        .createTable('unverified_phone_indexes')
        .addColumn('phone_index', 'text', (c) => c.primaryKey())
        .addColumn('user_id', 'integer', (c) => c.notNull().references('users.id'))
        .modifyEnd(sql`without rowid`)
        .execute()
      await db.schema
        .createIndex('unverified_phone_indexes_of_user')
        .on('unverified_phone_indexes')
        .column('user_id')
        .execute()

      await db.schema
        .createTable('preferences')
        .addColumn('user_id', 'integer', (c) => c.primaryKey().references('users.id'))
        .addColumn('document', 'text', (c) => c.notNull())
        .addColumn('version', 'integer', (c) => c.notNull())
        .addColumn('updated_at', 'integer', (c) => c.notNull())
        .execute()

      await db.schema
        .createTable('loose_blobs')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('at', 'integer', (c) => c.notNull())
        .execute()

      await db.schema
        .createTable('conflicts')
        .addColumn('id', 'integer', (c) => c.primaryKey())
        .addColumn('user_id', 'integer', (c) => c.notNull().references('users.id'))
        .addColumn('holder_id', 'integer', (c) => c.notNull().references('users.id'))
        .addColumn('app_id', 'text', (c) => c.notNull())
        .addColumn('created_at', 'integer', (c) => c.notNull())
        .addColumn('dismissed_at', 'integer')
        .execute()
      await db.schema
        .createIndex('one_conflict_of_a_pair')
        .unique()
        .on('conflicts')
        .columns(['user_id', 'holder_id'])
        .execute()

      await db.schema
        .createTable('merges')
        .addColumn('id', 'integer', (c) => c.primaryKey())
        .addColumn('from_id', 'integer', (c) => c.notNull())
        .addColumn('into_id', 'integer', (c) => c.notNull())
        .addColumn('created_at', 'integer', (c) => c.notNull())
        .addColumn('undone_at', 'integer')
        .addColumn('taken', 'text', (c) => c.notNull())
        .execute()
      await db.schema.createIndex('merges_into').on('merges').column('into_id').execute()

      await db.schema
        .createIndex('events_of_user')
        .on('events')
        .columns(['user_id', 'id'])
        .execute()
    },
  },
  '003_cursors': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('cursors')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('position', 'integer', (c) => c.notNull())
        .modifyEnd(sql`without rowid`)
        .execute()
    },
  },
}
