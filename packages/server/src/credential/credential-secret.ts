import { sha256 } from '../digest.ts'
import type { Random } from '../random.ts'

/**
 * What a back end sends:
 *
 *     kmc_ base64url( credential id (8) ‖ random (32) )
 *
 * Only its SHA-256 is stored: of 256 random bits none can be guessed from that [SE-2]. The id leads
 * to the row by its key, and the prefix lets secret scanners find one that leaked. [SE-1]
 */
const prefix = 'kmc_'
const idBytes = 8
const randomBytes = 32
const pattern = new RegExp(
  `^${prefix}([A-Za-z0-9_-]{${Math.ceil(((idBytes + randomBytes) * 8) / 6)}})$`,
)

export function mintCredentialSecret(random: Random, id: number): string {
  const head = Buffer.alloc(idBytes)
  head.writeBigUInt64BE(BigInt(id))
  return prefix + Buffer.concat([head, random(randomBytes)]).toString('base64url')
}

/** @returns The id of the credential; `undefined` for what no {@link mintCredentialSecret} wrote. */
export function readCredentialId(text: string): number | undefined {
  const encoded = pattern.exec(text)?.[1]
  if (encoded === undefined) return undefined
  const id = Number(Buffer.from(encoded, 'base64url').readBigUInt64BE())
  return Number.isSafeInteger(id) ? id : undefined
}

export const hashCredentialSecret = (text: string): string => sha256(text)
