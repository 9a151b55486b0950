import type { Device } from '@kaimen/protocol'
import type { App } from '../app.ts'
import { exchangeOnce } from '../challenge/code-claim.ts'
import { markWebUsed, type WebScope } from '../challenge/web-state.ts'
import { KaimenError } from '../errors.ts'
import { isLoginCode } from '../flow/wechat.ts'
import { proveByWebOAuth } from '../flow/web-oauth.ts'
import { signIn, type SignInParts } from '../sign-in.ts'
import { adoptProfile } from '../user/adopt-profile.ts'
import type { Proof, WechatProof } from '../user/proof.ts'
import { audited } from './audit.ts'
import { recallResult, rememberResult } from './repeat.ts'
import type { SignInResult } from './result.ts'

/**
 * Signs in with the code that a browser brought back from WeChat's page: a service account's or a
 * website's. The same redirect once more is the same session.
 *
 * @param attempt.state What the browser began by; it signs in once.
 * @returns `userinfo_required`: nobody is known by this openid, and only the other scope tells the
 *   unionid that they may be known by. Nothing was written.
 */
export async function signInByWeb(
  parts: SignInParts,
  app: App,
  {
    state,
    code,
    scope,
    device,
  }: { state: string; code: string; scope: WebScope; device: Device | undefined },
): Promise<Extract<SignInResult, { status: 'signed_in' }> | 'userinfo_required'> {
  const claim = { app_id: app.app_id, code: state, idempotencyKey: code }
  let result: SignInResult | undefined
  const outcome = await exchangeOnce(parts, claim, () =>
    audited(parts, app, 'web', async () => {
      if (!isLoginCode(code)) throw new KaimenError('code_invalid')
      const { proof: wechat, profile } = await proveByWebOAuth(parts.wechat, app, { code, scope })
      const proof: Proof = { wechat, phone: null, by: 'web' }
      const asksAgain = scope === 'snsapi_base' && (await needsUnionid(parts, app, wechat))
      if (!asksAgain) result = await signIn(parts, app, proof, { device, restore: undefined })
      await markWebUsed(parts, state)
      if (!result) return userinfoRequired
      if (result.status === 'signed_in') await adoptProfile(parts, result.user, profile)
      return rememberResult(parts, claim, result)
    }),
  ).catch((error: unknown) => {
    // Another code for the same state; or the same one, when its answer is no longer remembered.
    const isUsed = error instanceof KaimenError && error.code === 'code_used' && !error.wechat
    throw isUsed ? new KaimenError('state_used') : error
  })
  if (outcome === userinfoRequired) return userinfoRequired
  const signedIn = result ?? (await recallResult(parts, claim, outcome))
  if (signedIn.status !== 'signed_in') throw new KaimenError('account_required')
  return signedIn
}

const userinfoRequired = 'userinfo_required'

/** Whether a unionid could tell who this is, and was not asked for: an openid that is new here. */
async function needsUnionid(
  { store }: SignInParts,
  { app_id, open_platform }: App,
  wechat: WechatProof,
): Promise<boolean> {
  if (open_platform === null || wechat.unionid !== null) return false
  const { byOpenid } = await store.findUsers({ app_id, wechat, phone: null })
  return byOpenid === undefined
}

/** That a person did not allow what a web sign-in asked for. @throws Always. */
export function refuseWeb(parts: SignInParts, app: App, state: string): Promise<never> {
  return audited(parts, app, 'web', async () => {
    await markWebUsed(parts, state)
    throw new KaimenError('authorization_refused')
  })
}
