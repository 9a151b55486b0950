import { LRUCache } from 'lru-cache'
import { minuteMs, secondMs, type Clock } from '../clock.ts'
import { equalBytes } from '../digest.ts'
import type { Store, StoredCredential } from '../store/store.ts'
import { hashCredentialSecret, readCredentialId } from './credential-secret.ts'

/**
 * Finds whose secret it is; `undefined`: nobody's, or it no longer counts.
 *
 * @param options.whileAway Whether, while the store is away, what it said last still counts.
 */
export type CheckCredential = (
  secret: string,
  options?: { whileAway?: boolean },
) => Promise<StoredCredential | undefined>

/** For so long one that was read is believed: it ends within that time on every node. [SE-5] */
export const believedMs = 2 * secondMs
const believedCredentials = 1000
const hourMs = 60 * minuteMs

export function credentialCheck({ store, clock }: { store: Store; clock: Clock }): CheckCredential {
  const believed = new LRUCache<number, { credential: StoredCredential; readAt: number }>({
    max: believedCredentials,
  })

  return async (secret, { whileAway = false } = {}) => {
    const id = readCredentialId(secret)
    if (id === undefined) return undefined
    const hash = hashCredentialSecret(secret)
    const now = clock.now()
    const held = believed.get(id)
    const isBelieved = held && Math.abs(now - held.readAt) < believedMs
    // Only what lets somebody in is believed, so a credential that was just made or rotated counts at once.
    if (isBelieved && counts(held.credential, hash, now)) return held.credential

    try {
      return await read(id, hash, now)
    } catch (error) {
      const last = believed.get(id)?.credential
      if (whileAway && last && counts(last, hash, now)) return last
      throw error
    }
  }

  async function read(id: number, hash: string, now: number) {
    const credential = await store.findCredential(id)
    if (!credential) return undefined
    believed.set(id, { credential, readAt: now })
    if (!counts(credential, hash, now)) return undefined
    await noteUse(credential, now)
    return credential
  }

  /** One write an hour, however often it is used. */
  async function noteUse({ id, last_used_at }: StoredCredential, now: number) {
    const at = now - (now % hourMs)
    if (last_used_at === null || last_used_at < at) await store.noteCredentialUse({ id, at })
  }
}

function counts(credential: StoredCredential, hash: string, now: number): boolean {
  const { secret_hash, previous_hash, previous_ends_at, expires_at, ended_at } = credential
  if (ended_at !== null || (expires_at !== null && now >= expires_at)) return false
  if (isSame(hash, secret_hash)) return true
  const overlaps = previous_ends_at !== null && now < previous_ends_at
  return overlaps && previous_hash !== null && isSame(hash, previous_hash)
}

const isSame = (a: string, b: string) => equalBytes(Buffer.from(a), Buffer.from(b))
