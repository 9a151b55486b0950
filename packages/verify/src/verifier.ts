import { secondMs } from './clock.ts'
import { VerifyError } from './errors.ts'
import { followKeys } from './follow-keys.ts'
import { followRevocations } from './follow-revocations.ts'
import { introspect } from './introspect.ts'
import { readOptions, type VerifierOptions } from './options.ts'
import type { Key } from './read-keys.ts'
import { readClaims, splitToken, type Claims } from './read-token.ts'
import { remember } from './remember.ts'

export type VerifierStatus = {
  /** Since the server gave the keys; `undefined` when it never did. */
  readonly keysAgeSeconds: number | undefined
  /**
   * Since the server last said what was revoked, up to some 20 s when all is well; `undefined` when
   * it never did.
   */
  readonly revocationsAgeSeconds: number | undefined
  /** Whether revocations are followed at all: only with a credential. */
  readonly revocationsFollowed: boolean
  /** Ended sessions in memory. */
  readonly revokedSessions: number
  /** What is older than it should be: keys after 30 min, revocations after 35 s. */
  readonly stale: readonly ('keys' | 'revocations')[]
  /** Why the last attempts failed. */
  readonly problems: { readonly keys?: string; readonly revocations?: string }
}

export type Verifier = {
  /**
   * Checks an access token from memory. Only the first call waits for the server, and a key that
   * was never seen is asked for, once in 30 s.
   *
   * @param options.strict Asks the server each time, so that a session that ended counts at once.
   * @throws {@link VerifyError}
   */
  verify(token: string, options?: { strict?: boolean | undefined }): Promise<Claims>
  status(): VerifierStatus
  /** Ends when keys and revocations were asked for, also when that failed: see `status()`. */
  ready(): Promise<void>
  /** Ends the connections. Nothing verifies after it but what is in memory. */
  close(): void
}

type Verified = { readonly claims: Claims; readonly kid: string; readonly key: Key }

const staleKeysMs = 30 * 60 * secondMs
const staleRevocationsMs = 35 * secondMs

/** @throws {@link ConfigError} */
export function createVerifier(options: VerifierOptions): Verifier {
  const settings = readOptions(options)
  const { issuer, audiences, credential, skewMs, clock, fetch, random, onStale } = settings
  const openedAt = clock.now()
  const closing = new AbortController()
  const { signal } = closing
  const common = { fetch, clock, random, signal, onAttempt: tellStale }
  const keys = followKeys({ ...common, url: settings.jwksUrl })
  const revocations =
    credential === undefined
      ? undefined
      : followRevocations({
          ...common,
          url: settings.revocationsUrl,
          credential,
          maxSessions: settings.maxRevocations,
        })
  const remembered = remember<Verified>(Math.ceil(settings.cacheSize / 2))
  const ready = Promise.all([keys.tried, revocations?.tried])
  let isReady = false
  let toldStale = ''
  void ready.then(() => (isReady = true))

  return {
    async verify(token, { strict = false } = {}) {
      if (!isReady) await ready
      const seen = remembered.get(token)
      const claims = seen && isPublished(seen) ? recheck(seen) : await verifyUnseen(token)
      if (strict) await askServer(token, claims)
      return claims
    },
    status,
    ready: async () => void (await ready),
    close: () => closing.abort(),
  }

  async function verifyUnseen(token: string): Promise<Claims> {
    const { alg, kid, input, signature, payload } = splitToken(token)
    const key = keys.find(kid) ?? (await keys.ask(kid))
    if (key.alg !== alg) throw new VerifyError('token_invalid', 'its alg is not that of its key')
    if (!key.algorithm.verify(key.publicKey, input, signature)) {
      throw new VerifyError('token_invalid', 'its signature is not that of its key')
    }
    const claims = readClaims(payload, { issuer, audiences, skewMs, nowMs: clock.now() })
    revocations?.refuseRevoked(claims)
    if (settings.cacheSize > 0) remembered.set(token, { claims, kid, key })
    return claims
  }

  function isPublished({ kid, key }: Verified): boolean {
    return keys.find(kid) === key
  }

  /** What may have changed since a token was verified is looked at each time. */
  function recheck({ claims }: Verified): Claims {
    if (clock.now() >= claims.exp * secondMs + skewMs) {
      throw new VerifyError('token_expired', 'its exp has passed')
    }
    revocations?.refuseRevoked(claims)
    return claims
  }

  async function askServer(token: string, claims: Claims) {
    if (credential === undefined) {
      throw new VerifyError('unavailable', 'strict: createVerifier was given no credential')
    }
    await introspect({ url: settings.introspectUrl, credential, fetch, signal }, token, claims)
  }

  function status(): VerifierStatus {
    const now = clock.now()
    const problem = { keys: keys.problem(), revocations: revocations?.problem() }
    const age = (at: number | undefined) =>
      at === undefined ? undefined : Math.max(0, Math.round((now - at) / secondMs))
    const isStale = (at: number | undefined, limitMs: number) => now - (at ?? openedAt) > limitMs
    return {
      keysAgeSeconds: age(keys.receivedAt()),
      revocationsAgeSeconds: age(revocations?.receivedAt()),
      revocationsFollowed: revocations !== undefined,
      revokedSessions: revocations?.size() ?? 0,
      stale: [
        ...(isStale(keys.receivedAt(), staleKeysMs) ? (['keys'] as const) : []),
        ...(revocations && isStale(revocations.receivedAt(), staleRevocationsMs)
          ? (['revocations'] as const)
          : []),
      ],
      problems: {
        ...(problem.keys !== undefined && { keys: problem.keys }),
        ...(problem.revocations !== undefined && { revocations: problem.revocations }),
      },
    }
  }

  function tellStale() {
    const now = status()
    const stale = now.stale.join(' ')
    if (stale === toldStale) return
    toldStale = stale
    // What it throws is its own, and stops nothing here.
    if (onStale) queueMicrotask(() => onStale(now))
  }
}
