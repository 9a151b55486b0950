import type { IncomingHttpHeaders } from 'node:http'
import { isObject, parseJson } from '../json.ts'
import { seedWorld } from '../seed.ts'
import type { WeChatReply } from '../wechat/endpoint.ts'
import { recordSms } from '../world/sms.ts'
import type { World } from '../world/world.ts'
import { checkAcs3 } from './acs3.ts'
import { headerOf, jsonReply, newDigits, newRequestId } from './gateway.ts'
import type { Gateway, SmsRequest } from './gateway.ts'
import { readPhone } from './phone.ts'

const account = seedWorld.sms.aliyun
const templates = [
  { ...account, mainland: true },
  { ...account.abroad, mainland: false },
]

/** A `+` may stand before the national number: `+13105550143` is of the mainland, not of America. */
const mainland = /^(?:\+|\+86|0086|86)?(1[3-9]\d{9})$/

/**
 * Aliyun's SMS, of the action SendSms:
 * https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms
 */
export const aliyun: Gateway = {
  name: 'aliyun',
  path: '/sms/aliyun',
  isFor: (headers, query) => 'x-acs-action' in headers || isOlder(headers, query),
  answer(world, request) {
    const refused = refuse(world, request)
    if (refused) return refused
    const given = { ...Object.fromEntries(request.query), ...readForm(request) }
    return sendSms(world, given, (code, message) => fail(world, request, code, message))
  },
  fail,
}

/** The texts of https://help.aliyun.com/document_detail/101346.html and those seen in answers. */
const texts: Readonly<Record<string, string>> = {
  'isv.AMOUNT_NOT_ENOUGH': '账户余额不足',
  'isv.BUSINESS_LIMIT_CONTROL': '触发分钟级流控Permits:1',
  'isv.DAY_LIMIT_CONTROL': '触发日发送限额',
  'isv.DOMESTIC_NUMBER_NOT_SUPPORTED': '国际/港澳台消息模板不支持发送境内号码',
  'isv.INVALID_JSON_PARAM': 'JSON参数不合法，只接受字符串值',
  'isv.INVALID_PARAMETERS': 'params must be [a-zA-Z0-9] for verification sms',
  'isv.OUT_OF_SERVICE': '业务停机',
  'isv.SMS_SIGNATURE_ILLEGAL': '该账号下找不到对应签名',
  'isv.SMS_TEMPLATE_ILLEGAL': '该账号下找不到对应模板',
  'isv.TEMPLATE_MISSING_PARAMETERS': '模板变量缺少对应参数值',
  'isp.RAM_PERMISSION_DENY': 'RAM权限不足',
  'isp.SYSTEM_ERROR': 'isp.SYSTEM_ERROR',
  IncompleteSignature: 'The request signature does not conform to Aliyun standards.',
  'InvalidAccessKeyId.NotFound': 'Specified access key is not found.',
  'InvalidAction.NotFound': 'Specified api is not found, please check your url and method.',
  'Throttling.User': 'Request was denied due to user flow control.',
}

/** Errors of the service have status 200; those of the gate before it do not. */
function fail(
  world: World,
  _: SmsRequest,
  code: string,
  message = texts[code] ?? code,
): WeChatReply {
  const RequestId = newRequestId(world).toUpperCase()
  if (/^is[pv]\./.test(code)) return jsonReply(200, { Message: message, RequestId, Code: code })
  const HostId = 'dysmsapi.aliyuncs.com'
  return jsonReply(statusOf(code), { RequestId, Message: message, HostId, Code: code })
}

function statusOf(code: string): number {
  if (code.endsWith('NotFound')) return 404
  if (code.startsWith('ServiceUnavailable')) return 503
  return code.startsWith('InternalError') ? 500 : 400
}

