// A server of its own process, for tests that kill it.
// Usage: server-process.ts '{"path": …, "secret": …, "wechatUrl": …}'
// Prints the URL that it listens on.
import { seedWorld } from '@kaimen/emulator'
import { createAuth, systemClock } from '@kaimen/server'
import { listen } from '@kaimen/server/node'
import { createSqlEphemeralStore, createSqlStore, openSqlite } from '@kaimen/server/store/sql'

export type ServerProcessOptions = { path: string; secret: string; wechatUrl: string }

const options = JSON.parse(process.argv[2] ?? '') as ServerProcessOptions
const database = openSqlite(options.path)
const auth = createAuth({
  publicUrl: 'http://kaimen.test',
  secret: options.secret,
  apps: seedWorld.apps.map(({ kind, appid, secret, open_platform }) => ({
    kind,
    app_id: appid,
    secret,
    open_platform,
  })),
  store: createSqlStore(database, systemClock),
  ephemeral: createSqlEphemeralStore(database, systemClock),
  wechat: { baseUrl: options.wechatUrl },
  report: (message, error) => process.stderr.write(`${message} ${String(error)}\n`),
})
await auth.ready()
const { url } = await listen(auth, { port: 0 })
process.stdout.write(`${url}\n`)
