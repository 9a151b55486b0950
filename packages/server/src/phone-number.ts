import { createRequire } from 'node:module'
import type * as library from 'libphonenumber-js/min'

const require = createRequire(import.meta.url)

/** A phone number with its country: two numbers are the same phone when their E.164 texts are equal. */
export type PhoneNumber = {
  /** As in `+8613800138000`. */
  readonly e164: string
  /** Calling code, as in `86`. */
  readonly country_code: string
}

/**
 * Reads a number as a person or WeChat writes it. Without a `+` it is one of the mainland's;
 * anything else has to say its country, because the same digits elsewhere are another person's.
 *
 * @returns `undefined` for what cannot be a phone number.
 */
export function parsePhone(text: string): PhoneNumber | undefined {
  // Letters would be taken for digits (1-800-FLOWERS), and extensions for part of the number.
  if (!/^\+?[\d\s().-]{5,24}$/.test(text)) return undefined
  // Waits for the first number: a server is to listen before its hundred modules have loaded.
  const { parsePhoneNumberWithError } = require('libphonenumber-js/min') as typeof library
  try {
    const number = parsePhoneNumberWithError(text, { defaultCountry: 'CN', extract: false })
    if (!number.isPossible()) return undefined
    return { e164: number.number, country_code: number.countryCallingCode }
  } catch {
    return undefined
  }
}

/** How a number is shown to its owner and to operators: `+86 138****8000`. */
export function maskPhone({ e164, country_code }: PhoneNumber): string {
  const national = e164.slice(1 + country_code.length)
  const tail = national.length >= 8 ? 4 : 2
  const head = Math.max(0, Math.min(3, national.length - tail - 3))
  const hidden = '*'.repeat(national.length - head - tail)
  return `+${country_code} ${national.slice(0, head)}${hidden}${national.slice(-tail)}`
}