function refuse(world: World, request: SmsRequest): WeChatReply | undefined {
  if (isOlder(request.headers, request.query)) {
    const message = 'The emulator checks signatures of version 3 alone: ACS3-HMAC-SHA256.'
    return fail(world, request, 'IncompleteSignature', message)
  }
  const wrong = checkAcs3(request, (id) =>
    id === account.accessKeyId ? account.accessKeySecret : undefined,
  )
  if (wrong?.fault === 'incomplete') return fail(world, request, 'IncompleteSignature')
  if (wrong?.fault === 'key_unknown') return fail(world, request, 'InvalidAccessKeyId.NotFound')
  if (wrong) {
    const text = `Specified signature does not match our calculation. server StringToSign is [${wrong.stringToSign}]`
    return fail(world, request, 'SignatureDoesNotMatch', text)
  }
  const action = `${headerOf(request, 'x-acs-version')} ${headerOf(request, 'x-acs-action')}`
  return action === '2017-05-25 SendSms'
    ? undefined
    : fail(world, request, 'InvalidAction.NotFound')
}

/** The signatures of earlier versions are parameters. */
function isOlder(headers: IncomingHttpHeaders, query: URLSearchParams): boolean {
  return !('x-acs-action' in headers) && query.has('SignatureMethod')
}

function readForm(request: SmsRequest): Record<string, string> {
  const isForm = headerOf(request, 'content-type').startsWith('application/x-www-form-urlencoded')
  return isForm ? Object.fromEntries(new URLSearchParams(request.body)) : {}
}

function sendSms(
  world: World,
  given: Readonly<Record<string, string>>,
  failWith: (code: string, message?: string) => WeChatReply,
): WeChatReply {
  const { PhoneNumbers, SignName, TemplateCode, TemplateParam = '{}' } = given
  for (const [name, value] of Object.entries({ PhoneNumbers, SignName, TemplateCode })) {
    if (!value) return failWith(`Missing${name}`, `${name} is mandatory for this action.`)
  }
  if (!templates.some(({ signName }) => signName === SignName)) {
    return failWith('isv.SMS_SIGNATURE_ILLEGAL')
  }
  const template = templates.find(({ templateCode }) => templateCode === TemplateCode)
  if (!template) return failWith('isv.SMS_TEMPLATE_ILLEGAL')
  const params = readParams(TemplateParam)
  if (!params) return failWith('isv.INVALID_JSON_PARAM')
  if (params['code'] === undefined) return failWith('isv.TEMPLATE_MISSING_PARAMETERS')
  if (!Object.values(params).every((value) => /^[a-zA-Z0-9]{1,20}$/.test(value))) {
    return failWith('isv.INVALID_PARAMETERS')
  }
  const numbers = (PhoneNumbers ?? '').split(',')
  if (numbers.length > 1000) return failWith('isv.MOBILE_COUNT_OVER_LIMIT')
  const phones = []
  for (const number of numbers) {
    const phone = readPhone(number, mainland)
    // The text is Aliyun's, number and all.
    const illegal = `${number}invalid mobile number`
    if (!phone) return failWith('isv.MOBILE_NUMBER_ILLEGAL', illegal)
    if (phone.mainland && !template.mainland) return failWith('isv.DOMESTIC_NUMBER_NOT_SUPPORTED')
    if (!phone.mainland && template.mainland) return failWith('isv.MOBILE_NUMBER_ILLEGAL', illegal)
    phones.push(phone.e164)
  }
  for (const phone of phones) {
    recordSms(world, { gateway: 'aliyun', phone, template: template.templateCode, params })
  }
  return jsonReply(200, {
    Message: 'OK',
    RequestId: newRequestId(world).toUpperCase(),
    Code: 'OK',
    BizId: `${newDigits(world, 18)}^0`,
  })
}

/** The variables of a template; undefined unless all are text. */
function readParams(text: string): Record<string, string> | undefined {
  const value = parseJson(text)
  if (!isObject(value)) return undefined
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return entries.length === Object.keys(value).length ? Object.fromEntries(entries) : undefined
}
