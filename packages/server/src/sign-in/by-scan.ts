import type { App } from '../app.ts'
import { proveByApproval } from '../flow/approval.ts'
import { signIn, type SignInParts, type With } from '../sign-in.ts'
import { audited } from './audit.ts'
import type { SignInResult } from './result.ts'

/**
 * Signs a browser in that a mini program approved. The session is one of that app, and the person
 * who approved is asked for nothing more. [OA-6]
 */
export async function signInByScan(
  parts: SignInParts,
  app: App,
  { approval, ...how }: { approval: { user_id: number; approved_in: number } } & With,
): Promise<SignInResult> {
  return audited(parts, app, 'scan', async () =>
    signIn(parts, app, await proveByApproval(parts, approval), how),
  )
}
