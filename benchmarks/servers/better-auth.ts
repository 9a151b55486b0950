/**
 * Better-auth as its documents set it up, on SQLite through `node:sqlite`. What it lacks for mini
 * programs is added the way its own plugins do it: an endpoint that exchanges the code, finds or
 * makes user and account, and opens a session. Its bearer plugin takes the token, and `GET /v1/me`
 * is its own session check, its cookie cache off, so that it asks the database as Kaimen does. In
 * its favour: WAL mode, an index on the key that accounts are found by, no rate limit, no log.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { betterAuth } from 'better-auth'
import type { BetterAuthOptions } from 'better-auth'
import { createAuthEndpoint } from 'better-auth/api'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { bearer } from 'better-auth/plugins/bearer'
import { app } from './server.ts'
import type { StartServer } from './server.ts'

const providerId = 'wechat-mini-program'

export const start: StartServer = async ({ wechatUrl, folder }) => {
  const database = new DatabaseSync(join(folder, 'better-auth.db'))
  database.exec('pragma journal_mode = wal')
  const options = {
    database,
    baseURL: 'http://localhost',
    basePath: '/v1',
    secret: randomBytes(36).toString('base64url'),
    session: { cookieCache: { enabled: false } },
    rateLimit: { enabled: false },
    logger: { disabled: true },
    telemetry: { enabled: false },
    plugins: [bearer(), miniProgram(wechatUrl)],
  } satisfies BetterAuthOptions
  const { runMigrations } = await getMigrations(options)
  await runMigrations()
  database.exec('create index if not exists account_key on account (providerId, accountId)')

  const handle = toNodeHandler(betterAuth(options))
  const server = createServer((request, response) => {
    if (request.url === '/v1/me') request.url = '/v1/get-session'
    void handle(request, response)
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

function miniProgram(wechatUrl: string) {
  const exchange = new URL('/sns/jscode2session', wechatUrl)
  exchange.searchParams.set('appid', app.app_id)
  exchange.searchParams.set('secret', app.secret)
  exchange.searchParams.set('grant_type', 'authorization_code')

  const signIn = createAuthEndpoint('/sign-in/wechat', { method: 'POST' }, async (context) => {
    const { internalAdapter } = context.context
    const { code } = context.body as { code: string }
    const reply = await fetch(`${exchange.href}&js_code=${encodeURIComponent(code)}`)
    const { openid, session_key } = (await reply.json()) as Record<string, string>
    if (openid === undefined) throw context.error('UNAUTHORIZED')
    const key = { providerId, accountId: openid }
    const owner = await internalAdapter.findAccountOwnerByKey(key)
    if (owner?.kind === 'owned') {
      await internalAdapter.updateAccount(owner.account.id, { accessToken: session_key })
    }
    const { user } =
      owner?.kind === 'owned'
        ? owner
        : await internalAdapter.createOAuthUser(
            { name: openid, email: `${openid}@${providerId}.invalid`, emailVerified: false },
            { ...key, accessToken: session_key },
          )
    const session = await internalAdapter.createSession(user.id)
    return context.json({ access_token: session.token })
  })
  return { id: providerId, endpoints: { signIn } }
}
