import { generateKeyPairSync } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { mint, type Mint } from '../corpus.ts'

export type Answer = {
  status?: number
  type?: string
  body: string
  headers?: Record<string, string>
}

/** A server of tokens, on loopback: answers what the test puts there, and counts what it is asked. */
export type Issuer = Awaited<ReturnType<typeof startIssuer>>

export async function startIssuer() {
  const asked: { path: string; query: URLSearchParams; authorization?: string; body: string }[] = []
  const answers = new Map<string, (query: URLSearchParams) => Answer | 'hold' | 'destroy'>()
  const held = new Set<ServerResponse>()
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { pathname, searchParams } = new URL(request.url ?? '', url)
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const { authorization } = request.headers
    asked.push({
      path: pathname,
      query: searchParams,
      body,
      ...(authorization && { authorization }),
    })
    const reply = answers.get(pathname)?.(searchParams) ?? { status: 404, body: '{}' }
    if (reply === 'hold') return void held.add(response)
    if (reply === 'destroy') return void request.socket.destroy()
    response.writeHead(reply.status ?? 200, {
      'content-type': reply.type ?? 'application/json',
      ...reply.headers,
    })
    response.end(reply.body)
  }

  return {
    url,
    asked,
    count: (path: string) => asked.filter((question) => question.path === path).length,
    put(path: string, reply: (query: URLSearchParams) => Answer | 'hold' | 'destroy') {
      answers.set(path, reply)
    },
    publish(keys: readonly object[], headers: Record<string, string> = {}) {
      answers.set(jwksPath, () => ({ body: JSON.stringify({ keys }), headers }))
    },
    /** Answers everyone who waits. */
    release(reply: Answer) {
      for (const response of held) {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(reply.body)
      }
      held.clear()
    },
    waiting: () => held.size,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export const jwksPath = '/.well-known/jwks.json'
export const revocationsPath = '/v1/revocations'
export const introspectPath = '/v1/introspect'

/** A key, as the server has it and as it publishes it. */
export function makeKey(kid: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    kid,
    privateKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' },
  }
}

let made = 0

/** A good token. */
export function makeToken(
  { kid, privateKey }: Pick<Mint, 'kid' | 'privateKey'>,
  { issuer, nowMs, ...claims }: { issuer: string; nowMs: number; [claim: string]: unknown },
  header: Record<string, unknown> = {},
): string {
  const iat = Math.floor(nowMs / 1000)
  const id = String(++made).padStart(11, '0')
  const base: Mint = {
    privateKey,
    kid,
    nowSeconds: iat,
    header: { alg: 'ES256', typ: 'at+jwt', kid },
    claims: {
      iss: issuer,
      aud: issuer,
      sub: `usr_${id}`,
      client_id: 'wx-app',
      sid: `ses_${id}`,
      iat,
      exp: iat + 900,
      jti: id,
    },
  }
  return mint(base, header, claims)
}

export function page(
  sessionIds: readonly string[],
  cursor: string,
  cutoffs: object[] = [],
): Answer {
  const at = new Date().toISOString()
  const revocations = sessionIds.map((session_id) => ({ session_id, at }))
  return { body: JSON.stringify({ revocations, cutoffs, cursor }) }
}
