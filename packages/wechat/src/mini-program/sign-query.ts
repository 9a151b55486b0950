import { signLoginState } from '../open-data/sign-login-state.ts'
import { checkCredential, checkOpenid } from '../parameters.ts'
import { secret } from '../secret.ts'
import type { Secret } from '../secret.ts'

export interface SignedParams {
  /** The app's. */
  readonly access_token: string | Secret
  readonly openid: string
  /** The key to check or to use, as code2Session gave it. It signs, and is not sent. */
  readonly session_key: string | Secret
}

/** The query of a call in the name of a user's login state. Its body is empty, and so is signed. */
export function signQuery({ access_token, openid, session_key }: SignedParams) {
  checkOpenid(openid)
  return {
    access_token: checkCredential('access_token', access_token),
    openid,
    // Whoever has it can make the same call until the key is replaced.
    signature: secret(signLoginState({ session_key })),
    sig_method: 'hmac_sha256',
  }
}
