import { secondMs } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import type { Captcha } from '../hooks.ts'
import type { HttpParts } from './handlers.ts'

/** How long the host's CAPTCHA may take. */
const timeoutMs = 5 * secondMs

/**
 * Asks the host's CAPTCHA, where there is one. [OTP-6]
 *
 * @throws {@link KaimenError} `captcha_required`; `unavailable`, where it throws or takes longer
 *   than 5 s.
 */
export async function askCaptcha(
  { captcha, clock }: Pick<HttpParts, 'captcha' | 'clock'>,
  attempt: Parameters<Captcha>[0],
): Promise<void> {
  if (!captcha) return
  const late = clock.sleep(timeoutMs).then(() => 'late' as const)
  const answer = await Promise.race([ask(captcha, attempt), late])
  if (answer === 'late') throw unavailable('it took longer than 5 s')
  if (answer !== true) throw new KaimenError('captcha_required')
}

async function ask(captcha: Captcha, attempt: Parameters<Captcha>[0]): Promise<unknown> {
  try {
    return await captcha(attempt)
  } catch (error) {
    // Its message may hold the token, as part of a URL that could not be fetched.
    throw unavailable(error instanceof Error ? `it threw ${error.constructor.name}` : 'it threw')
  }
}

function unavailable(reason: string): KaimenError {
  return new KaimenError('unavailable', { cause: `captcha: ${reason}`, retryAfterSeconds: 5 })
}
