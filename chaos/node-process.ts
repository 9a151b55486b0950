// One node, as `kaimen start` is one, but for WeChat, which is the emulator.
// Usage: node-process.ts '{"port": …, …}'; SIGTERM stops it. Its parent may send 'credential'.
import { seedWorld } from '@kaimen/emulator'
import { createAuth, systemClock } from '@kaimen/server'
import { listen } from '@kaimen/server/node'
import { createRedisEphemeralStore } from '@kaimen/server/store/redis'
import { createSqlStore, openDatabase } from '@kaimen/server/store/sql'

export type NodeOptions = {
  port: number
  publicUrl: string
  secret: string
  databaseUrl: string
  redisUrl: string
  wechatUrl: string
  drainSeconds: number
}

const options = JSON.parse(process.argv[2] ?? '') as NodeOptions
const store = createSqlStore(openDatabase(options.databaseUrl), systemClock)
const ephemeral = createRedisEphemeralStore({ url: options.redisUrl })
const auth = createAuth({
  publicUrl: options.publicUrl,
  secret: options.secret,
  apps: seedWorld.apps.map(({ kind, appid, secret, open_platform }) => ({
    kind,
    app_id: appid,
    secret,
    open_platform,
  })),
  store,
  ephemeral,
  wechat: { baseUrl: options.wechatUrl },
  report: (message, error) => process.stderr.write(`${message}: ${describe(error)}\n`),
})
const { port, drainSeconds } = options
const listener = await listen(auth, { port, drainSeconds })

process.once('SIGTERM', () => {
  void listener
    .close()
    .then(() => auth.close())
    .then(() => ephemeral.close())
    .then(() => store.close())
    .then(() => process.exit(0))
})
process.once('disconnect', () => process.exit(1))
process.on('message', (message) => {
  if (message !== 'credential') return
  void auth.credentials
    .create({ name: 'chaos', scopes: ['revocations'] })
    .then(({ secret }) => process.send?.({ credential: secret.reveal() }))
})
process.send?.('listening')

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${describe(error.cause)}`
}
