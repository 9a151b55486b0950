import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Clock } from '../clock.ts'
import { ConfigError } from '../errors.ts'
import type { KeyRing } from '../key-ring.ts'
import type { Random } from '../random.ts'
import { isStale, open, seal } from '../seal.ts'
import type { Store, StoredSigningKey } from '../store/store.ts'

export type SigningKeys = {
  readonly current: { readonly kid: string; readonly privateKey: KeyObject }
  /** Every key that a token may still be signed with, by kid. */
  readonly publicKeys: ReadonlyMap<string, KeyObject>
  /** What `/.well-known/jwks.json` answers. */
  readonly jwks: { readonly keys: readonly JWK[] }
}

type Parts = { store: Store; ring: KeyRing; random: Random; clock: Clock }

const place = (kid: string) => ({ table: 'signing_keys', row: kid, column: 'sealed' })

/**
 * Loads the keys that sign access tokens; makes the first one where there is none. Private keys are
 * P-256 and leave this process only sealed. [TK-4]
 *
 * @throws {@link ConfigError} When the stored key was sealed under a secret that is no longer
 *   given.
 */
export async function loadSigningKeys(parts: Parts): Promise<SigningKeys> {
  const stored = await parts.store.listSigningKeys()
  if (!stored.some(({ slot }) => slot === 'current')) {
    // Of nodes that start at once one wins the slot; the others find its key.
    await parts.store.addSigningKey(await makeSigningKey(parts))
    return loadSigningKeys(parts)
  }
  const publicKeys = new Map<string, KeyObject>()
  const keys: JWK[] = []
  let current: SigningKeys['current'] | undefined
  for (const key of stored) {
    const jwk = JSON.parse(key.public_jwk) as JWK
    keys.push(jwk)
    publicKeys.set(key.kid, createPublicKey({ key: { ...jwk }, format: 'jwk' }))
    if (key.slot === 'current') current = await openSigningKey(parts, key)
  }
  if (!current) throw new Error('The store lists a current signing key and then does not')
  return { current, publicKeys, jwks: { keys } }
}

async function makeSigningKey({ ring, random, clock }: Parts): Promise<StoredSigningKey> {
  const pair = await generateKeyPair('ES256', { extractable: true })
  const bare = await exportJWK(pair.publicKey)
  const kid = await calculateJwkThumbprint(bare)
  const privateJwk = JSON.stringify(await exportJWK(pair.privateKey))
  return {
    kid,
    slot: 'current',
    sealed: seal(ring, random, place(kid), privateJwk),
    public_jwk: JSON.stringify({ ...bare, kid, alg: 'ES256', use: 'sig' }),
    created_at: clock.now(),
  }
}

async function openSigningKey({ store, ring, random }: Parts, { kid, sealed }: StoredSigningKey) {
  const text = open(ring, place(kid), sealed)
  if (text === undefined) {
    throw new ConfigError(
      'The signing key in the store was sealed under another KAIMEN_SECRET. Put the old secret back behind the new one, as in KAIMEN_SECRET=2:new,1:old.',
    )
  }
  if (isStale(ring, sealed)) {
    await store.resealSigningKey({ kid, sealed: seal(ring, random, place(kid), text) })
  }
  return { kid, privateKey: createPrivateKey({ key: JSON.parse(text) as JWK, format: 'jwk' }) }
}
