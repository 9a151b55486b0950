import { renderOpenapi } from '@kaimen/protocol'
import { KaimenError } from '../errors.ts'
import type { Handler } from './handlers.ts'
import { jsonResponse } from './reply.ts'

/** `GET /.well-known/jwks.json` */
export const jwks: Handler = ({ keys }) => {
  const response = jsonResponse(keys.jwks, { noStore: false })
  response.headers.set('cache-control', 'public, max-age=600')
  return response
}

/** `GET /healthz` */
export const healthz: Handler = () => jsonResponse({ status: 'ok' })

/** `GET /readyz` */
export const readyz: Handler = async ({ store }) => {
  try {
    await store.ping()
  } catch (cause) {
    throw new KaimenError('unavailable', { cause, retryAfterSeconds: 5 })
  }
  return jsonResponse({ status: 'ok' })
}

/** `GET /openapi.json` */
export const openapi: Handler = ({ publicUrl }) =>
  jsonResponse(renderOpenapi({ serverUrl: publicUrl }), { noStore: false })
