// A server of its own process, for tests that kill it.
// Usage: server-process.ts '{"path": …, "secret": …, "wechatUrl": …, "drainSeconds": …}'
// Prints the URL that it listens on. SIGTERM stops it as `kaimen start` is stopped.
import { seedWorld } from '@kaimen/emulator'
import { createAuth, systemClock } from '@kaimen/server'
import { listen } from '@kaimen/server/node'
import { createSqlEphemeralStore, createSqlStore, openSqlite } from '@kaimen/server/store/sql'

export type ServerProcessOptions = {
  path: string
  secret: string
  wechatUrl: string
  drainSeconds?: number
}

const options = JSON.parse(process.argv[2] ?? '') as ServerProcessOptions
const database = openSqlite(options.path)
const store = createSqlStore(database, systemClock)
const auth = createAuth({
  publicUrl: 'http://kaimen.test',
  secret: options.secret,
  apps: seedWorld.apps.map(({ kind, appid, secret, open_platform }) => ({
    kind,
    app_id: appid,
    secret,
    open_platform,
  })),
  store,
  ephemeral: createSqlEphemeralStore(database, systemClock),
  wechat: { baseUrl: options.wechatUrl },
  report: (message, error) => process.stderr.write(`${message} ${String(error)}\n`),
})
await auth.ready()
const { drainSeconds = 0 } = options
const listener = await listen(auth, { port: 0, drainSeconds })
process.once('SIGTERM', () => {
  void listener
    .close()
    .then(() => auth.close())
    .then(() => store.close())
})
process.stdout.write(`${listener.url}\n`)
