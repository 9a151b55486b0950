import { secondMs, type Clock } from './clock.ts'
import { VerifyError } from './errors.ts'
import { fetchJson, StatusError, type Fetch } from './fetch-json.ts'
import { isObject } from './json.ts'
import { maxLifeSeconds, type Claims } from './read-token.ts'

export type Revocations = {
  /** @throws {@link VerifyError} `session_ended`, `token_expired`. */
  refuseRevoked(claims: Claims): void
  /** When the server last answered; milliseconds. */
  receivedAt(): number | undefined
  /** Why the last attempt failed. */
  problem(): string | undefined
  /** How many ended sessions are in memory. */
  size(): number
  /** Ends when everything up to now has been read, or the first attempt failed. */
  readonly tried: Promise<void>
}

type Parts = {
  url: string
  credential: string
  fetch: Fetch
  clock: Clock
  random: () => number
  signal: AbortSignal
  /** Ended sessions kept at most. */
  maxSessions: number
  /** Called after each attempt. */
  onAttempt: () => void
}

/** How long the server may hold its answer; seconds. */
const waitSeconds = 20
const timeoutMs = 10 * secondMs
/** A page is refused when it is longer; bytes. */
const maxBytes = 4 * 1024 * 1024
const maxCursorLength = 1024
/** Apps that a cutoff is kept for. */
const maxCutoffs = 1000
/** What was revoked longer ago concerns no token that has not run out by any clock. */
const keptMs = (maxLifeSeconds + 120) * secondMs

/** Between two polls, also where the server answers at once; doubled while nothing is new. */
const minPauseMs = 100
/** A session that ends is to be known within 5 s, also after a pause of this length. [SE-5] */
const maxPauseMs = 2 * secondMs
const maxBackOffMs = 4 * secondMs

