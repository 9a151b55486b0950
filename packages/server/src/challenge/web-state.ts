import { minuteMs, type Clock } from '../clock.ts'
import { sha256 } from '../digest.ts'
import { KaimenError } from '../errors.ts'
import type { Random } from '../random.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'

/** How long a person has at WeChat's page. */
const stateTtlMs = 10 * minuteMs
/** Kept longer, so that who comes late is told so. */
const keptMs = 2 * stateTtlMs
/** For so long a second hit of the same redirect is answered as the first: WeChat may send two. */
const repeatMs = 50_000

/** A web sign-in that has begun in a browser. */
export type WebBegun = {
  readonly app_id: string
  readonly scope: WebScope
  /** On one of our origins. */
  readonly return_to: string
  /** In a frame of the page at `return_to`. */
  readonly embed: boolean
}

export type WebScope = 'snsapi_base' | 'snsapi_userinfo' | 'snsapi_login'

type Stored = WebBegun & {
  /** The digest of the browser's name. */
  readonly browser: string
  readonly expires_at: number
  readonly used_at?: number
}

type Parts = { ephemeral: EphemeralStore; clock: Clock; random: Random }

const key = (state: string) => `web/${sha256(state)}`

/**
 * Puts aside what a browser wants. [OA-4]
 *
 * @returns The `state`: 256 random bits, in the letters and digits that WeChat lets through.
 */
export async function beginWeb(
  { ephemeral, clock, random }: Parts,
  browser: string,
  begun: WebBegun,
): Promise<string> {
  const state = Buffer.from(random(32)).toString('hex')
  const stored: Stored = { ...begun, browser, expires_at: clock.now() + stateTtlMs }
  await ephemeral.set(key(state), JSON.stringify(stored), keptMs)
  return state
}

/**
 * What a browser began. Nothing is used up by asking, least of all by another browser: whoever got
 * hold of the address must not take the sign-in from its owner.
 *
 * @throws {@link KaimenError} `state_missing`, `state_expired`, `state_used`, `state_foreign`.
 */
export async function readWeb(
  { ephemeral, clock }: Omit<Parts, 'random'>,
  browser: string | undefined,
  { app_id, state }: { app_id: string; state: string },
): Promise<WebBegun> {
  if (state === '') throw new KaimenError('state_missing')
  const text = await ephemeral.get(key(state))
  const stored = text === undefined ? undefined : (JSON.parse(text) as Stored)
  if (!stored || stored.app_id !== app_id) throw new KaimenError('state_expired')
  // In constant time it need not be: both are digests.
  if (stored.browser !== browser) throw new KaimenError('state_foreign')
  const now = clock.now()
  if (stored.used_at !== undefined && now - stored.used_at > repeatMs) {
    throw new KaimenError('state_used')
  }
  if (now >= stored.expires_at) throw new KaimenError('state_expired')
  const { browser: _, expires_at: __, used_at: ___, ...begun } = stored
  return begun
}

/** From now on only the same redirect once more gets the same answer, and only for a moment. */
export async function markWebUsed(
  { ephemeral, clock }: Omit<Parts, 'random'>,
  state: string,
): Promise<void> {
  const text = await ephemeral.get(key(state))
  if (text === undefined) return
  const stored = JSON.parse(text) as Stored
  if (stored.used_at !== undefined) return
  const used: Stored = { ...stored, used_at: clock.now() }
  await ephemeral.replace(key(state), text, JSON.stringify(used), keptMs)
}
