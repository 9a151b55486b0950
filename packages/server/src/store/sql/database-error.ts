/**
 * - `conflict`: another transaction was in the way; nothing was done.
 * - `taken`: a unique index has such a row.
 * - `lost`: the connection ended. What was under way may have been done.
 * - `unexpected`: a fault in Kaimen, or a schema that is not Kaimen's.
 *
 * With all others nothing was done.
 */
export type DatabaseFault =
  | 'conflict'
  | 'taken'
  | 'lost'
  | 'unreachable'
  | 'tls'
  | 'credentials'
  | 'no_database'
  | 'permission'
  | 'read_only'
  | 'overloaded'
  | 'timeout'
  | 'unexpected'

/**
 * What a database server refused, or why it did not answer. The driver's own error is not kept: it
 * may quote what is in a row.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly fault: DatabaseFault
  /** SQLSTATE on PostgreSQL, the error's number on MySQL, else the system's code. */
  readonly code: string | undefined

  constructor(fault: DatabaseFault, code?: string) {
    super(`${sentences[fault]}${code === undefined ? '' : ` (${code})`}`)
    this.fault = fault
    this.code = code
  }
}

const sentences: Record<DatabaseFault, string> = {
  conflict: 'Other transactions were in the way each time',
  taken: 'The database has such a row already',
  lost: 'The connection to the database ended',
  unreachable: 'The database server cannot be reached',
  tls: 'The database server offers no TLS, or its certificate was not accepted',
  credentials: 'The database server refuses the user or the password',
  no_database: 'The database server has no database of this name',
  permission: 'The database refuses this user what Kaimen has to do',
  read_only: 'The database takes no writes at present',
  overloaded: 'The database or the pool of connections to it is full',
  timeout: 'The database took too long',
  unexpected: 'The database refused a statement',
}
