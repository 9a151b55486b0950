import type { SeedPerson } from '../seed.ts'

/** A number as WeChat tells it. */
export interface PhoneNumber {
  /** One from abroad has its country code before it. */
  readonly phoneNumber: string
  readonly purePhoneNumber: string
  readonly countryCode: string
}

/** Null for a person who never bound a number. */
export function phoneNumberOf({ phone, country_code }: SeedPerson): PhoneNumber | null {
  if (phone === null || country_code === null) return null
  return {
    phoneNumber: country_code === '86' ? phone : `+${country_code}${phone}`,
    purePhoneNumber: phone,
    countryCode: country_code,
  }
}
