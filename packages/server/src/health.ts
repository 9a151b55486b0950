import type { Localized } from '@kaimen/protocol'
import { minuteMs, type Clock } from './clock.ts'

/** What one look came to. Its texts hold no secret, openid or code. */
export type Finding = {
  /** What was looked at, as `database`, `credentials`. */
  readonly check: string
  /** `skipped`: it does not apply, or could not be told. */
  readonly status: 'ok' | 'failed' | 'skipped'
  readonly says: Localized
  /** What to do about it. */
  readonly fix?: Localized | undefined
  /** What WeChat answered. */
  readonly errcode?: number | undefined
}

/** What works and what does not, of this machine and of each app. */
export type Health = {
  readonly checks: readonly Finding[]
  readonly apps: readonly { readonly app_id: string; readonly checks: readonly Finding[] }[]
}

export type Examine = () => Promise<Health>

export type SeenHealth = Health & { readonly at: number }

/** Looks once a minute at most, however many ask: each look asks WeChat, which counts. */
export function rememberHealth(examine: Examine, clock: Clock): () => Promise<SeenHealth> {
  let seen: Promise<SeenHealth> | undefined
  let seenAt = Number.NEGATIVE_INFINITY
  async function look(at: number): Promise<SeenHealth> {
    return { ...(await examine()), at }
  }
  return () => {
    const now = clock.now()
    if (seen && now - seenAt < minuteMs) return seen
    seenAt = now
    return (seen = look(now).catch((error: unknown) => {
      seen = undefined
      throw error
    }))
  }
}
