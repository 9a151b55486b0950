import { mac } from '../digest.ts'
import type { KeyRing } from '../key-ring.ts'
import { maskPhone, parsePhone, type PhoneNumber } from '../phone-number.ts'
import type { Random } from '../random.ts'
import { open, seal } from '../seal.ts'
import type { StoredPhone } from '../store/store.ts'

/**
 * How a phone is kept: found by a keyed blind index, read only by whoever has the secret. [PI-3]
 *
 * A number has one index for each version of the secret. Whoever writes, writes all that it knows,
 * so that while a secret is rolled no two nodes can give one number to two users.
 */
export function storedPhone(ring: KeyRing, random: Random, phone: PhoneNumber): StoredPhone {
  const indexes = phoneIndexes(ring, phone)
  const [index = ''] = indexes
  return { indexes, index, sealed: seal(ring, random, place(index), phone.e164) }
}

/** What a number is looked up by. The current version's comes first. */
export function phoneIndexes(ring: KeyRing, { e164 }: PhoneNumber): string[] {
  return ring.versions.flatMap((version) => {
    const key = ring.key('phone-index', version)
    return key ? [`${version}:${mac(key, Buffer.from(e164)).toString('base64url')}`] : []
  })
}

export function openPhone(
  ring: KeyRing,
  stored: { phone_index: string | null; phone: Uint8Array | null },
): PhoneNumber | undefined {
  if (stored.phone_index === null || stored.phone === null) return undefined
  const e164 = open(ring, place(stored.phone_index), stored.phone)
  return e164 === undefined ? undefined : parsePhone(e164)
}

/** As in `+86 138****8000`; `null` for a user without a phone. */
export function maskedPhone(
  ring: KeyRing,
  stored: { phone_index: string | null; phone: Uint8Array | null },
): string | null {
  const phone = openPhone(ring, stored)
  return phone ? maskPhone(phone) : null
}

const place = (index: string) => ({ table: 'users', row: index, column: 'phone' })
