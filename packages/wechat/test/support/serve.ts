import { createServer as createHttpServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { createWechat } from '../../src/index.ts'
import type { Wechat, WechatOptions } from '../../src/index.ts'

/** An HTTP server on a free loopback port, gone when the test is. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener)
  onTestFinished(() => server.closeAllConnections())
  return listen(server)
}

/** A TCP server that calls `answer` once for each GET request that arrives. */
export async function serveRaw(
  answer: (socket: Socket, request: string) => void,
  onConnection: (socket: Socket) => void = () => undefined,
): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onConnection(socket)
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if (!received.endsWith('\r\n\r\n')) return
      const request = received
      received = ''
      answer(socket, request)
    })
  })
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()))
  return listen(server)
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://127.0.0.1:${address.port}`
}

/** A client that closes with the test. */
export function connect(baseUrl: string, options: WechatOptions = {}): Wechat {
  const wechat = createWechat({ baseUrl, ...options })
  onTestFinished(() => wechat.close())
  return wechat
}

/** A whole HTTP reply, as bytes on the wire. */
export function httpReply(body: string, head = 'HTTP/1.1 200 OK'): string {
  return `${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

export const session = '{"openid":"oNeverSeen","session_key":"c2Vzc2lvbiBrZXkgMTYhIQ=="}'
