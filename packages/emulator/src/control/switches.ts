import { isIP } from 'node:net'
import * as v from 'valibot'
import {
  authorizeErrcodes,
  countryCodeTypes,
  errmsgStyles,
  ipRefusedErrcodes,
  openDataJsonTypes,
  phoneMismatchErrcodes,
  pushFormats,
  pushModes,
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
const aDomain =
  'must be null or a host as it stands in a URL, such as "shop.example.com", with a port or without'
const texts = 'must be a list of at most 50 texts'
const pages = 'must be null or a list of pages such as "pages/index/index"'
const pagePath = /^[^/?#\s][^?#\s]{0,127}$/
const pushOrOff =
  'must be null or { url, token (3 to 32 of A-Z a-z 0-9), encoding_aes_key (43 of A-Z a-z 0-9, for "secure"), mode: "plain" or "secure", format: "json" or "xml" }'
const aWait = 'must be a number of seconds from 0.01 to 60'
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
  open_data_json_type: v.exactOptional(oneOf(openDataJsonTypes)),
  phone_openid_mismatch_errcode: v.exactOptional(oneOf(phoneMismatchErrcodes)),
  real_profile: v.exactOptional(yesOrNo()),
  redirect_domain: v.exactOptional(v.nullable(textLike(/^[\w.-]{1,253}(:\d{1,5})?$/, aDomain))),
  authorize_url_strict: v.exactOptional(yesOrNo()),
  state_required: v.exactOptional(yesOrNo()),
  authorize_errcode: v.exactOptional(
    v.nullable(
      v.picklist(authorizeErrcodes, `must be null or one of ${authorizeErrcodes.join(', ')}`),
    ),
  ),
  deny_without_redirect: v.exactOptional(yesOrNo()),
  redirect_double_hit: v.exactOptional(yesOrNo()),
  snapshot_user: v.exactOptional(yesOrNo()),
  refresh_tokens_voided: v.exactOptional(yesOrNo()),
  privilege: v.exactOptional(v.pipe(v.array(v.string(texts), texts), v.maxLength(50, texts))),
  released_pages: v.exactOptional(
    v.nullable(
      v.pipe(
        v.array(textLike(pagePath, pages), pages),
        v.minLength(1, pages),
        v.maxLength(500, pages),
      ),
    ),
  ),
  push: v.exactOptional(
    v.nullable(
      v.pipe(
        v.strictObject(
          {
            url: v.pipe(v.string(pushOrOff), v.url(pushOrOff)),
            token: textLike(/^[A-Za-z0-9]{3,32}$/, pushOrOff),
            encoding_aes_key: v.exactOptional(textLike(/^[A-Za-z0-9]{43}$/, pushOrOff)),
            mode: v.picklist(pushModes, pushOrOff),
            format: v.picklist(pushFormats, pushOrOff),
          },
          pushOrOff,
        ),
        v.check((push) => push.mode === 'plain' || push.encoding_aes_key !== undefined, pushOrOff),
      ),
    ),
  ),
  push_retry_seconds: v.exactOptional(
    v.pipe(v.number(aWait), v.minValue(0.01, aWait), v.maxValue(60, aWait)),
  ),
  push_spaced_keys: v.exactOptional(yesOrNo()),
}
