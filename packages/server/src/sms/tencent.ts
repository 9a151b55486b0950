/**
 * SMS through Tencent Cloud (腾讯云短信), by its own SDK: `npm install tencentcloud-sdk-nodejs-sms`.
 *
 *     const sms = createTencentSms({ secretId, secretKey, sdkAppId, signName, templateId })
 *
 * @module
 */

import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { createRequire } from 'node:module'
import type { Secret } from '@kaimen/wechat'
import type * as sdk from 'tencentcloud-sdk-nodejs-sms'
import * as v from 'valibot'
import { checkOptions, loadSdk } from '../sdk.ts'
import { createGatewaySender, gatewayOptions, isMainland, type GatewayOptions } from './gateway.ts'
import type { SmsMessage, SmsOutcome, SmsSender } from './sms-sender.ts'

export type { SmsRefusal } from './gateway.ts'
export type { SmsMessage, SmsOutcome, SmsSender } from './sms-sender.ts'

/** `endpoint` is by default `https://sms.tencentcloudapi.com`. */
export type TencentSmsOptions = GatewayOptions & {
  /** Of a sub-user that may do nothing but `sms:SendSms`. */
  secretId: string
  secretKey: string | Secret
  /** The SdkAppId of the SMS application, as in `1400006666`. */
  sdkAppId: string
  /** The approved signature (签名), its text. */
  signName: string
  /** The id of the approved template (正文模板). */
  templateId: string
  /** What the template's `{1}`, `{2}` … are. Default `['otp', 'ttl_minutes']`. */
  templateParams?: readonly ('otp' | 'ttl_minutes')[] | undefined
  /**
   * The template for numbers outside the Chinese mainland, with the same variables, and its
   * signature if it has one. Default: such numbers are `phone_refused`, and nothing is spent on
   * them.
   */
  abroad?: { signName?: string | undefined; templateId: string } | undefined
  /** Default `ap-guangzhou`. */
  region?: string | undefined
}

const { text, secret, endpoint, timeoutMs, report } = gatewayOptions
const Options = v.strictObject({
  secretId: text,
  secretKey: secret,
  sdkAppId: text,
  signName: text,
  templateId: text,
  templateParams: v.optional(
    v.pipe(
      v.array(v.picklist(['otp', 'ttl_minutes'], "'otp' or 'ttl_minutes'"), 'a list'),
      v.includes('otp', "a list with 'otp' in it"),
      v.readonly(),
    ),
    ['otp', 'ttl_minutes'],
  ),
  abroad: v.optional(v.strictObject({ signName: v.optional(text), templateId: text })),
  region: v.optional(text, 'ap-guangzhou'),
  endpoint: v.optional(endpoint, 'https://sms.tencentcloudapi.com'),
  timeoutMs,
  report,
}) satisfies v.GenericSchema<TencentSmsOptions, unknown>

/**
 * What the codes of https://cloud.tencent.com/document/api/382/52075 mean, be they of the request
 * or of its one number.
 */
const meanings: readonly (readonly [RegExp, SmsOutcome])[] = [
  [/^LimitExceeded\.(?:PhoneNumber(?!Count)|DeliveryFrequency)/, 'rate_limited'],
  [/^InvalidParameterValue\.(?:Incorrect|Invalid)PhoneNumber$/, 'phone_refused'],
  [/^FailedOperation\.PhoneNumber/, 'phone_refused'],
  [/^UnsupportedOperation\.Unsupp?ortedRegion$/, 'phone_refused'],
  [/^LimitExceeded\.AppCountryOrRegionInBlacklist$/, 'phone_refused'],
  [/^FailedOperation\.(?:OtherError|Timeout)$/, 'unavailable'],
  [
    /^(?:AuthFailure|UnauthorizedOperation|FailedOperation|UnsupportedOperation)\b/,
    'misconfigured',
  ],
  [/^(?:InvalidParameter|InvalidParameterValue|MissingParameter|LimitExceeded)\b/, 'misconfigured'],
  [
    /^(?:InvalidAction|NoSuchVersion|UnsupportedRegion|IpNotInWhitelist|IpInBlacklist)$/,
    'misconfigured',
  ],
]

const sdkName = 'tencentcloud-sdk-nodejs-sms'

/** @throws {@link ConfigError} When an option is missing, wrong, or misspelt. */
export function createTencentSms(options: TencentSmsOptions): Required<SmsSender> {
  const checked = checkOptions('createTencentSms', Options, options)
  const { abroad, endpoint: url } = checked
  return createGatewaySender(
    {
      kind: 'tencent',
      success: 'Ok',
      meanings,
      sendsAbroad: abroad !== undefined,
      open() {
        const { sms } = loadSdk('SMS through this gateway', sdkName, requireSdk)
        const agent =
          url.protocol === 'http:'
            ? new HttpAgent({ keepAlive: true })
            : new HttpsAgent({ keepAlive: true })
        const client = new sms.v20210111.Client({
          credential: {
            getCredential: async () => ({
              secretId: checked.secretId,
              secretKey: checked.secretKey.reveal(),
            }),
          },
          region: checked.region,
          profile: {
            httpProfile: {
              endpoint: url.host,
              protocol: `${url.protocol}//`,
              reqTimeout: checked.timeoutMs / 1000,
              // Without one the SDK would go through whatever proxy the environment names.
              agent,
            },
          },
        })
        return {
          async ask(message) {
            const { signName, templateId } = abroad && !isMainland(message.phone) ? abroad : checked
            const { SendStatusSet, RequestId } = await client.SendSms({
              PhoneNumberSet: [message.phone],
              SmsSdkAppId: checked.sdkAppId,
              TemplateId: templateId,
              TemplateParamSet: paramsFor(message),
              ...(signName !== undefined && { SignName: signName }),
            })
            return { code: SendStatusSet?.[0]?.Code, requestId: RequestId }
          },
          close: () => agent.destroy(),
        }
      },
    },
    checked,
  )

  function paramsFor({ otp, ttlMinutes }: SmsMessage): string[] {
    return checked.templateParams.map((each) => (each === 'otp' ? otp : String(ttlMinutes)))
  }
}

/** By `require`: the SDK is CommonJS, and what `import` makes of that differs from loader to loader. */
function requireSdk(): typeof sdk {
  return createRequire(import.meta.url)(sdkName) as typeof sdk
}
