import type { Connection, Database } from '@kaimen/server/store/sql'

/** A database that stops once, in a transaction, before the first statement of these words. */
export function pauseBefore(database: Database, words: string) {
  const reached = signal()
  const released = signal()
  let isOver = false

  const pausing = (on: Connection): Connection => ({
    async executeQuery(query) {
      if (!isOver && query.sql.replaceAll(/["`]/g, '').startsWith(words)) {
        isOver = true
        reached.send()
        await released.sent
      }
      return on.executeQuery(query)
    },
  })
  const paused: Database = {
    ...database,
    alone: pausing(database.alone),
    write: (work) => database.write((on) => work(pausing(on))),
  }
  return { database: paused, reached: reached.sent, goOn: released.send }
}

function signal() {
  let send = () => {}
  const sent = new Promise<void>((resolve) => (send = resolve))
  return { send, sent }
}
