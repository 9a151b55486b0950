import { gzipSync } from 'node:zlib'
import { buildConnector, Pool } from 'undici'
import { describe, expect, onTestFinished, test } from 'vitest'
import { code2Session, WechatTransportError } from '../../src/index.ts'
import type { WechatOptions } from '../../src/index.ts'
import { startDeadline } from '../../src/transport/deadline.ts'
import { exchange } from '../../src/transport/exchange.ts'
import { canary, leaks } from '../support/canary.ts'
import { catchError } from '../support/catch-error.ts'
import { connect, httpReply, serve, serveRaw, session } from '../support/serve.ts'

async function failure(baseUrl: string, options: WechatOptions = {}) {
  const started = performance.now()
  const wechat = connect(baseUrl, { timeoutMs: 1000, ...options })
  const error = await catchError(WechatTransportError, code2Session(wechat, canary))
  expect(leaks(error)).toEqual([])
  return { error, tookMs: performance.now() - started }
}

describe('deadlines', () => {
  test('[WX-5] a server that takes the request and never answers is given up at the deadline', async () => {
    const baseUrl = await serveRaw(() => undefined)
    const { error, tookMs } = await failure(baseUrl, { timeoutMs: 150 })
    expect(error).toMatchObject({ kind: 'timeout', sent: true, retryable: true, fault: 'network' })
    expect(tookMs).toBeLessThan(900)
  })

  test('[WX-5] a reply that drips in is given up at the deadline, however alive it looks', async () => {
    const baseUrl = await serveRaw((socket) => {
      const reply = httpReply(session)
      let at = 0
      const timer = setInterval(() => socket.write(reply.charAt(at++)), 20)
      socket.on('close', () => clearInterval(timer))
    })
    const { error, tookMs } = await failure(baseUrl, { timeoutMs: 150 })
    expect(error).toMatchObject({ kind: 'timeout', sent: true })
    expect(tookMs).toBeLessThan(900)
  })

  test('[WX-5] a body that stalls after its headers is given up at the deadline', async () => {
    const baseUrl = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"openid":')
    })
    const { error } = await failure(baseUrl, { timeoutMs: 150 })
    expect(error).toMatchObject({ kind: 'timeout', sent: true, status: 200 })
  })

  test('[WX-5] a host that takes the connection but not TLS is given up at the connect deadline', async () => {
    const baseUrl = (await serveRaw(() => undefined)).replace('http:', 'https:')
    const { error, tookMs } = await failure(baseUrl, { connectTimeoutMs: 100, timeoutMs: 5000 })
    expect(error).toMatchObject({ kind: 'timeout', sent: false })
    expect(error.cause).toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT' })
    expect(tookMs).toBeLessThan(3000)
  })

  test('[WX-3] a request whose deadline passed while connecting is never sent', async () => {
    const requests: string[] = []
    const baseUrl = await serveRaw((socket, request) => {
      requests.push(request)
      socket.write(httpReply(session))
    })
    const connector = buildConnector({})
    const pool = new Pool(baseUrl, {
      connect: (options, callback) => void setTimeout(() => connector(options, callback), 100),
    })
    onTestFinished(() => pool.destroy())
    const late = await exchange(pool, { method: 'GET', path: '/late' }, startDeadline(30))
    expect(late).toMatchObject({ kind: 'timeout', sent: false })
    const second = await exchange(pool, { method: 'GET', path: '/in-time' }, startDeadline(2000))
    expect(second).toMatchObject({ kind: 'answered' })
    expect(requests.map((request) => request.split(' ')[1])).toEqual(['/in-time'])
  })

  test('a call that timed out leaves the client usable', async () => {
    let calls = 0
    const baseUrl = await serveRaw((socket) => {
      if (++calls > 1) socket.write(httpReply(session))
    })
    const wechat = connect(baseUrl, { timeoutMs: 150, maxInFlight: 1 })
    await catchError(WechatTransportError, code2Session(wechat, canary))
    await expect(code2Session(wechat, canary)).resolves.toMatchObject({ openid: 'oNeverSeen' })
  })
})

