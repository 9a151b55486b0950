import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import { exportJWK } from 'jose/key/export'
import { generateKeyPair } from 'jose/key/generate/keypair'
import { secondMs, type Clock } from '../clock.ts'
import { ConfigError } from '../errors.ts'
import type { KeyRing } from '../key-ring.ts'
import type { Random } from '../random.ts'
import { isStale, open, seal } from '../seal.ts'
import type { Store, StoredSigningKey } from '../store/store.ts'
import { longestHeldMs, reloadMs, type Rotation } from './rotation.ts'

/** The keys as this node holds them; a rotation anywhere reaches it by itself. [TK-5] */
export type SigningKeys = {
  /** What signs at this moment. */
  readonly current: SigningKey
  /** A key that tokens may be signed with. */
  find(kid: string): PublishedKey | undefined
  /** {@link SigningKeys.find} in keys read anew: once in a while, whatever kids are made up. [TK-7] */
  findAnew(kid: string): Promise<PublishedKey | undefined>
  /** What `/.well-known/jwks.json` answers. */
  jwks(): { readonly keys: readonly JWK[] }
  /** @returns What to wait for before the keys are used; most of the time nothing. */
  keepFresh(): Promise<void> | undefined
  /** Reads the keys as they are by now. */
  reload(): Promise<void>
}

export type SigningKey = {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly published: PublishedKey
}

export type PublishedKey = {
  readonly publicKey: KeyObject
  readonly jwk: JWK
  /** From then on its tokens are refused. */
  goneAtMs: number
}

export type KeyParts = {
  readonly store: Store
  readonly ring: KeyRing
  readonly random: Random
  readonly clock: Clock
}

type Parts = KeyParts & {
  readonly rotation: Rotation
  readonly report: (message: string, error: unknown) => void
}

/** Longest wait for the store before a request goes on with the keys that are there. */
const patienceMs = secondMs

/**
 * Loads the keys that sign access tokens; makes those that are missing. Private keys are P-256 and
 * leave this process only sealed. [TK-4]
 *
 * @throws {@link ConfigError} When a stored key was sealed under a secret that is not given.
 */
export async function loadSigningKeys(parts: Parts): Promise<SigningKeys> {
  const { store, clock, rotation, report } = parts
  const published = new Map<string, PublishedKey>()
  const openKeys = new Map<string, SigningKey>()
  let current: SigningKey | undefined
  let readAtMs = 0
  let reading: Promise<void> | undefined
  let isFailing = false
  let soughtAtMs = -Infinity

  async function read() {
    const nowMs = clock.now()
    const stored = (await store.listSigningKeys()).filter(({ slot }) => slot !== null)
    for (const key of stored) publish(key)
    for (const [kid, key] of published) {
      if (stored.some((each) => each.kid === kid)) continue
      // Also for those who hold it already: remembered tokens of a revoked key.
      key.goneAtMs = -Infinity
      published.delete(kid)
      openKeys.delete(kid)
    }
    const refusal = await openKeysOf(stored)
    const held = (slot: StoredSigningKey['slot']) =>
      openKeys.get(stored.find((key) => key.slot === slot)?.kid ?? '')
    // Where the current one does not open, what signed before goes on signing.
    current = held('current') ?? held('previous') ?? current
    readAtMs = nowMs
    if (refusal) throw refusal
  }

  async function openKeysOf(stored: readonly StoredSigningKey[]): Promise<ConfigError | undefined> {
    let refusal: ConfigError | undefined
    for (const key of stored) {
      if (key.slot === 'previous' || openKeys.has(key.kid)) continue
      try {
        openKeys.set(key.kid, await openKey(key))
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        refusal ??= error
      }
    }
    return refusal
  }

  function publish({ kid, slot, slot_since, public_jwk }: StoredSigningKey): PublishedKey {
    let key = published.get(kid)
    if (!key) {
      const jwk = JSON.parse(public_jwk) as JWK
      const publicKey = createPublicKey({ key: { ...jwk }, format: 'jwk' })
      key = { publicKey, jwk, goneAtMs: Infinity }
      published.set(kid, key)
    }
    key.goneAtMs = slot === 'previous' ? slot_since + rotation.overlapMs : Infinity
    return key
  }

  async function openKey(key: StoredSigningKey): Promise<SigningKey> {
    const text = openSigningKey(parts.ring, key)
    if (isStale(parts.ring, key.sealed)) {
      await store.resealSigningKey({ kid: key.kid, sealed: sealSigningKey(parts, key.kid, text) })
    }
    const privateKey = createPrivateKey({ key: JSON.parse(text) as JWK, format: 'jwk' })
    return { kid: key.kid, privateKey, published: publish(key) }
  }

  function readOnce(): Promise<void> {
    reading ??= read().finally(() => (reading = undefined))
    return reading
  }

  async function readOrReport() {
    try {
      await readOnce()
      isFailing = false
    } catch (error) {
      if (!isFailing) report('The signing keys could not be read anew', error)
      isFailing = true
    }
  }

  const find = (kid: string) => {
    const key = published.get(kid)
    return key && clock.now() < key.goneAtMs ? key : undefined
  }

  await addMissingKeys(parts)
  await readOnce()

  return {
    get current() {
      if (!current) throw new Error('The store has no current signing key')
      return current
    },

    find,

    async findAnew(kid) {
      const nowMs = clock.now()
      if (!/^[\w-]{43}$/.test(kid) || Math.abs(nowMs - soughtAtMs) < reloadMs) return undefined
      soughtAtMs = nowMs
      await readOrReport()
      return find(kid)
    },

    jwks: () => ({
      keys: [...published.values()]
        .filter(({ goneAtMs }) => clock.now() < goneAtMs)
        .map(({ jwk }) => jwk),
    }),

    keepFresh() {
      // A clock that was put back makes keys old too.
      const ageMs = Math.abs(clock.now() - readAtMs)
      if (ageMs < reloadMs) return undefined
      const done = readOrReport()
      return ageMs < longestHeldMs ? undefined : waitAtMost(patienceMs, clock, done)
    },

    async reload() {
      // What is being read may be from before.
      await reading?.catch(() => undefined)
      await readOnce()
    },
  }
}

