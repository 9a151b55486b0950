/** A phone number as a gateway understood it. */
export interface SmsPhone {
  /** E.164. */
  readonly e164: string
  /** Whether it is of the Chinese mainland, which has templates of its own. */
  readonly mainland: boolean
}

/**
 * Reads a number. What is not of the Chinese mainland begins with its country code.
 *
 * @param mainland How the gateway takes a number of the mainland; captures its eleven digits.
 * @returns `undefined` for what is no number of a phone.
 */
export function readPhone(text: string, mainland: RegExp): SmsPhone | undefined {
  const national = mainland.exec(text)?.[1]
  if (national !== undefined) return { e164: `+86${national}`, mainland: true }
  const abroad = /^(?:\+|00)?([1-9]\d{6,14})$/.exec(text)?.[1]
  if (abroad === undefined || abroad.startsWith('86')) return undefined
  return { e164: `+${abroad}`, mainland: false }
}
