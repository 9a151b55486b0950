import { KaimenError } from '../errors.ts'
import type { Captcha } from '../hooks.ts'
import { askInTime, HostTimeout } from '../host.ts'
import type { HttpParts } from './handlers.ts'

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
  const answer: unknown = await askInTime(clock, 'captcha', () => captcha(attempt)).catch(
    failClosed,
  )
  if (answer !== true) throw new KaimenError('captcha_required')
}

/** What it threw may hold the token in its message, as part of a URL that could not be fetched. */
function failClosed(error: unknown): never {
  const thrown = error instanceof Error ? `it threw ${error.constructor.name}` : 'it threw'
  const reason = error instanceof HostTimeout ? 'it took longer than 5 s' : thrown
  throw new KaimenError('unavailable', { cause: `captcha: ${reason}`, retryAfterSeconds: 5 })
}