describe('connections', () => {
  test('[WX-5] a refused connection says that nothing was sent', async () => {
    const { error } = await failure('http://127.0.0.1:1')
    expect(error).toMatchObject({ kind: 'unreachable', sent: false })
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('[WX-5] a reset after the request says that WeChat may have acted on it', async () => {
    const baseUrl = await serveRaw((socket) => socket.resetAndDestroy())
    const { error } = await failure(baseUrl)
    expect(error).toMatchObject({ kind: 'unreachable', sent: true })
  })

  test('[WX-3] a code is put on the wire once, whatever becomes of the connection', async () => {
    let requests = 0
    const baseUrl = await serveRaw((socket) => {
      requests += 1
      socket.resetAndDestroy()
    })
    await failure(baseUrl)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(requests).toBe(1)
  })

  test('two connections serve any number of calls that follow each other', async () => {
    let connections = 0
    const baseUrl = await serveRaw(
      (socket) => socket.write(httpReply(session)),
      () => (connections += 1),
    )
    const wechat = connect(baseUrl)
    for (let call = 0; call < 20; call += 1) await code2Session(wechat, canary)
    expect(connections).toBeLessThanOrEqual(2)
  })

  test('a connection that the server closed between two calls is replaced', async () => {
    const baseUrl = await serveRaw((socket) => {
      socket.write(httpReply(session))
      setTimeout(() => socket.end(), 10)
    })
    const wechat = connect(baseUrl)
    await code2Session(wechat, canary)
    await new Promise((resolve) => setTimeout(resolve, 60))
    await expect(code2Session(wechat, canary)).resolves.toMatchObject({ openid: 'oNeverSeen' })
  })

  test('a reply that closes the connection is read whole', async () => {
    const baseUrl = await serveRaw((socket) => {
      socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${session}`)
    })
    await expect(code2Session(connect(baseUrl), canary)).resolves.toMatchObject({
      openid: 'oNeverSeen',
    })
  })
})

describe('replies that are not WeChat’s', () => {
  const bodies: [string, string, object][] = [
    ['an empty body', httpReply(''), { status: 200 }],
    ['an HTML page', httpReply('<html>502 Bad Gateway</html>'), { status: 200 }],
    ['JSON that is cut off inside', httpReply('{"openid":"o1"'), { status: 200 }],
    ['a JSON text', httpReply('"ok"'), { status: 200 }],
    ['a JSON array', httpReply('[]'), { status: 200 }],
    ['an errcode that is no number', httpReply('{"errcode":"40029"}'), { status: 200 }],
    ['a 502 with HTML', httpReply('<html>', 'HTTP/1.1 502 Bad Gateway'), { status: 502 }],
    ['a 500 with JSON', httpReply(session, 'HTTP/1.1 500 Oops'), { status: 500 }],
    ['a 204', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204 }],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n\r\n', {}],
  ]
  test.each(bodies)('[WX-5] %s is a bad reply', async (_what, bytes, expected) => {
    const baseUrl = await serveRaw((socket) => socket.write(bytes))
    const { error } = await failure(baseUrl)
    expect(error).toMatchObject({ kind: 'bad_reply', sent: true, ...expected })
  })

  test('[WX-7] a reply that echoes the request in no protocol at all leaves no trace of it', async () => {
    const baseUrl = await serveRaw((socket, request) => socket.write(`nonsense ${request}`))
    const { error } = await failure(baseUrl)
    expect(error.cause).toMatchObject({ name: 'HTTPParserError' })
  })

  test('[WX-5] a reply cut off by the end of the connection is a bad reply', async () => {
    const baseUrl = await serveRaw((socket) => socket.end(httpReply(session).slice(0, -10)))
    const { error } = await failure(baseUrl)
    expect(error).toMatchObject({ kind: 'bad_reply', sent: true, status: 200 })
  })

  test('[WX-5] a reply longer than the limit is dropped before it is in memory', async () => {
    let written = 0
    const baseUrl = await serve((_request, response) => {
      const chunk = 'x'.repeat(65_536)
      const write = () => {
        written += chunk.length
        if (written < 1_000_000_000) response.write(chunk, () => setImmediate(write))
      }
      response.on('error', () => undefined)
      write()
    })
    const { error } = await failure(baseUrl, { maxReplyBytes: 100_000 })
    expect(error).toMatchObject({ kind: 'bad_reply', sent: true })
    expect(written).toBeLessThan(100_000_000)
  })

  test('a compressed reply, which was not asked for, is a bad reply', async () => {
    const baseUrl = await serve((_request, response) => {
      response.setHeader('content-encoding', 'gzip')
      response.end(gzipSync(session))
    })
    const { error } = await failure(baseUrl)
    expect(error).toMatchObject({ kind: 'bad_reply', status: 200 })
  })

  test('[WX-6] a redirect is not followed', async () => {
    let reached = false
    const elsewhere = await serve((_request, response) => {
      reached = true
      response.end(session)
    })
    const baseUrl = await serve((request, response) => {
      response.writeHead(302, { location: `${elsewhere}${request.url ?? ''}` }).end()
    })
    const { error } = await failure(baseUrl)
    expect(error).toMatchObject({ kind: 'bad_reply', status: 302 })
    expect(reached).toBe(false)
  })
})

describe('replies that are WeChat’s', () => {
  const types = ['text/plain', 'application/json; charset=UTF-8', 'text/html', undefined]
  test.each(types)('JSON is read under the content type %s', async (type) => {
    const baseUrl = await serve((_request, response) => {
      if (type !== undefined) response.setHeader('content-type', type)
      response.end(session)
    })
    await expect(code2Session(connect(baseUrl), canary)).resolves.toMatchObject({
      openid: 'oNeverSeen',
    })
  })

  test('a reply in many chunks is put together', async () => {
    const baseUrl = await serve((_request, response) => {
      for (const character of session) response.write(character)
      response.end()
    })
    await expect(code2Session(connect(baseUrl), canary)).resolves.toMatchObject({
      openid: 'oNeverSeen',
    })
  })
})
