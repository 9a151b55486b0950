import { spendOtp, type OtpParts } from '../challenge/otp.ts'
import type { PhoneNumber } from '../phone-number.ts'
import { phoneIndexes } from '../user/phone.ts'

/**
 * A code that was sent to a number proves the number.
 *
 * @throws KaimenError `otp_wrong`, `otp_expired`, `otp_exhausted`
 */
export async function provePhoneByOtp(
  parts: OtpParts,
  phone: PhoneNumber,
  otp: string,
): Promise<void> {
  const [phone_index = ''] = phoneIndexes(parts.ring, phone)
  await spendOtp(parts, { phone_index, purpose: 'sign_in' }, otp)
}
