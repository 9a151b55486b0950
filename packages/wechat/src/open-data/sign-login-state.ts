import { createHmac } from 'node:crypto'
import { checkCredential } from '../parameters.ts'
import type { Secret } from '../secret.ts'

/**
 * Signs a request in the name of a user's login state: lower-case hex of HMAC-SHA256 over the exact
 * bytes of the body, an empty one for GET. The key is the text of `session_key` as WeChat gave it,
 * not what it decodes to.
 *
 * @throws {@link WechatInputError} When `session_key` is malformed.
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html
 */
export function signLoginState({
  session_key,
  body = '',
}: {
  readonly session_key: string | Secret
  readonly body?: string | Uint8Array
}): string {
  const key = checkCredential('session_key', session_key).reveal()
  return createHmac('sha256', key).update(body).digest('hex')
}