/** Follows `GET /v1/revocations` by long polls, each from where the last one ended. */
export function followRevocations(parts: Parts): Revocations {
  const { url, credential, fetch, clock, random, signal, maxSessions, onAttempt } = parts
  /** Until when each ended session is kept, by its id; the first is the first to go. */
  const ended = new Map<string, number>()
  /** Since when sessions of an app count, and of all apps under `null`; milliseconds. */
  const cutoffs = new Map<string | null, number>()
  /** Of tokens that are older it is no longer known whether their session has ended. */
  let forgottenBeforeMs = 0
  let cursor: string | undefined
  let caughtUp = false
  let receivedAt: number | undefined
  let problem: string | undefined

  let endFirst = () => {}
  const tried = new Promise<void>((resolve) => {
    endFirst = resolve
  })
  void follow()

  return {
    refuseRevoked({ sid, client_id, iat, auth_time = iat }) {
      if (ended.has(sid)) throw new VerifyError('session_ended', 'its session has ended')
      if (cutoffs.size > 0) {
        refuseCutOff(auth_time, cutoffs.get(client_id))
        refuseCutOff(auth_time, cutoffs.get(null))
      }
      if (iat * secondMs <= forgottenBeforeMs) {
        throw new VerifyError('token_expired', 'too many sessions ended since it was issued')
      }
    },
    receivedAt: () => receivedAt,
    problem: () => problem,
    size: () => ended.size,
    tried,
  }

  async function follow() {
    let failures = 0
    let idlePolls = 0
    while (!signal.aborted) {
      const beganAt = clock.now()
      let pauseMs = minPauseMs
      try {
        const isNews = await poll()
        failures = 0
        // An answer that took its time was waited for, as it should be.
        const isHeld = clock.now() - beganAt >= secondMs
        idlePolls = isNews || isHeld || !caughtUp ? 0 : idlePolls + 1
        pauseMs = Math.min(maxPauseMs, minPauseMs * 2 ** idlePolls)
        caughtUp ||= !isNews
        problem = undefined
      } catch (error) {
        failures += 1
        problem = describe(error)
        // Does the server not know where we were: begin again.
        if (error instanceof StatusError && error.status === 400) cursor = undefined
        pauseMs = Math.min(maxBackOffMs, 250 * 2 ** failures) * (0.5 + 0.5 * random())
      }
      if (caughtUp || failures > 0) endFirst()
      onAttempt()
      await clock.sleep(pauseMs, signal)
    }
    endFirst()
  }

  /** @returns Whether there was anything new. */
  async function poll(): Promise<boolean> {
    const wait = caughtUp ? waitSeconds : 0
    const query = new URLSearchParams({
      ...(cursor !== undefined && { after: cursor }),
      wait: String(wait),
    })
    const { value } = await fetchJson(fetch, {
      url: `${url}?${query.toString()}`,
      headers: { authorization: `Bearer ${credential}` },
      timeoutMs: wait * secondMs + timeoutMs,
      maxBytes,
      signal,
    })
    // All of it is read before any of it is taken.
    const page = readPage(value)
    const now = clock.now()
    forget(now)
    const isNews = [...page.sessions.map((id) => end(id, now)), ...page.cutoffs.map(cutOff)]
    cursor = page.cursor
    receivedAt = now
    return isNews.includes(true)
  }

  function end(sessionId: string, now: number): boolean {
    if (ended.has(sessionId)) return false
    ended.set(sessionId, now + keptMs)
    const [oldest] = ended
    if (oldest !== undefined && ended.size > maxSessions) {
      // There is no room to tell its tokens from others of their age, so all of these are renewed.
      const [id, keptUntil] = oldest
      ended.delete(id)
      forgottenBeforeMs = keptUntil - keptMs
    }
    return true
  }

  function cutOff({ app_id, atMs }: Cutoff): boolean {
    const before = cutoffs.get(app_id) ?? 0
    if (atMs <= before || atMs <= clock.now() - keptMs) return false
    if (!cutoffs.has(app_id) && cutoffs.size >= maxCutoffs) {
      throw new Error('the answer has too many cutoffs')
    }
    cutoffs.set(app_id, atMs)
    return true
  }

  function forget(now: number) {
    for (const [id, until] of ended) {
      if (until > now) break
      ended.delete(id)
    }
    for (const [app_id, atMs] of cutoffs) if (atMs + keptMs <= now) cutoffs.delete(app_id)
  }
}

function refuseCutOff(startedAt: number, atMs: number | undefined) {
  if (atMs !== undefined && startedAt * secondMs < atMs) {
    throw new VerifyError('session_ended', 'all sessions of its app were ended')
  }
}

type Cutoff = { readonly app_id: string | null; readonly atMs: number }
type Page = {
  readonly sessions: readonly string[]
  readonly cutoffs: readonly Cutoff[]
  readonly cursor: string
}

function readPage(value: unknown): Page {
  if (!isObject(value)) throw malformed()
  const { revocations, cutoffs = [], cursor } = value
  if (typeof cursor !== 'string' || cursor.length > maxCursorLength) throw malformed()
  if (!Array.isArray(revocations) || !Array.isArray(cutoffs)) throw malformed()
  return { sessions: revocations.map(readSession), cutoffs: cutoffs.map(readCutoff), cursor }
}

function readSession(value: unknown): string {
  const id = isObject(value) ? value['session_id'] : undefined
  if (typeof id !== 'string' || id.length > 64) throw malformed()
  return id
}

function readCutoff(value: unknown): Cutoff {
  if (!isObject(value)) throw malformed()
  const { app_id, at } = value
  const atMs = typeof at === 'string' ? Date.parse(at) : Number.NaN
  if (!(app_id === null || typeof app_id === 'string') || Number.isNaN(atMs)) throw malformed()
  return { app_id, atMs }
}

function malformed(): Error {
  return new Error('the answer is no list of revocations')
}

function describe(error: unknown): string {
  if (error instanceof StatusError && [401, 403].includes(error.status)) {
    return `${error.message}: the credential is not valid, or has no scope "revocations"`
  }
  return error instanceof Error ? error.message : 'the server could not be reached'
}
