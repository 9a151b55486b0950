import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listen } from '@kaimen/server/node'
import type { WebClient } from '../../../src/web/index.ts'
import { bundleForWeb } from '../../../bundle.mts'
import { miniProgram, startServers, website, type Servers } from './servers.ts'

declare global {
  interface Window {
    auth: WebClient
  }
}

/** A page, its back end, Kaimen and WeChat, each on a port of this machine. */
export interface Site {
  readonly pageUrl: string
  readonly apiUrl: string
  readonly authUrl: string
  readonly servers: Servers
  /** Moves the server's clock. */
  advance(ms: number): void
  /** Of what reached Kaimen since this was last called: method and path. */
  takeCalls(): string[]
  close(): Promise<void>
}

/** As docs say: nothing inline, nothing evaluated, and no styles but the page's own. */
const policy = (authUrl: string, apiUrl: string, wechatUrl: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `connect-src ${authUrl} ${apiUrl}`,
    `img-src ${authUrl}`,
    `frame-src ${authUrl} ${wechatUrl}`,
    "style-src 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')

export async function openSite(): Promise<Site> {
  let aheadMs = 0
  const calls: string[] = []
  const client = await bundleForWeb()
  const [authPort, page, api] = [await freePort(), createServer(), createServer()]
  const authUrl = `http://127.0.0.1:${authPort}`
  const [pageUrl, apiUrl] = [await open(page), await open(api)]
  const servers = await startServers({
    now: () => Date.now() + aheadMs,
    publicUrl: authUrl,
    origins: [pageUrl],
  })
  const { auth } = servers
  const handler: typeof auth.handler = (request, connection) => {
    calls.push(`${request.method} ${new URL(request.url).pathname}`)
    return auth.handler(request, connection)
  }
  const listener = await listen({ handler, drain: () => auth.drain() }, { port: authPort })
  const apps = { website: website.appid, mini_program: miniProgram.appid }
  const options = JSON.stringify({ baseUrl: authUrl, apps, apiOrigins: [apiUrl] })

  page.on('request', (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', pageUrl)
    const [type, text] =
      pathname === '/client.js'
        ? ['text/javascript', client]
        : pathname === '/page.js'
          ? [
              'text/javascript',
              `import { createWebClient } from './client.js'\nwindow.auth = createWebClient(${options})`,
            ]
          : [
              'text/html',
              `<!doctype html><html lang="${searchParams.get('lang') === 'en' ? 'en' : 'zh-CN'}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>shop</title><script type="module" src="/page.js"></script><main></main></html>`,
            ]
    response.writeHead(200, {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': policy(authUrl, apiUrl, servers.emulatorUrl),
    })
    response.end(text)
  })
  api.on('request', (request, response) => {
    const claims = request.headers.authorization?.split('.')[1] ?? ''
    response.writeHead(200, {
      'content-type': 'application/json',
      'access-control-allow-origin': pageUrl,
      'access-control-allow-headers': 'authorization',
    })
    response.end(Buffer.from(claims, 'base64url').toString() || '{}')
  })

  return {
    pageUrl,
    apiUrl,
    authUrl,
    servers,
    advance(ms) {
      aheadMs += ms
    },
    takeCalls: () => calls.splice(0),
    async close() {
      page.close()
      api.close()
      page.closeAllConnections()
      api.closeAllConnections()
      await listener.close()
      await servers.close()
    },
  }
}

async function open(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

/** Kaimen has to know its address before it listens. */
async function freePort(): Promise<number> {
  const server = createServer()
  const { port } = new URL(await open(server))
  await new Promise((resolve) => void server.close(resolve))
  return Number(port)
}
