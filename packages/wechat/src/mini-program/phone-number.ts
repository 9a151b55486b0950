/** A phone number as WeChat tells it. */
export interface PhoneNumber {
  /** With the country's prefix where it is a foreign one. */
  readonly phoneNumber: string
  /** Without the country's prefix. On its own it is nobody's: `+1` and `+86` share such numbers. */
  readonly purePhoneNumber: string
  /** Digits, for example `86`. WeChat has sent text and numbers; here it is text. */
  readonly countryCode: string
}

const countryShape = /^[1-9]\d{0,3}$/

/** A phone number out of a reply or open data; `undefined` where a part is missing or malformed. */
export function readPhoneNumber(
  fields: Readonly<Record<string, unknown>>,
): PhoneNumber | undefined {
  const { phoneNumber, purePhoneNumber, countryCode } = fields
  const country = typeof countryCode === 'number' ? String(countryCode) : countryCode
  if (typeof country !== 'string') return undefined
  const digits = country.replace(/^\+/, '')
  if (!countryShape.test(digits)) return undefined
  if (typeof phoneNumber !== 'string' || typeof purePhoneNumber !== 'string') return undefined
  if (phoneNumber === '' || purePhoneNumber === '') return undefined
  return { phoneNumber, purePhoneNumber, countryCode: digits }
}

/**
 * The number as E.164 has it, country included, for example `+8613800138000`: what to keep and to
 * compare. `undefined` where it is not one of E.164.
 *
 * @see https://www.itu.int/rec/T-REC-E.164
 */
export function toE164({
  countryCode,
  purePhoneNumber,
}: Pick<PhoneNumber, 'countryCode' | 'purePhoneNumber'>): string | undefined {
  if (!countryShape.test(countryCode)) return undefined
  const number = `+${countryCode}${purePhoneNumber.replaceAll(/[\s()-]/g, '')}`
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : undefined
}
