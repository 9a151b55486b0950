import { once } from 'node:events'
import { connect } from 'node:net'
import { listen } from '@kaimen/server/node'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { expectProblem, readProblem } from './support/problem.ts'
import { openAppId, openWorld, type Reply, type World, type WorldOptions } from './support/world.ts'

let world: World
afterEach(() => world.close())
const open = async (options: WorldOptions) => (world = await openWorld(options))

const signInBody = async () => ({ app_id: openAppId, code: await world.wxLogin() })
const signIn = async () => world.send('POST', '/v1/sign-in/wechat', { json: await signInBody() })

/** Sign-ins that wait for WeChat until they are let go. */
async function holdSignIns(count: number) {
  await world.control('POST', '/emulator/faults', { path: '*', fault: 'hang' })
  const held = Array.from({ length: count }, signIn)
  await vi.waitFor(async () => expect(await world.exchanges()).toBe(count), 5_000)
  return async () => {
    await world.control('DELETE', '/emulator/faults')
    return Promise.all(held)
  }
}

describe('[OP-2] as many requests as may be are under way, and one more', () => {
  it('is told at once to come again, and nothing of it is read', async () => {
    await open({ maxRequests: 3, wechat: { timeoutMs: 20_000 } })
    const letGo = await holdSignIns(3)
    let isRead = false
    const body = new ReadableStream(
      {
        pull(controller) {
          isRead = true
          controller.enqueue(new TextEncoder().encode('{}'))
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    const request = new Request('http://kaimen.test/v1/sign-in/wechat', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    })
    const response = await world.auth.handler(request)
    expect([response.status, response.headers.get('retry-after'), isRead]).toEqual([
      503,
      '1',
      false,
    ])
    expect(await world.exchanges()).toBe(3)

    const answered = await letGo()
    expect(answered.map(({ status }) => status)).toEqual([200, 200, 200])
    expect((await signIn()).status).toBe(200)
  })

  it('does not hide that the node lives, is ready, and what its keys are', async () => {
    await open({ maxRequests: 1, wechat: { timeoutMs: 20_000 } })
    const letGo = await holdSignIns(1)
    expectProblem(await world.send('GET', '/v1/me'), 'unavailable')
    for (const path of ['/healthz', '/readyz', '/.well-known/jwks.json']) {
      expect((await world.send('GET', path)).status).toBe(200)
    }
    await letGo()
  })

  it('is not hindered by back ends that wait for news of revocations', async () => {
    await open({ maxRequests: 1 })
    const { secret } = await world.auth.credentials.create({
      name: 'shop',
      scopes: ['revocations'],
    })
    const poll = () => world.send('GET', '/v1/revocations?wait=20', { token: secret.reveal() })
    const { body } = await world.send('GET', '/v1/revocations?wait=0', { token: secret.reveal() })
    const after = `&after=${encodeURIComponent(String(body['cursor']))}`
    const waiting = world.send('GET', `/v1/revocations?wait=20${after}`, { token: secret.reveal() })
    await new Promise((resolve) => setTimeout(resolve, 50))
    await world.signIn()
    expectProblem(await poll(), 'unavailable')
    world.auth.drain()
    expect((await waiting).status).toBe(200)
  })

  it('is not hindered by a back end that goes wild', async () => {
    await open({ maxRequests: 8, wechat: { timeoutMs: 20_000 } })
    const { secret } = await world.auth.credentials.create({
      name: 'shop',
      scopes: ['introspect', 'users'],
    })
    const token = secret.reveal()
    const introspect = () => world.send('POST', '/v1/introspect', { json: { token: 'x' }, token })
    let letGo = () => {}
    const hold = new Promise<void>((resolve) => void (letGo = resolve))
    const { findCredential } = world.store
    const found = vi.spyOn(world.store, 'findCredential').mockImplementation(async (id) => {
      await hold
      return findCredential(id)
    })
    const held = [introspect(), introspect()]
    await vi.waitFor(() => expect(found).toHaveBeenCalledTimes(2))
    for (let time = 0; time < 20; time++) expectProblem(await introspect(), 'unavailable')
    expectProblem(await world.send('GET', '/v1/users/usr_x', { token }), 'unavailable')
    expect(world.reports[0]?.[0]).toBe('2 requests are under way, so 1 were refused')
    // All places of everybody else are free.
    const letSignInsGo = await holdSignIns(8)
    expectProblem(await signIn(), 'unavailable')
    for (const { status } of await letSignInsGo()) expect(status).toBe(200)
    letGo()
    for (const { status } of await Promise.all(held)) expect(status).toBe(200)
    expect((await introspect()).status).toBe(200)
  })

  it('hands an answer on without looking into it, which would cost more than to write it', async () => {
    await open({})
    const { access_token, refresh_token } = await world.signIn()
    const code = await world.wxLogin()
    const looks: string[] = []
    class WatchedResponse extends Response {}
    const plain = Response.prototype
    for (const name of ['headers', 'body'] as const) {
      Object.defineProperty(WatchedResponse.prototype, name, {
        get(this: Response) {
          looks.push(name)
          return Reflect.get(plain, name, this) as unknown
        },
      })
    }
    vi.stubGlobal('Response', WatchedResponse)
    onTestFinished(() => void vi.unstubAllGlobals())
    const ask = (path: string, init: RequestInit) =>
      world.auth.handler(new Request(`http://kaimen.test${path}`, init))
    const post = (body: object) => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const answers = [
      await ask('/v1/me', { headers: { authorization: `Bearer ${access_token}` } }),
      await ask('/v1/token', post({ grant_type: 'refresh_token', refresh_token })),
      await ask('/v1/sign-in/wechat', post({ app_id: openAppId, code })),
    ]
    expect(answers.map((answer) => [answer instanceof WatchedResponse, answer.status])).toEqual(
      Array.from({ length: 3 }, () => [true, 200]),
    )
    expect(looks).toEqual([])
  })

  it('frees its place however it ends', async () => {
    await open({ maxRequests: 1 })
    const find = vi.spyOn(world.store, 'findUsers').mockRejectedValueOnce(new Error('broken'))
    expectProblem(await signIn(), 'internal_error')
    expectProblem(await world.send('POST', '/v1/token', { body: 'x' }), 'media_type_unsupported')
    expect((await signIn()).status).toBe(200)
    find.mockRestore()
  })

  it('is one line in the log, and not one for each', async () => {
    await open({ maxRequests: 1, wechat: { timeoutMs: 20_000 } })
    const letGo = await holdSignIns(1)
    for (let i = 0; i < 50; i++) expectProblem(await signIn(), 'unavailable')
    expect(world.reports).toHaveLength(1)
    expect(world.reports[0]?.[0]).toBe('1 requests are under way, so 1 were refused')
    world.clock.advance(10_000)
    await signIn()
    expect(world.reports[1]?.[0]).toBe('1 requests are under way, so 50 were refused')
    await letGo()
  })
})

describe('[OP-2] ten times the load that a node takes', () => {
  it('takes what it may, and refuses all the rest while that is under way', async () => {
    const maxRequests = 20
    await open({ maxRequests })
    const server = await listen(world.auth, { port: 0 })
    let letGo = () => {}
    const hold = new Promise<void>((resolve) => void (letGo = resolve))
    const { signIn: write } = world.store
    const written = vi.spyOn(world.store, 'signIn').mockImplementation(async (...args) => {
      await hold
      return write(...args)
    })
    let refused = 0
    const ask = async (): Promise<Reply> => {
      const response = await fetch(`${server.url}/v1/sign-in/wechat`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(await signInBody()),
      })
      const text = await response.text()
      const { status, headers } = response
      if (status !== 200) refused += 1
      // Whoever is accepted waits until everybody else has been answered.
      if (refused === maxRequests * 9) letGo()
      return { status, headers, text, body: JSON.parse(text) as Reply['body'] }
    }
    const replies = await Promise.all(Array.from({ length: maxRequests * 10 }, ask))
    const accepted = replies.filter(({ status }) => status === 200)
    expect(accepted).toHaveLength(maxRequests)
    for (const reply of replies) if (reply.status !== 200) expectProblem(reply, 'unavailable')
    // What was accepted was done, and what was refused was not begun.
    expect(written).toHaveBeenCalledTimes(maxRequests)
    expect(world.events).toHaveLength(maxRequests)
    expect(await world.exchanges()).toBe(maxRequests)
    expect((await signIn()).status).toBe(200)
    await server.close()
  })

  it('[WX-5] that all waits for WeChat leaves places to what does not', async () => {
    // More than the places for all else together.
    await open({ wechat: { timeoutMs: 20_000, maxInFlight: 2, maxWaiting: 700 } })
    const { access_token, refresh_token } = await world.signIn()
    const before = await world.exchanges()
    await world.control('POST', '/emulator/faults', { path: '*', fault: 'hang' })
    const waiting = Array.from({ length: 703 }, signIn)
    const first = await Promise.any(waiting)
    expectProblem(first, 'wechat_unreachable')
    await vi.waitFor(async () => expect((await world.exchanges()) - before).toBe(2), 5_000)
    expect((await world.send('GET', '/v1/me', { token: access_token })).status).toBe(200)
    const json = { grant_type: 'refresh_token', refresh_token }
    expect((await world.send('POST', '/v1/token', { json })).status).toBe(200)

    await world.control('DELETE', '/emulator/faults')
    const replies = await Promise.all(waiting)
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(702)
    for (const reply of replies) {
      if (reply.status !== 200) expect(readProblem(reply).code).toBe('wechat_unreachable')
    }
  })
})

describe('[OP-2] a sender who takes too long', () => {
  it.each([
    ['with the headers', 'POST /v1/token HTTP/1.1\r\nHost: x\r\nA: '],
    [
      'with the body',
      'POST /v1/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 6000\r\n\r\n{',
    ],
  ])('%s is cut off, and frees its place', async (_, begun) => {
    await open({ maxRequests: 1 })
    const server = await listen(world.auth, { port: 0, requestSeconds: 1 })
    const { port, hostname } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    let heard = ''
    socket.setEncoding('latin1').on('data', (text: string) => void (heard += text))
    socket.write(begun)
    const drip = setInterval(() => socket.write('x'), 100)
    await once(socket, 'close')
    clearInterval(drip)
    expect(heard).toMatch(/^HTTP\/1\.1 408 /)
    await vi.waitFor(async () => expect((await world.send('GET', '/v1/me')).status).toBe(401))
    expect(world.reports).toEqual([])
    await server.close()
  })
})
