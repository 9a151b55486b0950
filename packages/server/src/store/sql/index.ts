/** Kaimen's stores on SQL. */
export { createSqlEphemeralStore } from './sql-ephemeral-store.ts'
export { createSqlStore } from './sql-store.ts'
export { DatabaseError, type DatabaseFault } from './database-error.ts'
export {
  DatabaseUrlError,
  readDatabaseUrl,
  type DatabaseUrl,
  type DatabaseUrlPart,
  type ServerAddress,
} from './database-url.ts'
export { migrations } from './migrations.ts'
export { openDatabase } from './open-database.ts'
export { openSqlite } from './sqlite.ts'
export type { Connection, Database, Migration, Migrations } from './database.ts'
export type { ServerOptions } from './server-database.ts'
