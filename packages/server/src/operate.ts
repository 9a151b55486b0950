import { dayMs, secondMs, systemClock, type Clock } from './clock.ts'
import { ConfigError } from './errors.ts'
import { readKeyRing, secretFaults } from './key-ring.ts'
import { adminOperations, type AdminOperations } from './operate/admins.ts'
import { conflictOperations, type ConflictOperations } from './operate/conflicts.ts'
import { credentialOperations, type CredentialOperations } from './operate/credentials.ts'
import { eventOperations, type EventOperations } from './operate/events.ts'
import { keyOperations, type KeyOperations } from './operate/keys.ts'
import type { Parts, Ready } from './operate/parts.ts'
import { sessionOperations, type SessionOperations } from './operate/sessions.ts'
import { userOperations, type UserOperations } from './operate/users.ts'
import { systemRandom, type Random } from './random.ts'
import { checkRotation, type SigningKeyOptions } from './session/rotation.ts'
import type { Store } from './store/store.ts'

/** What an operator does, by program. Every act is written to the audit log. */
export type Operations = {
  readonly users: UserOperations
  readonly conflicts: ConflictOperations
  readonly sessions: SessionOperations
  readonly credentials: CredentialOperations
  readonly events: EventOperations
  readonly keys: KeyOperations
  readonly admins: AdminOperations
}

/** As of `createAuth`; what is left out has the same default. */
export type OperationsOptions = {
  store: Store
  clock?: Clock | undefined
  random?: Random | undefined
  deletionDays?: number | undefined
  /** `KAIMEN_SECRET`; `keys.rotate` and `keys.revoke` need it. */
  secret?: string | undefined
  accessTokenSeconds?: number | undefined
  signingKeys?: SigningKeyOptions | undefined
}

/**
 * What an operator does, on a store alone: beside the servers that run on it.
 *
 * @throws {@link ConfigError} An option is out of its range.
 */
export function openOperations({
  store,
  clock = systemClock,
  random = systemRandom,
  deletionDays = 7,
  secret,
  accessTokenSeconds = 900,
  signingKeys,
}: OperationsOptions): Operations {
  if (!Number.isInteger(deletionDays) || deletionDays < 0 || deletionDays > 15) {
    throw new ConfigError('deletionDays has to be a whole number from 0 to 15.')
  }
  const ring = secret === undefined ? undefined : readKeyRing(secret)
  if (typeof ring === 'string') throw new ConfigError(`KAIMEN_SECRET ${secretFaults[ring]}`)
  const parts: Parts = {
    store,
    clock,
    emit: () => {},
    random,
    reconsiderMs: deletionDays * dayMs,
    rotation: checkRotation(signingKeys, accessTokenSeconds * secondMs),
    ...(ring && { ring }),
  }
  return operations(() => Promise.resolve(parts))
}

export const operations = (ready: Ready): Operations => ({
  users: userOperations(ready),
  conflicts: conflictOperations(ready),
  sessions: sessionOperations(ready),
  credentials: credentialOperations(ready),
  events: eventOperations(ready),
  keys: keyOperations(ready),
  admins: adminOperations(ready),
})
