import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { Auth } from '@auth/core'
import WeChat from '@auth/core/providers/wechat'
import { createEmulator, seedWorld } from '@kaimen/emulator'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { expect, it, onTestFinished } from 'vitest'

// What docs/recipes says of the providers that the frameworks bring along.

const site = 'http://127.0.0.1:4200'
const [, serviceAccount, website] = seedWorld.apps
const secret = randomBytes(32).toString('base64url')

/** What WeChat shows at this address of one of its pages. */
async function openPage(address: URL): Promise<string> {
  const emulator = await createEmulator({ port: 0 })
  onTestFinished(() => emulator.close())
  const reply = await fetch(new URL(address.pathname + address.search, emulator.url), {
    headers: { 'accept-language': 'en' },
  })
  return reply.text()
}

it('the provider of Auth.js sends a state that WeChat does not take, in another order', async () => {
  const { appid, secret: clientSecret } = serviceAccount
  const providers = [WeChat({ clientId: appid, clientSecret })]
  const config = { basePath: '/auth', trustHost: true, secret, providers }
  const csrf = await Auth(new Request(`${site}/auth/csrf`), config)
  const { csrfToken } = (await csrf.json()) as { csrfToken: string }
  const cookie = csrf.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const begin = new Request(`${site}/auth/signin/wechat`, {
    method: 'POST',
    headers: { cookie },
    body: new URLSearchParams({ csrfToken }),
  })
  const address = new URL((await Auth(begin, config)).headers.get('location') ?? '')
  expect(address.searchParams.get('state')?.length).toBeGreaterThan(400)
  expect([...address.searchParams.keys()].slice(0, 2)).toEqual(['appid', 'scope'])
  expect(address.hash).toBe('')
  expect(await openPage(address)).toContain('Cannot open this page')
})

it('the provider of Better Auth knows the website only, and sends a state with - and _', async () => {
  const options = {
    database: new DatabaseSync(':memory:'),
    baseURL: site,
    secret,
    telemetry: { enabled: false },
    socialProviders: { wechat: { clientId: website.appid, clientSecret: website.secret } },
  }
  await (await getMigrations(options)).runMigrations()
  const auth = betterAuth(options)
  const begin = async () => {
    const { url = '' } = await auth.api.signInSocial({ body: { provider: 'wechat' } })
    return new URL(url)
  }
  const addresses = await Promise.all(Array.from({ length: 40 }, begin))
  expect(new Set(addresses.map(({ pathname }) => pathname))).toEqual(
    new Set(['/connect/qrconnect']),
  )
  // 32 of 64 letters: that 40 have neither happens twice in 10^18.
  const states = addresses.map((address) => address.searchParams.get('state') ?? '')
  expect(states.filter((state) => /[-_]/.test(state))).not.toEqual([])
})
