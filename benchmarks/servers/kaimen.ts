/**
 * Kaimen as `kaimen start` puts it together: SQLite with `synchronous = full`, so that nobody is
 * answered before what they did is on the disk; every check, sessions, ES256 tokens, encryption at
 * rest. Only WeChat's address differs, which `kaimen start` would refuse.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createAuth, systemClock } from '@kaimen/server'
import { listen } from '@kaimen/server/node'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { secret } from '@kaimen/wechat'
import { app } from './server.ts'
import type { StartServer } from './server.ts'

export const start: StartServer = async ({ wechatUrl, folder }) => {
  const auth = createAuth({
    publicUrl: 'https://auth.example.com',
    apps: [{ app_id: app.app_id, secret: secret(app.secret) }],
    secret: randomBytes(36).toString('base64url'),
    store: createSqlStore(openSqlite(join(folder, 'kaimen.db')), systemClock),
    wechat: { baseUrl: wechatUrl },
    report: (message, error) => console.error(message, error),
  })
  await auth.ready()
  const { url } = await listen(auth, { port: 0 })
  return Number(new URL(url).port)
}
