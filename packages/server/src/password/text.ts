import type { Secret } from '@kaimen/wechat'

/** The longest password taken; characters. NIST SP 800-63B-4 section 3.1.1.2 asks for 64 at least. */
export const maxLength = 128

/** No text of {@link maxLength} characters is longer than this before it is normalised; UTF-16 units. */
const maxUnits = 8 * maxLength

/** A password as it is judged and hashed. */
export type PasswordText = {
  /** NFKC. At most 512 bytes of UTF-8: {@link maxLength} characters of four. */
  readonly text: string
  /** Characters: Unicode code points of `text`. */
  readonly length: number
}

/**
 * Reads what a person typed. NFKC, so that another keyboard, full width or composition spells the
 * same password; nothing is cut off, trimmed or folded beyond that. [PW-1]
 *
 * @returns Or why no such password can be: also `not_text` for half a surrogate pair, which UTF-8
 *   would take for any other half.
 */
export function readPassword(password: Secret): PasswordText | 'too_long' | 'not_text' {
  const typed = password.reveal()
  // Before anything else looks at it: what is too long costs nothing.
  if (typed.length > maxUnits) return 'too_long'
  if (/\p{Surrogate}/u.test(typed)) return 'not_text'
  const text = typed.normalize('NFKC')
  const { length } = Array.from(text)
  return length > maxLength ? 'too_long' : { text, length }
}
