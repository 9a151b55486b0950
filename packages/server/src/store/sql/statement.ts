import type { Compilable, CompiledQuery, QueryResult } from 'kysely'
import type { Connection } from './database.ts'

/** Runs one statement on a connection or in a transaction. */
export type Statement<Values, Row> = (on: Connection, values: Values) => Promise<QueryResult<Row>>

class Slot {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/**
 * Compiles a query when it is first run, then only fills in its values: building the text costs
 * more than SQLite takes to answer it.
 *
 * @param build Gets a stand-in for each value it names.
 */
export function statement<Values extends object, Row>(
  build: (values: Values) => Compilable<Row>,
): Statement<Values, Row> {
  let compiled: CompiledQuery<Row> | undefined
  return (on, values) => {
    compiled ??= build(slots as Values).compile()
    const given = values as Readonly<Record<string, unknown>>
    const parameters = compiled.parameters.map((value) =>
      value instanceof Slot ? given[value.name] : value,
    )
    return on.executeQuery({ ...compiled, parameters })
  }
}

/**
 * Any name of it is a stand-in. It is only ever handed on to the query builder, which takes any
 * value.
 */
const slots: object = new Proxy(
  {},
  { get: (_, name) => (typeof name === 'string' ? new Slot(name) : undefined) },
)
