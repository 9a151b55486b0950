import type { Clock } from './clock.ts'
import { KaimenError } from './errors.ts'

/** How long the host's own code may take in the middle of a request. */
const hostMs = 5_000

/**
 * Asks a hook of the host, for so long and no longer. What it throws and that it hangs are told
 * apart: the one is `internal_error`, the other `unavailable`, and both name the hook to the
 * operator.
 *
 * @throws {@link KaimenError}
 */
export async function askHost<Answer>(
  clock: Clock,
  hook: string,
  ask: () => Answer | Promise<Answer>,
): Promise<Answer> {
  try {
    const answer = ask()
    return isThenable(answer) ? await within(clock, hook, answer) : answer
  } catch (error) {
    if (error instanceof HostTimeout) {
      throw new KaimenError('unavailable', { cause: error, retryAfterSeconds: 5 })
    }
    throw new KaimenError('internal_error', {
      cause: new Error(`The host’s hook ${hook} threw`, { cause: error }),
    })
  }
}

/** Some libraries have promises of their own. */
function isThenable<Answer>(answer: Answer | Promise<Answer>): answer is Promise<Answer> {
  return answer instanceof Object && 'then' in answer && typeof answer.then === 'function'
}

class HostTimeout extends Error {
  override readonly name = 'HostTimeout'
}

async function within<Answer>(clock: Clock, hook: string, answer: Promise<Answer>) {
  const over = new AbortController()
  const timeout = clock.sleep(hostMs, over.signal).then(() => {
    throw new HostTimeout(`The host’s hook ${hook} did not answer within ${hostMs / 1000} s`)
  })
  // It may be late for either of the two.
  timeout.catch(() => {})
  try {
    return await Promise.race([answer, timeout])
  } finally {
    over.abort()
  }
}
