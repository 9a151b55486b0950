import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { createEmulator, seedWorld, type Emulator } from '@kaimen/emulator'
import { createAuth, type Auth } from '@kaimen/server'
import { listen } from '@kaimen/server/node'
import { createMemoryStore } from '@kaimen/server/store/memory'
import { systemClock } from '@kaimen/server'
import { createVerifier, type Verifier } from '@kaimen/verify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveExpress } from '../express.ts'
import { serveFastify } from '../fastify.ts'
import { makeHono } from '../hono.ts'
import { serveKoa } from '../koa.ts'
import { makeNest } from '../nest.ts'

const [app] = seedWorld.apps
const [person] = seedWorld.people

let emulator: Emulator
let auth: Auth
let kaimen: Awaited<ReturnType<typeof listen>>
let verifier: Verifier

beforeAll(async () => {
  emulator = await createEmulator({ port: 0 })
  const port = await findPort()
  auth = createAuth({
    publicUrl: `http://127.0.0.1:${port}`,
    secret: '4sJ8wq2nVb7LxKc0RtYp6ZmEhDfGuAa1',
    apps: [{ kind: app.kind, app_id: app.appid, secret: app.secret, registration: 'open' }],
    store: createMemoryStore(systemClock),
    wechat: { baseUrl: emulator.url },
  })
  await auth.ready()
  kaimen = await listen(auth, { port })
  const scopes = ['revocations', 'introspect'] as const
  const { secret } = await auth.credentials.create({ name: 'shop', scopes })
  verifier = createVerifier({ issuer: kaimen.url, credential: secret.reveal() })
  await verifier.ready()
})
afterAll(async () => {
  verifier.close()
  await kaimen.close()
  await auth.close()
  await emulator.close()
})

/** The server's own URL is the issuer, so its port has to be known before it listens. */
async function findPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const port = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

async function signIn(): Promise<{
  access_token: string
  refresh_token: string
  user: { id: string }
}> {
  const wx = await post(`${emulator.url}/emulator/wx/login`, {
    appid: app.appid,
    person: person.id,
  })
  const { code } = (await wx.json()) as { code: string }
  const reply = await post(`${kaimen.url}/v1/sign-in/wechat`, { app_id: app.appid, code })
  return (await reply.json()) as Awaited<ReturnType<typeof signIn>>
}

function post(url: string, body: object): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

type Shop = { url: string; close(): Promise<void> }

async function openServer(server: Server): Promise<Shop> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

const shops: Record<string, (by: Verifier) => Promise<Shop>> = {
  Express: (by) => openServer(serveExpress(by)),
  Koa: (by) => openServer(serveKoa(by)),
  async Fastify(by) {
    const shop = serveFastify(by)
    return { url: await shop.listen({ port: 0, host: '127.0.0.1' }), close: () => shop.close() }
  },
  Hono: (by) => openServer(createAdaptorServer(makeHono(by)) as Server),
  async Nest(by) {
    const shop = await makeNest(by)
    await shop.listen(0, '127.0.0.1')
    return { url: await shop.getUrl(), close: () => shop.close() }
  },
}

describe.each(Object.entries(shops))('a shop on %s', (_, open) => {
  let shop: Shop
  beforeAll(async () => {
    shop = await open(verifier)
  })
  afterAll(() => shop.close())

  const call = (method: string, path: string, token?: string, language = 'en') =>
    fetch(`${shop.url}${path}`, {
      method,
      headers: {
        'accept-language': language,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    })
  const code = async (reply: Response) => ((await reply.json()) as { code?: string }).code

  it('lets in who is signed in, and knows them', async () => {
    const { access_token, user } = await signIn()
    for (const [method, path] of [
      ['GET', '/orders'],
      ['POST', '/pay'],
      ['GET', '/shop'],
    ] as const) {
      const reply = await call(method, path, access_token)
      expect([path, reply.status]).toEqual([path, 200])
      expect(await reply.json()).toMatchObject({ user: user.id })
    }
    expect(await (await call('GET', '/shop')).json()).toEqual({ user: null })
  })

  it('answers a token that is not valid as Kaimen itself does, in both languages', async () => {
    for (const language of ['en', 'zh-CN,zh;q=0.9', 'en;q=0.5, zh']) {
      const headers = { authorization: 'Bearer nonsense', 'accept-language': language }
      const theirs = await fetch(`${kaimen.url}/v1/me`, { headers })
      const ours = await call('GET', '/orders', 'nonsense', language)
      expect(ours.status).toBe(401)
      expect(await ours.json()).toEqual(await theirs.json())
      for (const name of [
        'content-type',
        'content-language',
        'cache-control',
        'www-authenticate',
      ]) {
        expect([name, ours.headers.get(name)]).toEqual([name, theirs.headers.get(name)])
      }
    }
    // A token that is no good is not no token.
    expect((await call('GET', '/shop', 'nonsense')).status).toBe(401)
  })

  it('asks for a token where there is none, by RFC 6750 without an error', async () => {
    const reply = await call('GET', '/orders')
    expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect(await code(reply)).toBe('token_invalid')
  })

  it('keeps out by its own rule, with 403', async () => {
    const { access_token } = await signIn()
    const reply = await call('GET', '/staff', access_token)
    expect(reply.status).toBe(403)
    expect(reply.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope"')
    expect(reply.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    expect(await code(reply)).toBe('forbidden')
  })

  it('[SE-5] refuses who has signed out: strictly at once, and everywhere within 5 s', async () => {
    const { access_token, refresh_token } = await signIn()
    expect((await call('GET', '/orders', access_token)).status).toBe(200)
    await post(`${kaimen.url}/v1/revoke`, { token: refresh_token })
    const endedAt = Date.now()
    const strict = await call('POST', '/pay', access_token)
    expect([strict.status, await code(strict)]).toEqual([401, 'session_ended'])
    await expect
      .poll(async () => code(await call('GET', '/orders', access_token)), { timeout: 10_000 })
      .toBe('session_ended')
    expect(Date.now() - endedAt).toBeLessThan(5000)
  })
})
