import type { CompiledQuery, Kysely, QueryResult } from 'kysely'
import type { ColumnTypes } from './column-types.ts'
import type { Tables } from './tables.ts'

export type Engine = 'sqlite' | 'postgres' | 'mysql'

/** What the SQL stores ask of an engine; each engine has a file of its own beside this one. */
export type Database = {
  readonly engine: Engine
  /** See `Store`. Above two seconds on engines where several transactions write at once. */
  readonly settleMs: number
  /** Builds statements in the engine's dialect. */
  readonly builder: Kysely<Tables>
  /** Reads what is committed. */
  readonly reader: Connection
  /** Makes each statement a transaction of its own, and answers when it is durable. */
  readonly alone: Connection
  /** Makes one statement of what is asked at the same time, where that spares a round trip. */
  inGroups<Item, Answer>(asked: Grouped<Item, Answer>): (item: Item) => Promise<Answer>
  /**
   * Runs `work` as one transaction and answers when it is durable. `work` may be run again after a
   * failure to commit, so it does nothing but ask `transaction`. Throwing {@link Rollback} undoes
   * what it wrote and answers with the outcome that it carries.
   */
  write<Outcome>(work: (transaction: Connection) => Promise<Outcome>): Promise<Outcome>
  /** Applies what was not applied yet, in the order of the names. @returns Their names. */
  migrate(migrations: Migrations): Promise<readonly string[]>
  /** The names of the migrations that were applied; changes nothing. */
  listMigrations(): Promise<readonly string[]>
  close(): Promise<void>
}

export type Grouped<Item, Answer> = {
  /** No two of a group have the same. */
  keyOf(item: Item): unknown
  /** @returns The answers, by key. Whoever has none there asks alone. */
  together(items: readonly Item[]): Promise<ReadonlyMap<unknown, Answer>>
  alone(item: Item): Promise<Answer>
}

export type Migrations = Readonly<Record<string, Migration>>

/**
 * On MySQL, where each change of the schema is committed by itself, `up` may be run again from its
 * beginning after it was broken off: what is there already is passed over, and rows that it writes
 * are written so that twice is as once.
 */
export type Migration = {
  up(db: Kysely<unknown>, types: ColumnTypes): Promise<void>
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
