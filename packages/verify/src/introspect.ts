import { secondMs } from './clock.ts'
import { VerifyError } from './errors.ts'
import { fetchJson, type Fetch } from './fetch-json.ts'
import { isObject } from './json.ts'
import type { Claims } from './read-token.ts'

type Parts = { url: string; credential: string; fetch: Fetch; signal: AbortSignal }

const timeoutMs = 5 * secondMs
const maxBytes = 64 * 1024

/**
 * Asks the server whether the session of a token goes on (RFC 7662).
 *
 * @throws {@link VerifyError} `session_ended`, and `unavailable` for everything that is no answer.
 */
export async function introspect(parts: Parts, token: string, claims: Claims): Promise<void> {
  const { url, credential, fetch, signal } = parts
  const { value } = await fetchJson(fetch, {
    url,
    method: 'POST',
    headers: {
      authorization: `Bearer ${credential}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
    timeoutMs,
    maxBytes,
    signal,
  }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : 'the server could not be reached'
    throw new VerifyError('unavailable', `strict: ${reason}`)
  })
  const { active, sub, sid = claims.sid } = isObject(value) ? value : {}
  if (active === false) throw new VerifyError('session_ended', 'the server says it is not active')
  if (active !== true || sub !== claims.sub || sid !== claims.sid) {
    throw new VerifyError('unavailable', 'strict: the server answered of something else')
  }
}
