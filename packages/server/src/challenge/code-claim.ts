import type { ErrorCode, Localized } from '@kaimen/protocol'
import { minuteMs, secondMs, type Clock } from '../clock.ts'
import { sha256 } from '../digest.ts'
import { KaimenError } from '../errors.ts'
import { passOutage } from '../outage.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'

type Parts = { ephemeral: EphemeralStore; clock: Clock }

/** A login code as the client sent it. */
export type CodeClaim = {
  readonly app_id: string
  readonly code: string
  readonly idempotencyKey: string | undefined
}

/** How long a code is remembered, and its outcome repeated to whoever has the key. */
const rememberMs = minuteMs
/** How long a failure that may pass is repeated: long enough for those who wait for it now. */
const rememberPassingMs = 2 * secondMs
/** Longer than any exchange takes; afterwards its process is taken for dead. */
const pendingMs = 15 * secondMs
const pollMs = 20

type Claim = {
  /** A digest of the Idempotency-Key. Without one, nobody can ask for the outcome again. */
  key: string | null
  state: 'pending' | 'done' | 'failed'
  /** Of a `done`. */
  outcome?: string
  failure?: {
    code: ErrorCode
    detail?: Localized
    wechat?: { errcode: number; rid?: string }
    retryAfterSeconds?: number
  }
}

/**
 * Sees to it that a login code is exchanged once, however often and wherever it is sent: a double
 * tap, a retry after a lost reply, fifty at a time. Those who send the same Idempotency-Key get the
 * one outcome, all others `code_used`. (R11) [WX-3] Without the store, WeChat itself sees to it,
 * and only the repetition of the outcome is gone.
 *
 * @param exchange Runs for one caller only. Its outcome is a text, and is stored as it is.
 */
export async function exchangeOnce(
  parts: Parts,
  claim: CodeClaim,
  exchange: () => Promise<string>,
): Promise<string> {
  const { ephemeral, clock } = parts
  const id = `code/${sha256(claim.app_id, claim.code)}`
  const key = claim.idempotencyKey === undefined ? null : sha256(claim.idempotencyKey)
  const write = (mine: Claim, ttlMs: number) =>
    ephemeral.set(id, JSON.stringify(mine), ttlMs).catch(passOutage)

  const pending: Claim = { key, state: 'pending' }
  const isFirst = await ephemeral.add(id, JSON.stringify(pending), pendingMs).catch(passOutage)
  if (isFirst === undefined) return exchange()
  if (isFirst) {
    try {
      const outcome = await exchange()
      await write({ key, state: 'done', outcome }, rememberMs)
      return outcome
    } catch (error) {
      const failure = describeFailure(error)
      await write(
        { key, state: 'failed', failure },
        passes(failure) ? rememberPassingMs : rememberMs,
      )
      throw error
    }
  }

  for (
    const deadline = clock.now() + pendingMs;
    clock.now() < deadline;
    await clock.sleep(pollMs)
  ) {
    const text = await ephemeral.get(id)
    const theirs = text === undefined ? undefined : (JSON.parse(text) as Claim)
    if (!theirs || theirs.key === null || theirs.key !== key) throw new KaimenError('code_used')
    if (theirs.state === 'failed' && theirs.failure) {
      const { code, ...options } = theirs.failure
      throw new KaimenError(code, options)
    }
    if (theirs.state === 'done' && theirs.outcome !== undefined) return theirs.outcome
  }
  throw new KaimenError('unavailable', { retryAfterSeconds: 1 })
}

function describeFailure(error: unknown): NonNullable<Claim['failure']> {
  if (!(error instanceof KaimenError)) return { code: 'internal_error' }
  const { code, detail, wechat, retryAfterSeconds } = error
  return {
    code,
    ...(detail && { detail }),
    ...(wechat && { wechat }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  }
}

/** Whether the same code may do better later: WeChat did not take it, or we do not know. */
function passes({ code }: { code: ErrorCode }): boolean {
  return !final.has(code)
}

const final: ReadonlySet<ErrorCode> = new Set([
  'code_invalid',
  'code_used',
  'wechat_user_blocked',
  'user_disabled',
  'user_deleted',
  'sign_in_refused',
  'snapshot_user',
  'account_required',
])
