/**
 * SMS through Aliyun (阿里云短信服务), by its own SDK: `npm install @alicloud/dysmsapi20170525`.
 *
 *     const sms = createAliyunSms({ accessKeyId, accessKeySecret, signName, templateCode })
 *
 * @module
 */

import { createRequire } from 'node:module'
import type sdk from '@alicloud/dysmsapi20170525'
import type { Secret } from '@kaimen/wechat'
import * as v from 'valibot'
import { checkOptions, loadSdk } from '../sdk.ts'
import { createGatewaySender, gatewayOptions, isMainland, type GatewayOptions } from './gateway.ts'
import type { SmsMessage, SmsOutcome, SmsSender } from './sms-sender.ts'

export type { SmsRefusal } from './gateway.ts'
export type { SmsMessage, SmsOutcome, SmsSender } from './sms-sender.ts'

/** `endpoint` is by default `https://dysmsapi.aliyuncs.com`, which serves every region. */
export type AliyunSmsOptions = GatewayOptions & {
  /** Of a RAM user that may do nothing but `dysms:SendSms`. */
  accessKeyId: string
  accessKeySecret: string | Secret
  /** The approved signature (签名). */
  signName: string
  /** The approved template (模板), as in `SMS_154950909`. */
  templateCode: string
  /** The template's variable that takes the code. Default `code`. */
  templateParam?: string | undefined
  /** Its variable that takes the minutes for which the code is good. Default: it has none. */
  ttlParam?: string | undefined
  /**
   * The signature and the template for numbers outside the Chinese mainland; its variables have the
   * same names. Default: such numbers are `phone_refused`, and nothing is spent on them.
   */
  abroad?: { signName: string; templateCode: string } | undefined
}

const { text, secret, endpoint, timeoutMs, report } = gatewayOptions
const Options = v.strictObject({
  accessKeyId: text,
  accessKeySecret: secret,
  signName: text,
  templateCode: text,
  templateParam: v.optional(text, 'code'),
  ttlParam: v.optional(text),
  abroad: v.optional(v.strictObject({ signName: text, templateCode: text })),
  endpoint: v.optional(endpoint, 'https://dysmsapi.aliyuncs.com'),
  timeoutMs,
  report,
}) satisfies v.GenericSchema<AliyunSmsOptions, unknown>

/**
 * What the codes of https://help.aliyun.com/document_detail/101346.html mean, and those of the gate
 * before the service, which have no prefix.
 */
const meanings: readonly (readonly [RegExp, SmsOutcome])[] = [
  [/^(?:isv\.)?BUSINESS_LIMIT/, 'rate_limited'],
  [/^isv\.(?:MOBILE_NUMBER_ILLEGAL|NOT_SUPPORTED_COUNTRY|COUNTRY_RESTRICTED)$/, 'phone_refused'],
  [/^isp\.(?:SYSTEM_ERROR|GATEWAY_ERROR|UNKNOWN)$/, 'unavailable'],
  [/^is[pv]\./, 'misconfigured'],
  [
    /^(?:SignatureDoesNotMatch|IncompleteSignature|InvalidAccessKeyId|InvalidTimeStamp)/,
    'misconfigured',
  ],
  [/^(?:Forbidden|NoPermission|InvalidSecurityToken|InvalidAction|Missing)/, 'misconfigured'],
]

const sdkName = '@alicloud/dysmsapi20170525'

/**
 * The SDK puts phone and code in the URL, since Aliyun takes them as a query. It goes to no log of
 * ours, nor does anything that the SDK throws.
 *
 * @throws {@link ConfigError} When an option is missing, wrong, or misspelt.
 */
export function createAliyunSms(options: AliyunSmsOptions): Required<SmsSender> {
  const checked = checkOptions('createAliyunSms', Options, options)
  const { abroad, endpoint: url } = checked
  return createGatewaySender(
    {
      kind: 'aliyun',
      success: 'OK',
      meanings,
      sendsAbroad: abroad !== undefined,
      open() {
        const { default: Client, SendSmsRequest } = loadSdk(
          'SMS through this gateway',
          sdkName,
          requireSdk,
        )
        // Its Config is a class that only the SDK can import; these members are what is read of one.
        const client = new Client({
          accessKeyId: checked.accessKeyId,
          accessKeySecret: checked.accessKeySecret.reveal(),
          endpoint: url.host,
          protocol: url.protocol.slice(0, -1),
          connectTimeout: checked.timeoutMs,
          readTimeout: checked.timeoutMs,
        })
        return {
          async ask(message) {
            const request = new SendSmsRequest({
              phoneNumbers: numberFor(message.phone),
              ...(isMainland(message.phone) ? pickTemplate(checked) : abroad),
              templateParam: JSON.stringify(paramsFor(message)),
            })
            const { body } = await client.sendSms(request)
            return { code: body?.code, requestId: body?.requestId }
          },
          // Its connections are kept alive for the whole process, and hold nothing open when idle.
          close() {},
        }
      },
    },
    checked,
  )

  function paramsFor({ otp, ttlMinutes }: SmsMessage): Record<string, string> {
    const { templateParam, ttlParam } = checked
    return { [templateParam]: otp, ...(ttlParam && { [ttlParam]: String(ttlMinutes) }) }
  }
}

/** By `require`: the SDK is CommonJS, and what `import` makes of that differs from loader to loader. */
function requireSdk(): typeof sdk {
  return createRequire(import.meta.url)(sdkName) as typeof sdk
}

function pickTemplate({ signName, templateCode }: { signName: string; templateCode: string }) {
  return { signName, templateCode }
}

/**
 * A number as Aliyun wants it: without the code of the Chinese mainland, with that of elsewhere.
 * Some of North America look like mobile phones of the mainland then, whose owners would read the
 * code: these get `00` before them.
 */
function numberFor(phone: string): string {
  if (isMainland(phone)) return phone.slice('+86'.length)
  const digits = phone.slice(1)
  return /^1[3-9]\d{9}$/.test(digits) ? `00${digits}` : digits
}
