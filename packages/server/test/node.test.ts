import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { listen, type Listener } from '@kaimen/server/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openAppId, openWorld, phoneAppId, type SendOptions, type World } from './support/world.ts'

let world: World
let server: Listener
const sockets: Socket[] = []

beforeEach(async () => {
  world = await openWorld({ wechat: { timeoutMs: 5_000 } })
  server = await listen(world.auth, { port: 0 })
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await server.close()
  await world.close()
})

const json = 'Content-Type: application/json\r\n'

/** A bare connection, to say what no HTTP client would. */
function dial() {
  const { port, hostname } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  sockets.push(socket)
  socket.on('error', () => undefined)
  let heard = ''
  let ended = false
  socket.setEncoding('latin1').on('data', (text: string) => void (heard += text))
  socket.on('close', () => void (ended = true))
  return {
    socket,
    say: (text: string) => void socket.write(text),
    heard: () => heard,
    /** Waits until so many replies have come in full. */
    replies: (count: number) =>
      vi.waitFor(() => {
        const found = readReplies(heard)
        if (found.length < count) throw new Error(`heard only: ${heard.slice(0, 300)}`)
        return found
      }, 5_000),
    ended: () => vi.waitFor(() => expect(ended).toBe(true), 5_000),
  }
}

type RawReply = { status: number; head: string; body: string }

