import { isIP } from 'node:net'
import * as v from 'valibot'
import { errmsgStyles, secondUseErrcodes, sessionKeyRotations } from '../world/app.ts'
import { oneOf, textLike, wholeNumber, yesOrNo } from './read-fields.ts'

export const openPlatform = v.nullable(
  textLike(/^[\w-]{1,64}$/, 'must be null or 1 to 64 of A-Z a-z 0-9 _ -'),
)

const everybodyOrSome = 'must be true or a list of ids of people'
const ipsOrOff = 'must be null or a list of at most 200 IP addresses'
const quotaOrOff =
  'must be null or { "jscode2session_per_minute": <a whole number from 0 to 1000000> }'
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
  blocked: v.exactOptional(
    v.union([v.literal(true), v.array(v.string(everybodyOrSome))], everybodyOrSome),
  ),
  secret_frozen: v.exactOptional(yesOrNo()),
  quota: v.exactOptional(
    v.nullable(
      v.strictObject(
        { jscode2session_per_minute: wholeNumber(0, 1_000_000, quotaOrOff) },
        quotaOrOff,
      ),
    ),
  ),
  errmsg_style: v.exactOptional(oneOf(errmsgStyles)),
  unused_codes_voided: v.exactOptional(yesOrNo()),
  success_errcode: v.exactOptional(yesOrNo()),
  legacy_expires_in: v.exactOptional(yesOrNo()),
}
