import type { Clock } from '../clock.ts'
import type { Emit } from '../hooks.ts'
import type { KeyRing } from '../key-ring.ts'
import type { PasswordSettings } from '../password/options.ts'
import type { HashQueue } from '../password/queue.ts'
import type { Random } from '../random.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'
import type { Store } from '../store/store.ts'

export type AdminParts = {
  readonly store: Store
  readonly ephemeral: EphemeralStore
  readonly clock: Clock
  readonly random: Random
  readonly ring: KeyRing
  readonly emit: Emit
  readonly passwords: PasswordSettings & { readonly hashing: HashQueue }
  /** Where the server is reached. */
  readonly publicUrl: string
}
