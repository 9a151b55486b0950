/**
 * The process of one server. Started by server-process.ts, which gives its name, WeChat's address
 * and a folder; tells its port, and then its CPU time whenever it is asked.
 */
import type { StartServer } from './servers/server.ts'

const servers: Record<string, () => Promise<{ start: StartServer }>> = {
  tutorial: () => import('./servers/tutorial.ts'),
  floor: () => import('./servers/floor.ts'),
  kaimen: () => import('./servers/kaimen.ts'),
  ceiling: () => import('./servers/ceiling.ts'),
}

const [name = '', wechatUrl = '', folder = ''] = process.argv.slice(2)
const load = servers[name]
if (load === undefined) throw new Error(`no server is named ${name}`)
const { start } = await load()
const port = await start({ wechatUrl, folder })

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMicroseconds: user + system })
})
process.on('disconnect', () => process.exit())
process.send?.({ port })
