import { WechatDataError } from '../errors/data-error.ts'
import { sameDigest } from '../open-data/same-digest.ts'
import { isSecret } from '../secret.ts'
import type { Secret } from '../secret.ts'
import { signPush } from './push-seal.ts'

export interface VerifyPushUrlParams {
  /** The Token of the console's message-push page. */
  readonly token: string | Secret
  /** The query of WeChat's GET. */
  readonly query: {
    readonly signature: string
    readonly timestamp: string
    readonly nonce: string
    readonly echostr: string
  }
}

/**
 * Verifies the GET by which WeChat checks the URL that was entered in its console.
 *
 * @returns What to answer, as it is, with a content type of `text/plain`.
 * @throws {@link WechatDataError} When it is not WeChat's.
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
 */
export function verifyPushUrl({ token, query }: VerifyPushUrlParams): string {
  const { signature, timestamp, nonce, echostr } = query
  const text = isSecret(token) ? token.reveal() : token
  if (![timestamp, nonce, echostr].every((part) => typeof part === 'string')) {
    throw new WechatDataError()
  }
  if (!sameDigest(signature, signPush([text, timestamp, nonce]))) throw new WechatDataError()
  return echostr
}