/** The final replies of a connection; each has a Content-Length or is chunked. */
function readReplies(text: string): RawReply[] {
  const replies: RawReply[] = []
  let rest = text
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) return replies
    const head = rest.slice(0, end)
    rest = rest.slice(end + 4)
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1])
    if (status === 100) continue
    const length = /^content-length: (\d+)/im.exec(head)?.[1]
    const size = length === undefined ? rest.indexOf('0\r\n\r\n') + 5 : Number(length)
    if (length === undefined ? size === 4 : rest.length < size) return replies
    replies.push({ status, head, body: rest.slice(0, size) })
    rest = rest.slice(size)
  }
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
const post = (path: string, body: string, more = '') =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\n${json}Content-Length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`
const codeOf = ({ body }: RawReply) => /"code":"(\w+)"/.exec(body)?.[1]

/** A sign-in that waits for WeChat until it is let go. */
async function holdSignIn() {
  const code = await world.wxLogin()
  await world.control('POST', '/emulator/faults', { path: '*', fault: 'hang', times: 1 })
  const body = JSON.stringify({ app_id: openAppId, code })
  return {
    body,
    held: () => vi.waitFor(async () => expect(await world.exchanges()).toBe(1), 5_000),
    letGo: () => world.control('DELETE', '/emulator/faults'),
  }
}

describe('connections', () => {
  it('serve one request after another over one socket', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ports = new Set<number | undefined>()
    for (const path of ['/healthz', '/v1/me', '/nothing', '/v1/token', '/.well-known/jwks.json']) {
      const outgoing = request(`${server.url}${path}`, { agent }).end()
      const [reply] = (await once(outgoing, 'response')) as [IncomingMessage]
      ports.add(reply.socket.localPort)
      reply.resume()
      await once(reply, 'end')
    }
    expect(ports.size).toBe(1)
    agent.destroy()
  })

  it('answer what is sent ahead in its order', async () => {
    const line = dial()
    line.say(
      get('/v1/me') + get('/healthz') + post('/v1/token', '{}') + get('/nothing') + get('/healthz'),
    )
    const replies = await line.replies(5)
    expect(replies.map(({ status }) => status)).toEqual([401, 200, 400, 404, 200])
  })

  it('answer a slow request in its order too, when fast ones were sent behind it', async () => {
    const { body, held, letGo } = await holdSignIn()
    const line = dial()
    line.say(post('/v1/sign-in/wechat', body) + get('/healthz'))
    await held()
    await letGo()
    const [first, second] = await line.replies(2)
    expect(first?.body).toContain('signed_in')
    expect(second?.body).toBe('{"status":"ok"}')
  })

  it('take a body in pieces, however slow and however small', async () => {
    const body = JSON.stringify({ app_id: openAppId, code: await world.wxLogin() })
    const line = dial()
    for (const piece of post('/v1/sign-in/wechat', body).match(/.{1,9}/gs) ?? []) {
      line.say(piece)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    const [reply] = await line.replies(1)
    expect(reply?.body).toContain('signed_in')
  })

  it('take a chunked body without a length', async () => {
    const body = JSON.stringify({ app_id: openAppId, code: await world.wxLogin() })
    const line = dial()
    const head = `POST /v1/sign-in/wechat HTTP/1.1\r\nHost: x\r\n${json}Transfer-Encoding: chunked\r\n\r\n`
    const chunks = body.match(/.{1,7}/gs) ?? []
    line.say(
      head + chunks.map((c) => `${c.length.toString(16)}\r\n${c}\r\n`).join('') + '0\r\n\r\n',
    )
    const [reply] = await line.replies(1)
    expect(reply?.body).toContain('signed_in')
  })

  it('answer Expect: 100-continue, then take the body', async () => {
    const body = JSON.stringify({ app_id: openAppId, code: await world.wxLogin() })
    const line = dial()
    const [head, content] = post('/v1/sign-in/wechat', body, 'Expect: 100-continue\r\n').split(
      '\r\n\r\n',
    )
    line.say(`${head ?? ''}\r\n\r\n`)
    await vi.waitFor(() => expect(line.heard()).toContain('100 Continue'))
    line.say(content ?? '')
    const [reply] = await line.replies(1)
    expect(reply?.body).toContain('signed_in')
  })

  it('answer HEAD with the headers of GET and no body, and go on', async () => {
    const line = dial()
    line.say(`HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n`)
    await vi.waitFor(() => expect(line.heard()).toContain('\r\n\r\n'))
    const head = line.heard()
    expect(head).toMatch(/^HTTP\/1\.1 200 /)
    expect(head.slice(head.indexOf('\r\n\r\n'))).toBe('\r\n\r\n')
    line.say(get('/healthz'))
    await vi.waitFor(() => expect(line.heard().slice(head.length)).toMatch(/^HTTP\/1\.1 200 /))
  })
})

describe('what is too much or broken', () => {
  it.each(['Content-Length: 1048576', 'Transfer-Encoding: chunked'])(
    'a body of 1 MB under %s is answered with 413, and the server goes on',
    async (framing) => {
      const line = dial()
      const isChunked = framing.startsWith('Transfer')
      line.say(`POST /v1/token HTTP/1.1\r\nHost: x\r\n${json}${framing}\r\n\r\n`)
      const piece = 'x'.repeat(16_384)
      for (let i = 0; i < 64 && line.socket.writable; i++) {
        line.say(isChunked ? `4000\r\n${piece}\r\n` : piece)
        await new Promise((resolve) => setImmediate(resolve))
      }
      if (isChunked && line.socket.writable) line.say('0\r\n\r\n')
      const [reply] = await line.replies(1)
      expect([reply?.status, reply && codeOf(reply)]).toEqual([413, 'body_too_large'])
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    },
  )

  it('a body that is announced as too long is refused before it is sent', async () => {
    const line = dial()
    line.say(`POST /v1/token HTTP/1.1\r\nHost: x\r\n${json}Content-Length: 999999999\r\n\r\n{`)
    const [reply] = await line.replies(1)
    expect(reply?.status).toBe(413)
  })

  it('headers beyond Node’s limit are answered with 431', async () => {
    const line = dial()
    line.say(get('/healthz', `Authorization: Bearer ${'x'.repeat(20_000)}\r\n`))
    await vi.waitFor(() => expect(line.heard()).toMatch(/^HTTP\/1\.1 431 /))
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it('headers just below it are answered as they deserve', async () => {
    const line = dial()
    line.say(get('/v1/me', `Authorization: Bearer ${'x'.repeat(12_000)}\r\n`))
    const [reply] = await line.replies(1)
    expect([reply?.status, reply && codeOf(reply)]).toEqual([401, 'token_invalid'])
  })

  it.each([
    ['no HTTP at all', '\x16\x03\x01\x02\0\x01\0\r\n\r\n'],
    [
      'two lengths',
      `POST /v1/token HTTP/1.1\r\nHost: x\r\n${json}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    ],
    [
      'a length and chunks',
      `POST /v1/token HTTP/1.1\r\nHost: x\r\n${json}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'a negative length',
      `POST /v1/token HTTP/1.1\r\nHost: x\r\n${json}Content-Length: -1\r\n\r\n`,
    ],
    [
      'a chunk size that is none',
      `POST /v1/token HTTP/1.1\r\nHost: x\r\n${json}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    ],
    ['a header with a line feed', 'GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\n c\r\n\r\n'],
    ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n'],
  ])('%s is refused, and the server goes on', async (_, bytes) => {
    const line = dial()
    line.say(bytes)
    await vi.waitFor(() => expect(line.heard()).toMatch(/^HTTP\/1\.1 400 /), 5_000)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it.each(['a b', 'x/y', '[', 'x:y', '%', 'a@b', '\x80'])(
    'the Host %j does no harm',
    async (host) => {
      const line = dial()
      line.say(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      const [reply] = await line.replies(1)
      expect([200, 400]).toContain(reply?.status)
      expect(world.reports).toEqual([])
    },
  )

  it.each(['*', 'http://other.test/healthz', '//healthz', '/%00', '/\x80', '?', '/healthz#x'])(
    'the request target %j does no harm',
    async (target) => {
      const line = dial()
      line.say(`OPTIONS ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
      await vi.waitFor(() => expect(line.heard()).toMatch(/^HTTP\/1\.1 [24]\d\d /), 5_000)
      expect(world.reports).toEqual([])
    },
  )

  it('a body that breaks off is nobody’s failure but the sender’s', async () => {
    const signIn = vi.spyOn(world.store, 'signIn')
    for (const framing of ['Content-Length: 60', 'Transfer-Encoding: chunked']) {
      const line = dial()
      line.say(`POST /v1/sign-in/wechat HTTP/1.1\r\nHost: x\r\n${json}${framing}\r\n\r\n`)
      line.say(framing.startsWith('C') ? '{"code":' : '8\r\n{"code":\r\n')
      await new Promise((resolve) => setTimeout(resolve, 30))
      line.socket.resetAndDestroy()
      await line.ended()
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    expect(signIn).not.toHaveBeenCalled()
    expect(world.reports).toEqual([])
  })

  it('a client that leaves before the answer has signed in all the same', async () => {
    const { body, held, letGo } = await holdSignIn()
    const line = dial()
    line.say(post('/v1/sign-in/wechat', body, 'Idempotency-Key: k\r\n'))
    await held()
    line.socket.resetAndDestroy()
    await line.ended()
    await letGo()
    const reply = await fetch(`${server.url}/v1/sign-in/wechat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
      body,
    })
    expect(await reply.json()).toMatchObject({ status: 'signed_in', is_new_user: true })
    expect(world.events).toHaveLength(1)
    expect(world.reports).toEqual([])
  })
})

