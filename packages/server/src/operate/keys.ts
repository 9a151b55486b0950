import { ConfigError } from '../errors.ts'
import {
  promotableAt,
  readSlots,
  revokeKeys,
  rotateKeys,
  type RotateParts,
} from '../session/rotate-keys.ts'
import type { Parts, Ready } from './parts.ts'

/** A key of access tokens, without its private part. */
export type ListedSigningKey = {
  readonly kid: string
  /**
   * `next`: published, so that verifiers know it before it signs. `previous`: still published for
   * the tokens that it signed.
   */
  readonly slot: 'next' | 'current' | 'previous'
  readonly created_at: Date
  /** When it came into its slot. */
  readonly since: Date
  /**
   * When it leaves the slot: a next key may do so from then on, a previous one is gone. `null`:
   * never by itself.
   */
  readonly moves_at: Date | null
}

export type KeyOperations = {
  /** Next, current, previous, as far as they are there. */
  list(): Promise<readonly ListedSigningKey[]>
  /** The next key signs from now on, which no verifier notices. */
  rotate(): Promise<{ outcome: 'rotated'; kid: string } | { outcome: 'too_soon'; at: Date }>
  /**
   * For a key that leaked: a fresh one signs at once, all others are gone with every access token
   * there is. Sessions go on. This node knows at once, the other nodes within 20 s, verifiers when
   * they fetch the JWK set anew, which its `max-age` has them do within 10 minutes.
   */
  revoke(): Promise<{ kid: string; revoked: readonly string[] }>
}

export function keyOperations(ready: Ready): KeyOperations {
  return {
    async list() {
      const parts = await ready()
      const slots = await readSlots(parts)
      const movesAt = {
        next: promotableAt(parts, slots),
        current: (slots.current?.slot_since ?? 0) + parts.rotation.rotateMs,
        previous: (slots.previous?.slot_since ?? 0) + parts.rotation.overlapMs,
      }
      return (['next', 'current', 'previous'] as const).flatMap((slot) => {
        const key = slots[slot]
        if (!key) return []
        const { kid, created_at, slot_since } = key
        const at = movesAt[slot]
        return {
          kid,
          slot,
          created_at: new Date(created_at),
          since: new Date(slot_since),
          moves_at: at === Infinity ? null : new Date(at),
        }
      })
    },

    async rotate() {
      const rotated = await rotateKeys(withRing(await ready()))
      if (rotated.outcome === 'rotated') return rotated
      return { outcome: 'too_soon', at: new Date(rotated.atMs) }
    },

    revoke: async () => revokeKeys(withRing(await ready())),
  }
}

function withRing({ ring, ...parts }: Parts): RotateParts {
  if (ring) return { ...parts, ring }
  throw new ConfigError('Signing keys are sealed under KAIMEN_SECRET: openOperations needs secret.')
}