/** Adds a current key and a next one where there is none. */
export async function addMissingKeys(parts: KeyParts): Promise<void> {
  const stored = await parts.store.listSigningKeys()
  const current = stored.find(({ slot }) => slot === 'current')
  // What is added under another secret could be opened by none of the other nodes.
  if (current) openSigningKey(parts.ring, current)
  // Of nodes that start at once one wins the slot; the others find its key.
  else await parts.store.addSigningKey(await makeSigningKey(parts, 'current'))
  if (stored.some(({ slot }) => slot === 'next')) return
  await parts.store.addSigningKey(await makeSigningKey(parts, 'next'))
}

export async function makeSigningKey(
  parts: KeyParts,
  slot: 'current' | 'next',
): Promise<StoredSigningKey> {
  const pair = await generateKeyPair('ES256', { extractable: true })
  const bare = await exportJWK(pair.publicKey)
  const kid = await calculateJwkThumbprint(bare)
  const nowMs = parts.clock.now()
  return {
    kid,
    slot,
    slot_since: nowMs,
    sealed: sealSigningKey(parts, kid, JSON.stringify(await exportJWK(pair.privateKey))),
    public_jwk: JSON.stringify({ ...bare, kid, alg: 'ES256', use: 'sig' }),
    created_at: nowMs,
  }
}

/** @throws {@link ConfigError} Where the ring has not the secret that it was sealed under. */
export function openSigningKey(ring: KeyRing, { kid, sealed }: StoredSigningKey): string {
  const text = open(ring, place(kid), sealed)
  if (text !== undefined) return text
  throw new ConfigError(
    'The signing key in the store was sealed under another KAIMEN_SECRET. Put the old secret back behind the new one, as in KAIMEN_SECRET=2:new,1:old.',
  )
}

function sealSigningKey({ ring, random }: KeyParts, kid: string, text: string): Uint8Array {
  return seal(ring, random, place(kid), text)
}

const place = (kid: string) => ({ table: 'signing_keys', row: kid, column: 'sealed' })

async function waitAtMost(milliseconds: number, clock: Clock, done: Promise<void>) {
  const waited = new AbortController()
  await Promise.race([done, clock.sleep(milliseconds, waited.signal)])
  waited.abort()
}
