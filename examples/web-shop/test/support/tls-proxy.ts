// One https address for the shop and Kaimen, as a proxy before both gives them.

import { once } from 'node:events'
import { request as ask } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import {
  createAuthority,
  issueCertificate,
} from '../../../../packages/emulator/src/tls/certificate.ts'

/** Where what begins with a path goes to; `cuts`: the path is taken off. */
type ProxyRule = { readonly path: string; readonly to: string; readonly cuts: boolean }

export type TlsProxy = {
  /** As in `https://localhost:4443`. */
  readonly url: string
  /** The first rule whose path a request has. */
  use(rules: readonly ProxyRule[]): void
  close(): void
}

export async function openTlsProxy(): Promise<TlsProxy> {
  let rules: readonly ProxyRule[] = []
  const now = new Date()
  const { certificatePem: cert, keyPem: key } = issueCertificate(createAuthority(now), now)
  const server = createServer({ cert, key }, (incoming, outgoing) => {
    const { url = '/', method, headers } = incoming
    const rule = rules.find(({ path }) => url.startsWith(path))
    if (!rule) {
      outgoing.writeHead(502).end()
      return
    }
    const path = rule.cuts ? url.slice(rule.path.length - 1) : url
    const forward = ask(new URL(path, rule.to), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    forward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => forward.destroy())
    incoming.pipe(forward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `https://localhost:${port}`,
    use: (given) => {
      rules = given
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
