import { renderOpenapi } from '@kaimen/protocol'
import { KaimenError } from '../errors.ts'
import { jwksMaxAgeSeconds } from '../session/rotation.ts'
import type { Handler } from './handlers.ts'
import { problemResponse } from './problem.ts'
import { jsonResponse } from './reply.ts'

/** `GET /.well-known/jwks.json` */
export const jwks: Handler = ({ keys }) => {
  const response = jsonResponse(keys.jwks(), { noStore: false })
  response.headers.set('cache-control', `public, max-age=${jwksMaxAgeSeconds}`)
  return response
}

/** `GET /healthz` */
export const healthz = () => jsonResponse({ status: 'ok' })

/** `GET /readyz`: whether a balancer should send requests here. */
export const readyz: Handler = async ({ store, draining }, { request }) => {
  if (draining.aborted) {
    // Nobody's fault, so that it is not thrown: nothing is reported.
    const refusal = new KaimenError('unavailable', { retryAfterSeconds: 5 })
    return problemResponse(refusal, request.headers.get('accept-language'))
  }
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
