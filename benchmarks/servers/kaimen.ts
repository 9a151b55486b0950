/**
 * Kaimen as `kaimen start` puts it together: SQLite with `synchronous = full`, so that nobody is
 * answered before what they did is on the disk; every check, sessions, ES256 tokens, encryption at
 * rest. Only WeChat's address differs, which `kaimen start` would refuse.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createAuth, systemClock, type Auth, type Store } from '@kaimen/server'
import { listen } from '@kaimen/server/node'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { secret } from '@kaimen/wechat'
import { app } from './server.ts'
import type { StartServer } from './server.ts'

export const databaseFile = 'kaimen.db'
export const publicUrl = 'https://auth.example.com'
export const secretText = randomBytes(36).toString('base64url')

export const openStore = (folder: string) =>
  createSqlStore(openSqlite(join(folder, databaseFile)), systemClock)

export async function openAuth(wechatUrl: string, store: Store): Promise<Auth> {
  const auth = createAuth({
    publicUrl,
    apps: [{ app_id: app.app_id, secret: secret(app.secret) }],
    secret: secretText,
    store,
    wechat: { baseUrl: wechatUrl },
    report: (message, error) => console.error(message, error),
  })
  await auth.ready()
  return auth
}

export const start: StartServer = async ({ wechatUrl, folder }) => {
  const auth = await openAuth(wechatUrl, openStore(folder))
  const { url } = await listen(auth, { port: 0 })
  return Number(new URL(url).port)
}
