import * as v from 'valibot'
import { isObject, parseJson } from '../json.ts'
import { seedWorld } from '../seed.ts'
import type { WeChatReply } from '../wechat/endpoint.ts'
import { recordSms } from '../world/sms.ts'
import type { World } from '../world/world.ts'
import { headerOf, jsonReply, newDigits, newRequestId } from './gateway.ts'
import type { Gateway, SmsRequest } from './gateway.ts'
import { readPhone } from './phone.ts'
import { checkTc3 } from './tc3.ts'
import type { Tc3Fault } from './tc3.ts'

const account = seedWorld.sms.tencent
const templates = [
  { ...account, mainland: true },
  { ...account.abroad, mainland: false },
]
const mainland = /^(?:\+86|0086|86)?(1[3-9]\d{9})$/
/** How many variables both templates have: the code and its minutes. */
const paramCount = 2

/** Tencent Cloud's SMS, of the action SendSms: https://cloud.tencent.com/document/api/382/55981 */
export const tencent: Gateway = {
  name: 'tencent',
  path: '/sms/tencent',
  isFor: (headers) => 'x-tc-action' in headers,
  answer(world, request) {
    const failWith = (code: string) => fail(world, request, code)
    const wrong = checkTc3(request, (id) =>
      id === account.secretId ? account.secretKey : undefined,
    )
    if (wrong) return failWith(authFailures[wrong])
    if (headerOf(request, 'x-tc-version') !== '2021-01-11') return failWith('NoSuchVersion')
    if (headerOf(request, 'x-tc-action') !== 'SendSms') return failWith('InvalidAction')
    if (headerOf(request, 'x-tc-region') === '') return failWith('MissingParameter')
    const asked = v.safeParse(SendSms, parseJson(request.body))
    if (!asked.success) {
      const isMissing = asked.issues.some(({ input }) => input === undefined)
      return failWith(isMissing ? 'MissingParameter' : 'InvalidParameter')
    }
    const { PhoneNumberSet, SmsSdkAppId, SessionContext = '' } = asked.output
    if (PhoneNumberSet.length === 0) return failWith('MissingParameter.EmptyPhoneNumberSet')
    if (PhoneNumberSet.length > 200) return failWith('LimitExceeded.PhoneNumberCountLimit')
    if (SmsSdkAppId !== account.sdkAppId) {
      return failWith('UnauthorizedOperation.SmsSdkAppIdVerifyFail')
    }
    const statuses = PhoneNumberSet.map((number) => sendOne(world, number, asked.output))
    return answer(world, {
      SendStatusSet: statuses.map((status) => ({ ...status, SessionContext })),
    })
  },
  fail,
}

const authFailures: Record<Tc3Fault, string> = {
  invalid: 'AuthFailure.InvalidAuthorization',
  key_unknown: 'AuthFailure.SecretIdNotFound',
  mismatch: 'AuthFailure.SignatureFailure',
}

const SendSms = v.object({
  PhoneNumberSet: v.array(v.string()),
  SmsSdkAppId: v.string(),
  TemplateId: v.string(),
  SignName: v.optional(v.string()),
  TemplateParamSet: v.optional(v.array(v.string()), []),
  SessionContext: v.optional(v.string()),
})

/** The texts of https://cloud.tencent.com/document/api/382/52075 and those seen in answers. */
const texts: Readonly<Record<string, string>> = {
  'AuthFailure.InvalidAuthorization': 'The Authorization header does not conform to the standard.',
  'AuthFailure.SecretIdNotFound':
    'The SecretId is not found, please ensure that your SecretId is correct.',
  'AuthFailure.SignatureFailure':
    'The provided credentials could not be validated. Please check your signature is correct.',
  'FailedOperation.InsufficientBalanceInSmsPackage': 'insufficient balance in SMS package',
  'FailedOperation.SignatureIncorrectOrUnapproved': 'signature is incorrect or unapproved',
  'FailedOperation.TemplateIncorrectOrUnapproved': 'template is incorrect or unapproved',
  'InvalidParameterValue.IncorrectPhoneNumber': 'phone number is incorrect',
  'LimitExceeded.PhoneNumberDailyLimit':
    'the number of SMS messages sent from a single mobile number every day exceeds the upper limit',
  'LimitExceeded.PhoneNumberOneHourLimit':
    'the number of SMS messages sent from a single mobile number within 1 hour exceeds the upper limit',
  'LimitExceeded.PhoneNumberThirtySecondLimit':
    'the number of SMS messages sent from a single mobile number within 30 seconds exceeds the upper limit',
  RequestLimitExceeded: 'Your current request exceeds the frequency limit.',
}

/** What is wrong with a number or a message is said of each number; the rest of the request. */
const ofEachNumber =
  /^(FailedOperation|InvalidParameterValue|UnsupportedOperation)\.|^LimitExceeded\.(?!PhoneNumberCountLimit)/

/** Every answer has status 200. */
function answer(world: World, fields: object): WeChatReply {
  return jsonReply(200, { Response: { ...fields, RequestId: newRequestId(world) } })
}

function fail(
  world: World,
  request: SmsRequest,
  code: string,
  message = texts[code] ?? code,
): WeChatReply {
  if (!ofEachNumber.test(code)) return answer(world, { Error: { Code: code, Message: message } })
  return answer(world, {
    SendStatusSet: numbersOf(request).map((number) => ({
      ...refused(number, code, message),
      SessionContext: '',
    })),
  })
}

function numbersOf({ body }: SmsRequest): string[] {
  const value = parseJson(body)
  const numbers = isObject(value) ? value['PhoneNumberSet'] : undefined
  return Array.isArray(numbers) ? numbers.filter((number) => typeof number === 'string') : []
}

function refused(number: string, Code: string, Message = texts[Code] ?? Code) {
  return { SerialNo: '', PhoneNumber: number, Fee: 0, Code, Message, IsoCode: '' }
}

function sendOne(world: World, number: string, asked: v.InferOutput<typeof SendSms>) {
  const { TemplateId, SignName, TemplateParamSet: params } = asked
  const template = templates.find(({ templateId }) => templateId === TemplateId)
  const phone = readPhone(number, mainland)
  const code = refusalOf()
  if (code !== undefined || !template || !phone) return refused(number, code ?? 'InternalError')
  recordSms(world, { gateway: 'tencent', phone: phone.e164, template: TemplateId, params })
  return {
    SerialNo: `5000:${newDigits(world, 28)}`,
    PhoneNumber: phone.e164,
    Fee: 1,
    Code: 'Ok',
    Message: 'send success',
    IsoCode: phone.mainland ? 'CN' : 'DEF',
  }

  function refusalOf(): string | undefined {
    if (!phone) return 'InvalidParameterValue.IncorrectPhoneNumber'
    // Abroad a signature may be left out.
    const isSigned = templates.some(({ signName }) => signName === SignName)
    if (!isSigned && (phone.mainland || SignName !== undefined)) {
      return 'FailedOperation.SignatureIncorrectOrUnapproved'
    }
    if (!template) return 'FailedOperation.TemplateIncorrectOrUnapproved'
    if (template.mainland && !phone.mainland) {
      return 'UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone'
    }
    if (!template.mainland && phone.mainland) {
      return 'UnsupportedOperation.GlobalTemplateToChineseMainlandPhone'
    }
    if (params.length !== paramCount) {
      return 'FailedOperation.TemplateParamSetNotMatchApprovedTemplate'
    }
    const isPlain = params.every((param) => /^\d{1,6}$/.test(param))
    return isPlain ? undefined : 'InvalidParameterValue.TemplateParameterFormatError'
  }
}
