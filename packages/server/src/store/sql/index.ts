/** Kaimen's stores on SQL. */
export { createSqlEphemeralStore } from './sql-ephemeral-store.ts'
export { createSqlStore } from './sql-store.ts'
export { openSqlite } from './sqlite.ts'
export type { Database } from './database.ts'
