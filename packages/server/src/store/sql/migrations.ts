import { sql, type ColumnDefinitionBuilder, type Kysely } from 'kysely'
import type { ColumnTypes } from './column-types.ts'
import type { Migration } from './database.ts'

/**
 * Forward only; each is applied once, in order. A released migration is never edited. Names begin
 * with a number, because they run in the order of their names.
 *
 * While servers are replaced one by one, those of the version before go on with the new schema: a
 * migration adds, and what it adds may be left out; what is no longer used goes a version later.
 */
export const migrations: Record<string, Migration> = {
  '001_users_identities_sessions': {
    async up(db: Kysely<unknown>, types: ColumnTypes) {
      await db.schema
        .createTable('users')
        .addColumn('id', types.id, (c) => c.primaryKey())
        .addColumn('status', types.text, (c) => c.notNull())
        .addColumn('nickname', types.text)
        .addColumn(firstAvatar(types), types.text)
        .addColumn('phone', types.bytes)
        .addColumn('phone_index', types.key())
        .addColumn('password', types.text)
        .addColumn('created_at', types.instant, (c) => c.notNull())
        .execute()
      if (types.engine === 'mysql') {
        const zero = (c: ColumnDefinitionBuilder) => c.notNull().defaultTo(0)
        await db.schema.alterTable('users').addColumn('held', types.id, zero).execute()
      }

      await db.schema
        .createTable('identities')
        .addColumn('app_id', types.key(), (c) => c.notNull())
        .addColumn('openid', types.key(), (c) => c.notNull())
        .addColumn('user_id', types.id, ofUser(types))
        .addColumn('session_key', types.bytes, (c) => c.notNull())
        .addColumn('created_at', types.instant, (c) => c.notNull())
        .addColumn('session_key_at', types.instant, (c) => c.notNull())
        .addPrimaryKeyConstraint('identities_pk', ['app_id', 'openid'])
        .modifyEnd(types.keyedTable)
        .execute()
      await db.schema
        .createIndex('one_identity_of_user_in_app')
        .unique()
        .on('identities')
        .columns(['user_id', 'app_id'])
        .execute()

      await db.schema
        .createTable('phone_indexes')
        .addColumn('phone_index', types.key(), (c) => c.primaryKey())
        .addColumn('user_id', types.id, ofUser(types))
        .modifyEnd(types.keyedTable)
        .execute()
      await db.schema
        .createIndex('phone_indexes_of_user')
        .on('phone_indexes')
        .column('user_id')
        .execute()

      await db.schema
        .createTable('unionids')
        .addColumn('open_platform', types.key(), (c) => c.notNull())
        .addColumn('unionid', types.key(), (c) => c.notNull())
        .addColumn('user_id', types.id, ofUser(types))
        .addPrimaryKeyConstraint('unionids_pk', ['open_platform', 'unionid'])
        .modifyEnd(types.keyedTable)
        .execute()
      await db.schema.createIndex('unionids_of_user').on('unionids').column('user_id').execute()

      await db.schema
        .createTable('sessions')
        .addColumn('id', types.id, (c) => c.primaryKey())
        .addColumn('user_id', types.id, ofUser(types))
        .addColumn('app_id', types.key(), (c) => c.notNull())
        .addColumn('generation', types.count, (c) => c.notNull())
        .addColumn('created_at', types.instant, (c) => c.notNull())
        .addColumn('rotated_at', types.instant, (c) => c.notNull())
        .addColumn('idle_expires_at', types.instant, (c) => c.notNull())
        .addColumn('expires_at', types.instant, (c) => c.notNull())
        .addColumn('ended_at', types.instant)
        .addColumn('end_reason', types.text)
        .addColumn('device', types.text)
        .execute()
      // Only live sessions are ever looked for by their user.
      const liveSessions = db.schema.createIndex('live_sessions_of_user').on('sessions')
      await (
        types.hasPartialIndexes
          ? liveSessions.column('user_id').where(sql.ref('ended_at'), 'is', null)
          : liveSessions.columns(['user_id', 'ended_at'])
      ).execute()

      await db.schema
        .createTable('events')
        .addColumn('id', types.id, (c) => c.primaryKey())
        .addColumn('at', types.instant, (c) => c.notNull())
        .addColumn('kind', types.text, (c) => c.notNull())
        .addColumn('user_id', types.id)
        .addColumn('session_id', types.id)
        .addColumn('app_id', types.key())
        .addColumn('detail', types.text)
        .execute()

      await db.schema
        .createTable('signing_keys')
        .addColumn('kid', types.key(), (c) => c.primaryKey())
        .addColumn('slot', types.key(), (c) => c.unique())
        .addColumn('sealed', types.bytes, (c) => c.notNull())
        .addColumn('public_jwk', types.text, (c) => c.notNull())
        .addColumn('created_at', types.instant, (c) => c.notNull())
        .execute()

      await db.schema
        .createTable('ephemeral')
        .addColumn('key', types.key(), (c) => c.primaryKey())
        .addColumn('value', types.text, (c) => c.notNull())
        .addColumn('expires_at', types.instant, (c) => c.notNull())
        .modifyEnd(types.keyedTable)
        .execute()
      await db.schema
        .createIndex('ephemeral_by_expiry')
        .on('ephemeral')
        .column('expires_at')
        .execute()
    },
  },

  '002_accounts': {
    async up(db: Kysely<unknown>, types: ColumnTypes) {
      if (types.engine === 'sqlite') {
        await db.schema.alterTable('users').renameColumn(firstAvatar(types), 'avatar').execute()
      }
      for (const [column, type] of [
        ['unverified_phone', types.bytes],
        ['unverified_phone_index', types.text],
        ['gone_at', types.instant],
        ['status_before', types.text],
      ] as const) {
        await db.schema.alterTable('users').addColumn(column, type).execute()
      }
      // Nearly always empty: only those who wait to be gone.
      const usersByEnd = db.schema.createIndex('users_by_end').on('users').column('gone_at')
      await (
        types.hasPartialIndexes ? usersByEnd.where(sql.ref('gone_at'), 'is not', null) : usersByEnd
      ).execute()

      await db.schema.alterTable('identities').addColumn('open_platform', types.key()).execute()
      await db.schema.alterTable('identities').addColumn('unionid', types.key()).execute()

      await db.schema
        .createTable('unverified_phone_indexes')
        .addColumn('phone_index', types.key(), (c) => c.primaryKey())
        .addColumn('user_id', types.id, ofUser(types))
        .modifyEnd(types.keyedTable)
        .execute()
      await db.schema
        .createIndex('unverified_phone_indexes_of_user')
        .on('unverified_phone_indexes')
        .column('user_id')
        .execute()

      await db.schema
        .createTable('preferences')
        .addColumn('user_id', types.id, (c) => ofUser(types)(c).primaryKey())
        .addColumn('document', types.text, (c) => c.notNull())
        .addColumn('version', types.count, (c) => c.notNull())
        .addColumn('updated_at', types.instant, (c) => c.notNull())
        .execute()

      await db.schema
        .createTable('loose_blobs')
        .addColumn('name', types.key(), (c) => c.primaryKey())
        .addColumn('at', types.instant, (c) => c.notNull())
        .execute()

      await db.schema
        .createTable('conflicts')
        .addColumn('id', types.id, (c) => c.primaryKey())
        .addColumn('user_id', types.id, ofUser(types))
        .addColumn('holder_id', types.id, ofUser(types))
        .addColumn('app_id', types.key(), (c) => c.notNull())
        .addColumn('created_at', types.instant, (c) => c.notNull())
        .addColumn('dismissed_at', types.instant)
        .execute()
      await db.schema
        .createIndex('one_conflict_of_a_pair')
        .unique()
        .on('conflicts')
        .columns(['user_id', 'holder_id'])
        .execute()

      await db.schema
        .createTable('merges')
        .addColumn('id', types.id, (c) => c.primaryKey())
        .addColumn('from_id', types.id, (c) => c.notNull())
        .addColumn('into_id', types.id, (c) => c.notNull())
        .addColumn('created_at', types.instant, (c) => c.notNull())
        .addColumn('undone_at', types.instant)
        .addColumn('taken', types.text, (c) => c.notNull())
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
    async up(db: Kysely<unknown>, types: ColumnTypes) {
      await db.schema
        .createTable('cursors')
        .addColumn('name', types.key(), (c) => c.primaryKey())
        .addColumn('position', types.id, (c) => c.notNull())
        .modifyEnd(types.keyedTable)
        .execute()
    },
  },
  '004_signing_key_slots': {
    async up(db: Kysely<unknown>, types: ColumnTypes) {
      await db.schema
        .alterTable('signing_keys')
        .addColumn('slot_since', types.instant, (c) => c.notNull().defaultTo(0))
        .execute()
      await sql`update signing_keys set slot_since = created_at where slot_since = 0`.execute(db)
    },
  },
  '005_service_credentials_and_revocation': {
    async up(db: Kysely<unknown>, types: ColumnTypes) {
      await db.schema
        .createTable('service_credentials')
        .addColumn('id', types.id, (c) => c.primaryKey())
        .addColumn('name', types.text, (c) => c.notNull())
        .addColumn('scopes', types.text, (c) => c.notNull())
        .addColumn('secret_hash', types.key(), (c) => c.notNull())
        .addColumn('previous_hash', types.key())
        .addColumn('previous_ends_at', types.instant)
        .addColumn('created_at', types.instant, (c) => c.notNull())
        .addColumn('expires_at', types.instant)
        .addColumn('ended_at', types.instant)
        .addColumn('last_used_at', types.instant)
        .execute()

      await db.schema
        .createTable('cutoffs')
        .addColumn('app_id', types.key(), (c) => c.primaryKey())
        .addColumn('at', types.instant, (c) => c.notNull())
        .modifyEnd(types.keyedTable)
        .execute()

      // Where an index may be partial, sign-in and refresh do not touch it: it holds what has ended.
      const byEnd = db.schema
        .createIndex('sessions_by_end')
        .on('sessions')
        .columns(['ended_at', 'id'])
      await (
        types.hasPartialIndexes ? byEnd.where(sql.ref('ended_at'), 'is not', null) : byEnd
      ).execute()
      await db.schema.createIndex('merges_from').on('merges').column('from_id').execute()
    },
  },
  '006_admins': {
    async up(db: Kysely<unknown>, types: ColumnTypes) {
      await db.schema
        .createTable('admins')
        .addColumn('id', types.id, (c) => c.primaryKey())
        .addColumn('name', types.text, (c) => c.notNull())
        .addColumn('name_key', types.key(), (c) => c.unique())
        .addColumn('role', types.text, (c) => c.notNull())
        .addColumn('password', types.text, (c) => c.notNull())
        .addColumn('totp', types.bytes, (c) => c.notNull())
        .addColumn('totp_step', types.id, (c) => c.notNull())
        .addColumn('created_at', types.instant, (c) => c.notNull())
        .addColumn('ended_at', types.instant)
        .addColumn('held', types.id, (c) => c.notNull().defaultTo(0))
        .execute()

      await db.schema
        .createTable('admin_invites')
        .addColumn('digest', types.key(), (c) => c.primaryKey())
        .addColumn('role', types.text, (c) => c.notNull())
        .addColumn('expires_at', types.instant, (c) => c.notNull())
        .modifyEnd(types.keyedTable)
        .execute()

      await db.schema
        .createTable('admin_recovery_codes')
        .addColumn('admin_id', types.id, (c) => c.notNull())
        .addColumn('digest', types.key(), (c) => c.notNull())
        .addPrimaryKeyConstraint('admin_recovery_codes_pk', ['admin_id', 'digest'])
        .modifyEnd(types.keyedTable)
        .execute()

      await db.schema
        .createTable('admin_sessions')
        .addColumn('id', types.id, (c) => c.primaryKey())
        .addColumn('admin_id', types.id, (c) => c.notNull())
        .addColumn('seen_at', types.instant, (c) => c.notNull())
        .addColumn('expires_at', types.instant, (c) => c.notNull())
        .execute()

      // Byte by byte on each engine, so that a beginning is a range of it.
      await sql`create index users_by_nickname on users (${nicknameKey(types)})`.execute(db)
    },
  },
}

/** On SQLite it began as the place of a picture elsewhere. */
const firstAvatar = ({ engine }: ColumnTypes) => (engine === 'sqlite' ? 'avatar_url' : 'avatar')

/** MySQL wants to know how much of a text it is to hold: more than any nickname has. */
const nicknameKey = ({ engine }: ColumnTypes) =>
  ({
    sqlite: sql`nickname`,
    postgres: sql`nickname collate "C"`,
    mysql: sql`nickname(64)`,
  })[engine]

const ofUser = (types: ColumnTypes) => (column: ColumnDefinitionBuilder) =>
  types.hasForeignKeys ? column.notNull().references('users.id') : column.notNull()