describe('[RT-2] a refresh that comes late, after its successors were used', () => {
  /** Sends the first token again, holds it in the server, and lets go of it after `meanwhile`. */
  async function sendLate(meanwhile: (line: ReturnType<typeof dial>) => Promise<void>) {
    const { refresh_token: first } = await world.signIn()
    const refresh = async (refresh_token: string) => {
      const json = { grant_type: 'refresh_token', refresh_token }
      return (await world.send('POST', '/v1/token', { json })).body
    }
    const second = await refresh(first)
    const third = await refresh(String(second['refresh_token']))
    let letGo = () => {}
    const hold = new Promise<void>((resolve) => void (letGo = resolve))
    const { findSession } = world.store
    const found = vi.spyOn(world.store, 'findSession').mockImplementationOnce(async (id) => {
      await hold
      return findSession(id)
    })
    const line = dial()
    line.say(
      post('/v1/token', JSON.stringify({ grant_type: 'refresh_token', refresh_token: first })),
    )
    await vi.waitFor(() => expect(found).toHaveBeenCalled())
    await meanwhile(line)
    letGo()
    await line.ended()
    return refresh(String(third['refresh_token']))
  }

  it('ends no session where its sender has left: it may have lain in a node that was paused', async () => {
    const next = await sendLate(async ({ socket }) => {
      socket.end()
      await once(socket, 'close')
      await new Promise((resolve) => setTimeout(resolve, 50))
    })
    expect(next).toHaveProperty('refresh_token')
  })

  it('ends the session where somebody waits for what it gives', async () => {
    const next = await sendLate(async ({ socket, replies }) => {
      void replies(1).then(() => socket.destroy())
    })
    expect(next).toHaveProperty('code', 'session_ended')
  })
})

