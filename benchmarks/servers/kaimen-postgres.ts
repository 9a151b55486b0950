/** Kaimen on PostgreSQL, in a database of its own. */
import { systemClock } from '@kaimen/server'
import { listen } from '@kaimen/server/node'
import { createSqlStore, openDatabase } from '@kaimen/server/store/sql'
import { openAuth } from './kaimen.ts'
import type { StartServer } from './server.ts'

export const start: StartServer = async ({ wechatUrl, databaseUrl }) => {
  const auth = await openAuth(wechatUrl, createSqlStore(openDatabase(databaseUrl), systemClock))
  const { url } = await listen(auth, { port: 0 })
  return Number(new URL(url).port)
}
