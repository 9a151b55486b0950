import { WechatInputError } from '../errors/input-error.ts'

const aheadSeconds = 60

/** Whether a time of WeChat's, in seconds, is neither older than `maxAgeSeconds` nor yet to come. */
export function checkAge(
  maxAgeSeconds: number,
  nowMs: () => number,
): (timestampSeconds: number) => boolean {
  const isRange = maxAgeSeconds >= 1 && maxAgeSeconds <= 31_536_000
  if (maxAgeSeconds !== Infinity && !isRange) {
    throw new WechatInputError('maxAgeSeconds', 'must be from 1 to 31536000, or Infinity')
  }
  const nowSeconds = nowMs() / 1000
  return (timestampSeconds) => {
    const ageSeconds = nowSeconds - timestampSeconds
    return ageSeconds <= maxAgeSeconds && ageSeconds >= -aheadSeconds
  }
}
