/**
 * Kaimen with one route that checks nothing: `GET /v1/me` takes the id of a session where the token
 * belongs, and answers with its user. Router, look-up and reply are the same; what is missing is
 * the check. Everything else is Kaimen.
 */
import { routes, type Route } from '@kaimen/protocol'
import { createMemoryBlobs } from '@kaimen/server/blobs/memory'
import { listen } from '@kaimen/server/node'
import { Hono } from 'hono'
import { jsonResponse, userReply } from '../../packages/server/src/http/reply.ts'
import { parseId } from '../../packages/server/src/id.ts'
import { readKeyRing } from '../../packages/server/src/key-ring.ts'
import { openAuth, openStore, publicUrl, secretText } from './kaimen.ts'
import type { StartServer } from './server.ts'

export const start: StartServer = async ({ wechatUrl, folder }) => {
  const store = openStore(folder)
  const auth = await openAuth(wechatUrl, store)
  const ring = readKeyRing(secretText)
  if (typeof ring === 'string') throw new Error(ring)
  const parts = { ring, blobs: createMemoryBlobs(), publicUrl }

  async function me(request: Request): Promise<Response> {
    const header = request.headers.get('authorization') ?? ''
    const id = parseId('ses', /^bearer +([\x21-\x7e]+)$/i.exec(header)?.[1] ?? '')
    const found = await store.findSession(id ?? 0)
    if (!found) return jsonResponse({}, { status: 401 })
    return jsonResponse(userReply(parts, found.user))
  }

  const http = new Hono()
  for (const { method, path } of Object.values<Route>(routes)) {
    const isMe = method === 'GET' && path === '/v1/me'
    http.on(method, path.replaceAll(/\{(\w+)\}/g, ':$1'), async ({ req }) =>
      isMe ? me(req.raw) : auth.handler(req.raw),
    )
  }
  const handler = async (request: Request) => http.fetch(request)
  const { url } = await listen({ handler, drain: auth.drain }, { port: 0 })
  return Number(new URL(url).port)
}