describe('[AU-7] the other end of a connection', () => {
  const addresses: (string | undefined)[] = []
  let behind: World
  let listener: Listener
  beforeEach(async () => {
    addresses.length = 0
    behind = await openWorld({
      trustedProxies: ['127.0.0.1'],
      sms: { kind: 'test', send: () => Promise.resolve('sent') },
      captcha({ address }) {
        addresses.push(address)
        return true
      },
    })
    listener = await listen(behind.auth, { port: 0 })
  })
  afterEach(async () => {
    await listener.close()
    await behind.close()
  })

  const body = JSON.stringify({ phone: '+8613800138001' })
  const forwarded = 'X-Forwarded-For: 192.0.2.1, 203.0.113.9\r\n'

  it('is that of the socket', async () => {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9' }
    const { status } = await fetch(`${listener.url}/v1/otp`, { method: 'POST', headers, body })
    expect([status, addresses]).toEqual([202, ['203.0.113.9']])
  })

  it('is known of whoever has gone before the answer, or nothing is done for them', async () => {
    const { port, hostname } = new URL(listener.url)
    for (let i = 0; i < 50; i++) {
      const socket = connect(Number(port), hostname)
      sockets.push(socket)
      await once(socket, 'connect')
      socket.write(post('/v1/otp', body, forwarded), () => socket.resetAndDestroy())
      await once(socket, 'close')
    }
    await vi.waitFor(() => expect(addresses.length).toBeGreaterThan(0), 5_000)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(new Set(addresses)).toEqual(new Set(['203.0.113.9']))
  })
})

