import type { CompiledQuery, Kysely, QueryResult } from 'kysely'
import type { Migration } from 'kysely/migration'
import type { Tables } from './tables.ts'

/** What the SQL stores ask of an engine; each engine has a file of its own beside this one. */
export type Database = {
  readonly engine: 'sqlite'
  /** Builds statements in the engine's dialect. */
  readonly builder: Kysely<Tables>
  /** Reads what is committed. */
  readonly reader: Connection
  /**
   * Runs `work` as one transaction and answers when it is durable. `work` may be run again after a
   * failure to commit, so it does nothing but ask `transaction`. Throwing {@link Rollback} undoes
   * what it wrote and answers with the outcome that it carries.
   */
  write<Outcome>(work: (transaction: Connection) => Promise<Outcome>): Promise<Outcome>
  /** Applies what was not applied yet, in the order of the names. @returns Their names. */
  migrate(migrations: Readonly<Record<string, Migration>>): Promise<readonly string[]>
  close(): Promise<void>
}

/** Runs compiled statements, one after the other. */
export type Connection = {
  executeQuery<Row>(query: CompiledQuery<Row>): Promise<QueryResult<Row>>
}

/** Undoes a transaction whose outcome is nevertheless an ordinary one. */
export class Rollback<Outcome> extends Error {
  override readonly name = 'Rollback'
  readonly outcome: Outcome

  constructor(outcome: Outcome) {
    super('The transaction was rolled back on purpose')
    this.outcome = outcome
  }
}
