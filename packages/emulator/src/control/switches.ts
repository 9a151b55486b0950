import { isIP } from 'node:net'
import * as v from 'valibot'
import {
  countryCodeTypes,
  errmsgStyles,
  ipRefusedErrcodes,
  phoneMismatchErrcodes,
  secondUseErrcodes,
  sessionKeyRotations,
  tokenRefusedErrcodes,
  wrongSecretErrcodes,
} from '../world/app.ts'
import { quotaNames } from '../world/quota.ts'
import { oneOf, textLike, wholeNumber, yesOrNo } from './read-fields.ts'

export const openPlatform = v.nullable(
  textLike(/^[\w-]{1,64}$/, 'must be null or 1 to 64 of A-Z a-z 0-9 _ -'),
)

const everybodyOrSome = 'must be true or a list of ids of people'
const ipsOrOff = 'must be null or a list of at most 200 IP addresses'
const quotaOrOff = `must be null or an object with whole numbers from 0 to 1000000, such as { "${quotaNames.join('": 2, "')}": 2 }`
const peopleField = v.union([v.literal(true), v.array(v.string(everybodyOrSome))], everybodyOrSome)
const yearSeconds = 365 * 24 * 3600

/** What PATCH /emulator/apps/{appid} takes. */
export const switchFields = {
  open_platform: v.exactOptional(openPlatform),
  ip_whitelist: v.exactOptional(
    v.nullable(
      v.pipe(
        v.array(
          v.pipe(
            v.string(ipsOrOff),
            v.check((ip) => isIP(ip) > 0, ipsOrOff),
          ),
          ipsOrOff,
        ),
        v.maxLength(200, ipsOrOff),
      ),
    ),
  ),
  session_key_rotation: v.exactOptional(oneOf(sessionKeyRotations)),
  session_key_min_interval_seconds: v.exactOptional(wholeNumber(0, yearSeconds)),
  session_key_ttl_seconds: v.exactOptional(wholeNumber(1, yearSeconds)),
  second_use_errcode: v.exactOptional(oneOf(secondUseErrcodes)),
  blocked: v.exactOptional(peopleField),
  secret_frozen: v.exactOptional(yesOrNo()),
  quota: v.exactOptional(
    v.nullable(
      v.pipe(
        v.record(
          v.picklist(quotaNames, quotaOrOff),
          wholeNumber(0, 1_000_000, quotaOrOff),
          quotaOrOff,
        ),
      ),
    ),
  ),
  errmsg_style: v.exactOptional(oneOf(errmsgStyles)),
  unused_codes_voided: v.exactOptional(yesOrNo()),
  success_errcode: v.exactOptional(yesOrNo()),
  legacy_expires_in: v.exactOptional(yesOrNo()),
  ip_refused_errcode: v.exactOptional(oneOf(ipRefusedErrcodes)),
  wrong_secret_errcode: v.exactOptional(oneOf(wrongSecretErrcodes)),
  token_refused_errcode: v.exactOptional(
    v.nullable(
      v.picklist(tokenRefusedErrcodes, `must be null or one of ${tokenRefusedErrcodes.join(', ')}`),
    ),
  ),
  access_token_ttl_seconds: v.exactOptional(wholeNumber(1, 7200)),
  personal_account: v.exactOptional(yesOrNo()),
  phone_denied: v.exactOptional(peopleField),
  phone_blocked: v.exactOptional(peopleField),
  phone_quota: v.exactOptional(
    v.nullable(wholeNumber(0, 1_000_000, 'must be null or a whole number from 0 to 1000000')),
  ),
  country_code_type: v.exactOptional(oneOf(countryCodeTypes)),
  phone_openid_mismatch_errcode: v.exactOptional(oneOf(phoneMismatchErrcodes)),
  real_profile: v.exactOptional(yesOrNo()),
}
