import type { Clock } from '@kaimen/server'
import { WechatError, WechatInputError, WechatTransportError } from '@kaimen/wechat'

/** Why a question to WeChat got no ordinary answer. */
export type Refusal = WechatError | WechatTransportError | WechatInputError

export type Answer<Value> =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/**
 * When an answer that carries a `rid` was asked for, and when it was there; by this machine's
 * clock.
 */
export type Sighting = {
  readonly rid: string
  readonly beganMs: number
  readonly endedMs: number
}

/** Puts one question to WeChat, and notes the rid of what it refuses. */
export async function ask<Value>(
  { clock, sightings }: { readonly clock: Clock; readonly sightings: Sighting[] },
  question: () => Promise<Value>,
): Promise<Answer<Value>> {
  const beganMs = clock.now()
  try {
    return { kind: 'value', value: await question() }
  } catch (error) {
    if (error instanceof WechatError) {
      const { rid } = error
      if (rid !== undefined) sightings.push({ rid, beganMs, endedMs: clock.now() })
      return { kind: 'refused', refusal: error }
    }
    if (error instanceof WechatTransportError || error instanceof WechatInputError) {
      return { kind: 'refused', refusal: error }
    }
    throw error
  }
}

/** WeChat's errcode, where it answered one. */
export function errcodeOf(answer: Answer<unknown>): number | undefined {
  return answer.kind === 'refused' && answer.refusal instanceof WechatError
    ? answer.refusal.errcode
    : undefined
}

/** Whether WeChat looked at a made-up code and found it to be none: everything before it is right. */
export function refusesCode(answer: Answer<unknown>): boolean {
  return [40029, 40163].includes(errcodeOf(answer) ?? 0)
}
