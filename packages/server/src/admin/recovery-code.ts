import { sha256 } from '../digest.ts'
import type { Random } from '../random.ts'
import { encodeBase32 } from './totp.ts'

const codes = 10
/** Too many to be guessed from their digests: no slow hash is needed. */
const bytes = 10

/** Ten, each as `abcd-efgh-ijkl-mnop`. */
export function makeRecoveryCodes(random: Random): string[] {
  return Array.from({ length: codes }, () => {
    const text = encodeBase32(random(bytes)).toLowerCase()
    return text.replace(/(.{4})(?=.)/g, '$1-')
  })
}

/** @returns What is stored of a code as somebody typed it; `undefined` for what cannot be one. */
export function digestRecoveryCode(typed: string): string | undefined {
  const text = typed.toLowerCase().replaceAll(/[\s-]/g, '')
  return /^[a-z2-7]{16}$/.test(text) ? sha256('recovery code', text) : undefined
}
