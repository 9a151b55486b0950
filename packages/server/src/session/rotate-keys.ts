import { stampEvent } from '../events.ts'
import type { AuthEvent, Emit } from '../hooks.ts'
import type { StoredSigningKey } from '../store/store.ts'
import type { Rotation } from './rotation.ts'
import {
  addMissingKeys,
  makeSigningKey,
  openSigningKey,
  type KeyParts,
  type SigningKeys,
} from './signing-keys.ts'

export type RotateParts = KeyParts & {
  readonly emit: Emit
  readonly rotation: Rotation
  /** Of this node, which is to know at once. */
  readonly keys?: Pick<SigningKeys, 'reload'>
}

type Slots = { readonly [slot in 'next' | 'current' | 'previous']?: StoredSigningKey }

/**
 * Moves the keys on whose time has come: next → current → previous → gone. Any node may; of several
 * at once one does. [TK-5]
 */
export async function moveKeysOn(parts: RotateParts): Promise<void> {
  const { clock, rotation } = parts
  await retireWhenOver(parts)
  const slots = await readSlots(parts)
  const isDue = slots.current && clock.now() >= slots.current.slot_since + rotation.rotateMs
  if (isDue && promotableAt(parts, slots) <= clock.now()) await promote(parts, slots, 'schedule')
  await settle(parts)
}

/** The next key signs from now on; `too_soon` while verifiers may not know it. */
export async function rotateKeys(
  parts: RotateParts,
): Promise<{ outcome: 'rotated'; kid: string } | { outcome: 'too_soon'; atMs: number }> {
  await addMissingKeys(parts)
  await retireWhenOver(parts)
  for (;;) {
    const slots = await readSlots(parts)
    const atMs = promotableAt(parts, slots)
    if (parts.clock.now() < atMs) return { outcome: 'too_soon', atMs }
    // Where somebody was faster, the slots are others now.
    const kid = await promote(parts, slots, 'operator')
    if (kid === undefined) continue
    await settle(parts)
    return { outcome: 'rotated', kid }
  }
}

/** A fresh key signs at once, and every other is gone with its tokens: one of them leaked. */
export async function revokeKeys(
  parts: RotateParts,
): Promise<{ kid: string; revoked: readonly string[] }> {
  await addMissingKeys(parts)
  const leaked = (await readSlots(parts)).current
  for (;;) {
    const { current, ...others } = await readSlots(parts)
    if (!current) throw new Error('The store has no current signing key')
    const isLeakedThere = [current, ...Object.values(others)].some(({ kid }) => kid === leaked?.kid)
    // Somebody else revoked it at the same time.
    if (!isLeakedThere) return { kid: current.kid, revoked: [] }
    openSigningKey(parts.ring, current)
    const key = await makeSigningKey(parts, 'current')
    const revoked = [current, ...Object.values(others)].map(({ kid }) => kid)
    const told: AuthEvent = { kind: 'signing_keys_revoked', kid: key.kid, revoked }
    const event = stampEvent(parts, told)
    const outcome = await parts.store.replaceSigningKeys({ replaces: current.kid, key, event })
    if (outcome === 'not_replaced') continue
    parts.emit(told)
    await settle(parts)
    return { kid: key.kid, revoked }
  }
}

/** From when on the next key may sign: it is known to verifiers, and the one before last is gone. */
export function promotableAt({ rotation }: Pick<RotateParts, 'rotation'>, slots: Slots): number {
  if (!slots.next) return Infinity
  return Math.max(
    slots.next.slot_since + rotation.publishMs,
    slots.previous ? slots.previous.slot_since + rotation.overlapMs : -Infinity,
  )
}

export async function readSlots({ store }: Pick<KeyParts, 'store'>): Promise<Slots> {
  const stored = await store.listSigningKeys()
  return Object.fromEntries(stored.flatMap((key) => (key.slot ? [[key.slot, key]] : [])))
}

/** @returns The key that signs now; `undefined` where the slots were no longer as they were read. */
async function promote(
  parts: RotateParts,
  { current, next }: Slots,
  by: 'schedule' | 'operator',
): Promise<string | undefined> {
  if (!current || !next) return undefined
  const told: AuthEvent = {
    kind: 'signing_key_rotated',
    kid: next.kid,
    previous_kid: current.kid,
    by,
  }
  const outcome = await parts.store.promoteSigningKey({
    kid: next.kid,
    replaces: current.kid,
    now_ms: parts.clock.now(),
    event: stampEvent(parts, told),
  })
  if (outcome === 'not_promoted') return undefined
  parts.emit(told)
  return next.kid
}

async function retireWhenOver(parts: RotateParts): Promise<void> {
  const { previous } = await readSlots(parts)
  if (!previous || parts.clock.now() < previous.slot_since + parts.rotation.overlapMs) return
  const told: AuthEvent = { kind: 'signing_key_retired', kid: previous.kid }
  const event = stampEvent(parts, told)
  if (await parts.store.retireSigningKey({ kid: previous.kid, event })) parts.emit(told)
}

async function settle(parts: RotateParts): Promise<void> {
  await addMissingKeys(parts)
  await parts.keys?.reload()
}
