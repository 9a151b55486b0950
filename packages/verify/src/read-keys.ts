import { createPublicKey, type KeyObject } from 'node:crypto'
import { algorithms, type Algorithm } from './algorithms.ts'
import { isObject, type JsonObject } from './json.ts'

export type Key = {
  readonly alg: string
  /** The JWK as text: tells whether a key that is published again is the same. */
  readonly text: string
  readonly publicKey: KeyObject
  readonly algorithm: Algorithm
}

export type Keys = ReadonlyMap<string, Key>

const maxKeys = 32
const maxKidLength = 256

/** What only private or symmetric keys have. RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1. */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Reads a JWK set (RFC 7517). Keys for something else, or of algorithms that are not known here,
 * are passed over; what is wrong makes the whole set refused, since whoever published it is then
 * not to be relied on.
 *
 * @throws What is wrong, repeating nothing of it.
 */
export function readKeys(set: unknown): Keys {
  if (!isObject(set) || !Array.isArray(set['keys'])) throw new Error('it is not a JWK set')
  const jwks: readonly unknown[] = set['keys']
  if (jwks.length > maxKeys) throw new Error(`it has more than ${maxKeys} keys`)
  const keys = new Map<string, Key>()
  const kids = new Set<unknown>()
  for (const jwk of jwks) {
    if (!isObject(jwk)) throw new Error('one of its keys is not a JWK')
    if (privateMembers.some((name) => Object.hasOwn(jwk, name))) {
      throw new Error('it publishes a key that is secret')
    }
    const { kid } = jwk
    if (kids.has(kid)) throw new Error('two of its keys have the same kid')
    kids.add(kid)
    const key = readKey(jwk)
    if (key === undefined) continue
    if (typeof kid !== 'string' || kid === '' || kid.length > maxKidLength) {
      throw new Error('one of its keys has no kid')
    }
    keys.set(kid, key)
  }
  if (keys.size === 0) throw new Error('it has no key that signs access tokens')
  return keys
}

function readKey(jwk: JsonObject): Key | undefined {
  const { alg, use, key_ops } = jwk
  const algorithm = algorithms.get(alg)
  if (typeof alg !== 'string' || algorithm === undefined) return undefined
  if (use !== undefined && use !== 'sig') return undefined
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes('verify'))) {
    return undefined
  }
  const publicKey = open(jwk)
  if (!algorithm.fits(jwk, publicKey)) throw new Error('one of its keys does not fit its alg')
  return { alg, text: JSON.stringify(jwk), publicKey, algorithm }
}

function open(jwk: JsonObject): KeyObject {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' })
  } catch {
    throw new Error('one of its keys is broken')
  }
}
