import type { Clock } from './clock.ts'
import { KaimenError } from './errors.ts'

/** How long the host's own code may take in the middle of a request. */
const hostMs = 5_000

/** The host's code did not answer in time. */
export class HostTimeout extends Error {
  override readonly name = 'HostTimeout'
}

/**
 * Asks a hook of the host. What it throws and that it hangs are told apart: the one is
 * `internal_error`, the other `unavailable`, and both name the hook to the operator.
 *
 * @throws {@link KaimenError}
 */
export async function askHost<Answer>(
  clock: Clock,
  hook: string,
  ask: () => Answer | Promise<Answer>,
): Promise<Answer> {
  try {
    return await askInTime(clock, hook, ask)
  } catch (error) {
    if (error instanceof HostTimeout) {
      throw new KaimenError('unavailable', { cause: error, retryAfterSeconds: 5 })
    }
    throw new KaimenError('internal_error', {
      cause: new Error(`The host’s hook ${hook} threw`, { cause: error }),
    })
  }
}

/**
 * Asks for so long and no longer.
 *
 * @param longestMs In milliseconds. Default 5000.
 * @throws {@link HostTimeout} , and whatever the hook throws.
 */
export async function askInTime<Answer>(
  clock: Clock,
  hook: string,
  ask: () => Answer | Promise<Answer>,
  longestMs = hostMs,
): Promise<Answer> {
  const answer = ask()
  if (!isThenable(answer)) return answer
  const over = new AbortController()
  const timeout = clock.sleep(longestMs, over.signal).then(() => {
    throw new HostTimeout(`The host’s hook ${hook} did not answer within ${longestMs / 1000} s`)
  })
  // It may be late for either of the two.
  timeout.catch(() => {})
  try {
    return await Promise.race([answer, timeout])
  } finally {
    over.abort()
  }
}

/** Some libraries have promises of their own. */
function isThenable<Answer>(answer: Answer | Promise<Answer>): answer is Promise<Answer> {
  return answer instanceof Object && 'then' in answer && typeof answer.then === 'function'
}
