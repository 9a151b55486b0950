import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/** What the SQL stores ask of an engine; each engine has a file of its own beside this one. */
export type Database = {
  readonly engine: 'sqlite'
  /** For reading what is committed, and for building statements. */
  readonly db: Kysely<Tables>
  /**
   * Runs `work` as one transaction and answers when it is durable. `work` may be run again after a
   * failure to commit, so it does nothing but ask `transaction`. Throwing {@link Rollback} undoes
   * what it wrote and answers with the outcome that it carries.
   */
  write<Outcome>(work: (transaction: Kysely<Tables>) => Promise<Outcome>): Promise<Outcome>
  close(): Promise<void>
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
