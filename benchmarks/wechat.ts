import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { noteWork } from './awake.ts'

/**
 * WeChat, as fast as node:http can play it: the openid is in the code. It runs in the load
 * generator's process, so it costs the servers nothing.
 */
export async function playWechat(): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    noteWork()
    const code = /[?&]js_code=([^&]*)/.exec(request.url ?? '')?.[1] ?? ''
    const person = code.slice(1, 9)
    const body = `{"session_key":"c2Vzc2lvbiBrZXkgMTYhIQ==","openid":"oBenchmark0000000000${person}"}`
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length })
    response.end(body)
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

let codes = 0

/** A code of 32 characters that was never used, for the person of this name (8 characters). */
export function newCode(person: string): string {
  codes += 1
  return `0${person}-${String(codes).padStart(22, '0')}`
}
