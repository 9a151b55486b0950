import { secondMs, type Clock } from './clock.ts'
import { VerifyError } from './errors.ts'
import { fetchJson, type Fetch } from './fetch-json.ts'
import { readKeys, type Key, type Keys } from './read-keys.ts'

export type KeySource = {
  /** The key of this kid, from memory. */
  find(kid: string): Key | undefined
  /**
   * Asks for a kid that {@link find} does not know, at most once in 30 s, whoever sends what. [TK-7]
   *
   * @throws {@link VerifyError} `token_invalid`, or `unavailable` where the server did not answer.
   */
  ask(kid: string): Promise<Key>
  /** When keys were last received; milliseconds. */
  receivedAt(): number | undefined
  /** Why the last attempt failed. */
  problem(): string | undefined
  /** Ends with the first attempt, also when that failed. */
  readonly tried: Promise<void>
}

type Parts = {
  url: string
  fetch: Fetch
  clock: Clock
  random: () => number
  signal: AbortSignal
  /** Called after each attempt. */
  onAttempt: () => void
}

const cooldownMs = 30 * secondMs
const timeoutMs = 5 * secondMs
/** The set is refused when it is longer; bytes. */
const maxBytes = 64 * 1024
/** How long keys are good where the server does not say: 10 min. */
const defaultMaxAgeSeconds = 600
const maxBackOffMs = 30 * secondMs

/** Fetches the keys now, and again whenever what `Cache-Control` allows is nearly over. */
export function followKeys(parts: Parts): KeySource {
  const { url, fetch, clock, random, signal, onAttempt } = parts
  let keys: Keys = new Map()
  let receivedAt: number | undefined
  let attemptedAt = -Infinity
  let maxAgeMs = defaultMaxAgeSeconds * secondMs
  let failures = 0
  let problem: string | undefined
  let attempt: Promise<void> | undefined

  const tried = refresh()
  void keepFresh()

  return {
    find: (kid) => keys.get(kid),
    async ask(kid) {
      if (attempt === undefined && clock.now() - attemptedAt >= cooldownMs) void refresh()
      await attempt
      const key = keys.get(kid)
      if (key) return key
      if (problem === undefined) throw new VerifyError('token_invalid', 'its key is not published')
      throw new VerifyError('unavailable', `its key is not known, and of the keys: ${problem}`)
    },
    receivedAt: () => receivedAt,
    problem: () => problem,
    tried,
  }

  async function keepFresh() {
    await tried
    while (!signal.aborted) {
      const backOffMs = Math.min(maxBackOffMs, secondMs * 2 ** (failures - 1))
      // Spread, so that a thousand services do not ask in the same second.
      await clock.sleep((failures > 0 ? backOffMs : maxAgeMs) * (0.8 + 0.2 * random()), signal)
      if (!signal.aborted) await refresh()
    }
  }

  function refresh(): Promise<void> {
    attempt ??= load().finally(() => {
      attempt = undefined
      onAttempt()
    })
    return attempt
  }

  async function load() {
    attemptedAt = clock.now()
    try {
      const { headers, value } = await fetchJson(fetch, { url, timeoutMs, maxBytes, signal })
      keys = keepSame(keys, readKeys(value))
      maxAgeMs = readMaxAge(headers) * secondMs
      receivedAt = clock.now()
      failures = 0
      problem = undefined
    } catch (error) {
      failures += 1
      problem = error instanceof Error ? error.message : 'the server could not be reached'
    }
  }
}

/** A key that did not change stays the same object: tokens that it verified need no verifying again. */
function keepSame(before: Keys, now: Keys): Keys {
  return new Map(
    [...now].map(([kid, key]) => {
      const same = before.get(kid)
      return [kid, same?.text === key.text ? same : key]
    }),
  )
}

/** Seconds: as the server says, but 1 min at least and 15 min at most. */
function readMaxAge(headers: Headers): number {
  const [, seconds] = /\bmax-age=(\d{1,9})\b/i.exec(headers.get('cache-control') ?? '') ?? []
  return Math.min(Math.max(Number(seconds ?? defaultMaxAgeSeconds), 60), 900)
}