describe('listen and close', () => {
  it('port 0 takes a free port and says which', async () => {
    const other = await listen(world.auth, { port: 0 })
    expect(other.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(other.url).not.toBe(server.url)
    expect((await fetch(`${other.url}/healthz`)).status).toBe(200)
    await other.close()
    await expect(fetch(`${other.url}/healthz`)).rejects.toThrow('fetch failed')
  })

  it('a port that is taken is an error', async () => {
    const port = Number(new URL(server.url).port)
    await expect(listen(world.auth, { port })).rejects.toThrow('EADDRINUSE')
  })

  it('what listens is warmed up soon after, and is not once it was closed', async () => {
    const warmUp = vi.fn<() => Promise<void>>(() => Promise.resolve())
    const closed = await listen({ ...world.auth, warmUp }, { port: 0 })
    await closed.close()
    const warmUpLater = vi.fn<() => Promise<void>>(() => Promise.resolve())
    const open = await listen({ ...world.auth, warmUp: warmUpLater }, { port: 0 })
    expect(warmUpLater).not.toHaveBeenCalled()
    await vi.waitFor(() => expect(warmUpLater).toHaveBeenCalledOnce(), 5_000)
    expect(warmUp).not.toHaveBeenCalled()
    await open.close()
  })

  it('close ends idle connections at once', async () => {
    const line = dial()
    line.say(get('/healthz'))
    await line.replies(1)
    const began = performance.now()
    await server.close()
    expect(performance.now() - began).toBeLessThan(2_000)
    await line.ended()
  })

  it('close lets the request under way finish, takes no new one, and ends the connection', async () => {
    const { body, held, letGo } = await holdSignIn()
    const line = dial()
    line.say(post('/v1/sign-in/wechat', body))
    await held()
    let closed = false
    const closing = server.close().then(() => void (closed = true))
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow('fetch failed')
    expect(closed).toBe(false)
    await letGo()
    const [reply] = await line.replies(1)
    expect(reply?.body).toContain('signed_in')
    const began = performance.now()
    await closing
    await line.ended()
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it('close can be called twice', async () => {
    await Promise.all([server.close(), server.close()])
    await server.close()
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow('fetch failed')
  })
})

describe('the main story', () => {
  type Answer = { status: number; headers: Record<string, string>; body: unknown }

  /** What is different by its nature, or is Node’s own. */
  const varying = new Set([
    'access_token',
    'refresh_token',
    'session_id',
    'id',
    'ticket',
    'created_at',
    'last_seen_at',
    'x',
    'y',
    'kid',
    'wechat',
    'rid',
  ])
  const nodes = new Set(['date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding'])
  const same = (body: string) =>
    body === ''
      ? ''
      : (JSON.parse(body, (name, value: unknown) =>
          varying.has(name) ? typeof value : value,
        ) as unknown)

  const answer = async (response: Response): Promise<Answer & { raw: string }> => {
    const raw = await response.text()
    const headers = Object.fromEntries([...response.headers].filter(([name]) => !nodes.has(name)))
    return { status: response.status, headers, body: same(raw), raw }
  }

  /** Sign-in, the same code again, ticket, me, refresh, reuse, sessions, sign-out, and mistakes. */
  async function tell(base: string, ask: (request: Request) => Promise<Response>) {
    const answers: Answer[] = []
    const send = async (
      method: string,
      path: string,
      { json: value, body, headers, token }: SendOptions = {},
    ) => {
      const { raw, ...told } = await answer(
        await ask(
          new Request(base + path, {
            method,
            headers: {
              ...(value !== undefined && { 'content-type': 'application/json' }),
              ...(token !== undefined && { authorization: `Bearer ${token}` }),
              ...headers,
            },
            ...(value !== undefined && { body: JSON.stringify(value) }),
            ...(body !== undefined && { body }),
          }),
        ),
      )
      answers.push(told)
      return (raw === '' ? {} : JSON.parse(raw)) as Record<string, string>
    }
    const refresh = (refresh_token = '') =>
      send('POST', '/v1/token', {
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token }).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })

    const device = { model: 'P60', name: '李华的手机' }
    const signIn = { app_id: openAppId, code: await world.wxLogin(), device }
    const key = { 'idempotency-key': 'k' }
    const first = await send('POST', '/v1/sign-in/wechat', { json: signIn, headers: key })
    await send('POST', '/v1/sign-in/wechat', { json: signIn, headers: key })
    await send('POST', '/v1/sign-in/wechat', { json: signIn })
    const code = await world.wxLogin(undefined, phoneAppId)
    await send('POST', '/v1/sign-in/wechat', { json: { app_id: phoneAppId, code } })
    const { access_token: token = '' } = first
    await send('GET', '/v1/me', { token })
    await send('HEAD', '/v1/me', { token })
    await send('GET', '/v1/me/sessions', { token })
    const second = await refresh(first['refresh_token'])
    await refresh(first['refresh_token'])
    const third = await refresh(second['refresh_token'])
    await refresh(first['refresh_token'])
    await refresh(third['refresh_token'])
    await send('GET', '/v1/me', { token })
    const again = await send('POST', '/v1/sign-in/wechat', {
      json: { app_id: openAppId, code: await world.wxLogin() },
    })
    const { access_token: newest = '', session_id = '' } = again
    await send('DELETE', '/v1/me/sessions?others=true', { token: newest })
    await send('DELETE', `/v1/me/sessions/${session_id}`, { token: newest })
    await send('POST', '/v1/revoke', { json: { token: newest } })
    for (const language of ['zh-CN', 'en']) {
      const headers = { 'accept-language': language }
      await send('GET', '/v1/me', { headers })
      await send('PUT', '/v1/me', { headers, json: {} })
      await send('GET', '/nothing', { headers })
      await send('POST', '/v1/token', { headers, json: { grant_type: 'x' } })
      await send('POST', '/v1/token', { headers, body: 'x'.repeat(100_000) })
    }
    await send('POST', '/v1/token', { json: { pad: 'x'.repeat(100_000) } })
    await send('POST', '/v1/sign-in/wechat', { json: { app_id: openAppId, code: 'x&appid=y' } })
    for (const path of ['/healthz', '/readyz', '/.well-known/jwks.json', '/openapi.json']) {
      await send('GET', path)
    }
    return answers
  }

  it('is answered through the socket exactly as by the handler', async () => {
    const direct = await tell('http://kaimen.test', (asked) => world.auth.handler(asked))
    const afresh = await openWorld()
    const listener = await listen(afresh.auth, { port: 0 })
    const before = world
    world = afresh
    const served = await tell(listener.url, (asked) => fetch(asked))
    world = before
    await listener.close()
    await afresh.close()
    expect(served).toEqual(direct)
    expect(new Set(direct.map(({ status }) => status))).toEqual(
      new Set([200, 400, 401, 404, 405, 413, 415]),
    )
  })
})
