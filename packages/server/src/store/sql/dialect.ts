import type { InsertQueryBuilder, Kysely } from 'kysely'
import type { Database, Engine } from './database.ts'
import { DatabaseError } from './database-error.ts'
import { statement, type Statement } from './statement.ts'
import type { Tables } from './tables.ts'

/** What statements say differently on each engine. */
export type Dialect = {
  readonly engine: Engine
  readonly db: Kysely<Tables>
  /**
   * A read that keeps its rows as they are until the transaction ends. Where one transaction writes
   * at a time, any read is that.
   */
  locked<Query extends { forUpdate(): Query }>(query: Query): Query
  /** An insert that affects no row where an index says that somebody was faster. */
  unlessTaken<Values extends object, Table extends keyof Tables, Row>(
    build: (values: Values) => InsertQueryBuilder<Tables, Table, Row>,
  ): Statement<Values, Row>
}

export function dialectOf({ engine, builder }: Pick<Database, 'engine' | 'builder'>): Dialect {
  return {
    engine,
    db: builder,
    locked: (query) => (engine === 'sqlite' ? query : query.forUpdate()),
    unlessTaken: (build) =>
      engine === 'mysql'
        ? orNothing(statement(build))
        : statement((values) => build(values).onConflict((conflict) => conflict.doNothing())),
  }
}

/**
 * MySQL's `insert ignore` would let pass whatever else is wrong with a row. A duplicate undoes the
 * statement alone there, not the transaction.
 */
function orNothing<Values, Row>(insert: Statement<Values, Row>): Statement<Values, Row> {
  return async (on, values) => {
    try {
      return await insert(on, values)
    } catch (error) {
      if (error instanceof DatabaseError && error.fault === 'taken') {
        return { rows: [], numAffectedRows: 0n }
      }
      throw error
    }
  }
}
