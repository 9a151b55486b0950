/**
 * The process of one server. Started by server-process.ts, which gives its name, WeChat's address,
 * a folder and perhaps a database; tells its port, and then what it used whenever it is asked.
 */
import type { StartServer } from './servers/server.ts'

const servers: Record<string, () => Promise<{ start: StartServer }>> = {
  tutorial: () => import('./servers/tutorial.ts'),
  'better-auth': () => import('./servers/better-auth.ts'),
  floor: () => import('./servers/floor.ts'),
  unchecked: () => import('./servers/unchecked.ts'),
  kaimen: () => import('./servers/kaimen.ts'),
  'kaimen, few users': () => import('./servers/kaimen.ts'),
  'kaimen, many users': () => import('./servers/kaimen.ts'),
  'kaimen, memory': () => import('./servers/kaimen.ts'),
  'kaimen, postgres': () => import('./servers/kaimen-postgres.ts'),
  'update, postgres': () => import('./servers/update-postgres.ts'),
  ceiling: () => import('./servers/ceiling.ts'),
}

const [name = '', wechatUrl = '', folder = '', databaseUrl = ''] = process.argv.slice(2)
const load = servers[name]
if (load === undefined) throw new Error(`no server is named ${name}`)
const { start } = await load()
const port = await start({ wechatUrl, folder, databaseUrl })

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMicroseconds: user + system, residentBytes: process.memoryUsage.rss() })
})
process.on('disconnect', () => process.exit())
process.send?.({ port })
