import { errorCodeOf, type ErrorCode } from '@kaimen/protocol'
import { WechatError, WechatTransportError } from '@kaimen/wechat'
import { KaimenError } from './errors.ts'

/** How long to wait, in seconds, where WeChat does not say. A rate limit is counted by the minute. */
const retryAfterSeconds: Partial<Record<ErrorCode, number>> = {
  wechat_busy: 2,
  wechat_rate_limited: 60,
  wechat_unreachable: 5,
}

/**
 * What a failed call of WeChat's is to our client. Any other failure comes back as it is.
 *
 * @param codeOf What an errcode means for this call; by default what the error table says.
 */
export function explainWechat(
  error: unknown,
  codeOf: (errcode: number) => ErrorCode = errorCodeOf,
): unknown {
  if (error instanceof WechatTransportError) return refuse('wechat_unreachable', error)
  if (!(error instanceof WechatError)) return error
  const { errcode, rid } = error
  return refuse(codeOf(errcode), error, { errcode, ...(rid !== undefined && { rid }) })
}

function refuse(code: ErrorCode, cause: Error, wechat?: { errcode: number; rid?: string }) {
  const wait = retryAfterSeconds[code]
  return new KaimenError(code, {
    cause,
    ...(wechat && { wechat }),
    ...(wait !== undefined && { retryAfterSeconds: wait }),
  })
}
