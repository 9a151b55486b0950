import type { ErrorCode } from '@kaimen/protocol'
import type { App } from '../app.ts'
import { KaimenError } from '../errors.ts'
import { recordEvent, type EventParts } from '../events.ts'
import type { ProofKind } from '../hooks.ts'

type Parts = EventParts & { readonly report: (message: string, error: unknown) => void }

/** Failures of the service or the developer, not of who signs in. */
const ofNobody: ReadonlySet<ErrorCode> = new Set(['unavailable', 'internal_error', 'app_unknown'])

/**
 * Writes down and tells that a sign-in was refused, and by what. [LG-1]
 *
 * @param app `undefined` as long as nobody knows whose sign-in it is.
 */
export async function audited<Result>(
  parts: Parts,
  app: App | undefined,
  by: ProofKind,
  signIn: () => Promise<Result>,
): Promise<Result> {
  try {
    return await signIn()
  } catch (error) {
    if (error instanceof KaimenError && !ofNobody.has(error.code)) {
      const { code, user_id, wechat } = error
      await recordEvent(parts, {
        kind: 'sign_in_failed',
        ...(app && { app_id: app.app_id }),
        by,
        code,
        ...(user_id !== undefined && { user_id }),
        ...(wechat && { errcode: wechat.errcode }),
        // Whoever is refused is told so, whatever becomes of the log.
      }).catch((cause: unknown) => parts.report('A refused sign-in was not written down', cause))
    }
    throw error
  }
}
