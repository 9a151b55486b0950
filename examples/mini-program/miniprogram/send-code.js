import { AuthError } from '@kaimen/client'
import { explain } from './explain.js'

/**
 * A page on which a code can be asked for.
 *
 * @typedef {{
 *   data: {
 *     phone: string
 *     sending: boolean
 *     wait: number
 *   }
 *   timer: number
 *   setData(change: { sending?: boolean; sentTo?: string; wait?: number; problem?: string }): void
 * }} CodePage
 */

/**
 * Has a code sent for a page that shows `sending`, `sentTo`, `problem` and, in `wait`, the seconds
 * before another can be sent.
 *
 * @param {CodePage} page Has to clear `timer` when it is closed.
 * @param {(phone: string) => Promise<import('@kaimen/client').OtpResult>} send
 */
export async function sendCodeFor(page, send) {
  const { phone, sending, wait } = page.data
  if (sending || wait > 0) return
  if (!phone) {
    page.setData({ problem: '请先填写手机号' })
    return
  }
  page.setData({ sending: true, problem: '' })
  try {
    const { retryAfterSeconds } = await send(phone)
    page.setData({ sentTo: phone })
    countDown(page, retryAfterSeconds)
  } catch (error) {
    page.setData({ problem: explain(error, wrongFormat) })
    if (error instanceof AuthError && error.code === 'rate_limited')
      countDown(page, error.retryAfterSeconds ?? 0)
  } finally {
    page.setData({ sending: false })
  }
}

/** What the server's `body_invalid` means where a person typed the body. */
export const wrongFormat = { body_invalid: '手机号或验证码的格式不对，请检查后再试' }

/**
 * @param {CodePage} page
 * @param {number} seconds
 */
function countDown(page, seconds) {
  clearInterval(page.timer)
  page.setData({ wait: seconds })
  page.timer = setInterval(() => tick(page), 1000)
}

/** @param {CodePage} page */
export function tick(page) {
  const wait = Math.max(0, page.data.wait - 1)
  page.setData({ wait })
  if (wait === 0) clearInterval(page.timer)
}
