import type { Clock } from '../clock.ts'
import type { Emit } from '../hooks.ts'
import type { KeyRing } from '../key-ring.ts'
import type { Random } from '../random.ts'
import type { RotateParts } from '../session/rotate-keys.ts'
import type { Rotation } from '../session/rotation.ts'
import type { Store } from '../store/store.ts'

/** What operations work on. */
export type Parts = {
  readonly store: Store
  readonly clock: Clock
  readonly emit: Emit
  readonly reconsiderMs: number
  readonly rotation: Rotation
  /** What making keys takes. */
  readonly ring?: KeyRing
  readonly random: Random
  readonly keys?: NonNullable<RotateParts['keys']>
}

export type Ready = () => Promise<Parts>
