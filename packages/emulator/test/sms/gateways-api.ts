import { createHmac, hash } from 'node:crypto'
import { request } from 'node:http'
import { seedWorld } from '../../src/index.ts'
import { isObject, parseJson } from '../../src/json.ts'
import { toObject } from '../start-emulator.ts'
import type { Fields, TestEmulator } from '../start-emulator.ts'

/** A request that was signed, to be spoilt before it is sent. */
export interface Signed {
  search: string
  headers: Record<string, string>
  body: string
}

const { aliyun, tencent } = seedWorld.sms

/** A message as a back end has it sent by Aliyun. */
export const toLiHua = {
  PhoneNumbers: '13800138001',
  SignName: aliyun.signName,
  TemplateCode: aliyun.templateCode,
  TemplateParam: '{"code":"482910"}',
}

/** The same, sent by Tencent Cloud. */
export const toLiHuaByTencent = {
  PhoneNumberSet: ['+8613800138001'],
  SmsSdkAppId: tencent.sdkAppId,
  SignName: tencent.signName,
  TemplateId: tencent.templateId,
  TemplateParamSet: ['482910', '5'],
}

interface Account {
  readonly id?: string
  readonly key?: string
  /** Headers that take the place of others, before the request is signed. */
  readonly headers?: Record<string, string>
  /** What is sent to Aliyun as a form. */
  readonly body?: string
  /** When Tencent Cloud is told that a request was signed; seconds. */
  readonly timestamp?: number
}

export function signAliyun(
  emulator: TestEmulator,
  fields: Record<string, string>,
  account: Account = {},
): Signed {
  const { id = aliyun.accessKeyId, key = aliyun.accessKeySecret, body = '' } = account
  const search = Object.entries(fields)
    .map(([name, value]) => `${name}=${encode(value)}`)
    .toSorted()
    .join('&')
  const headers: Record<string, string> = {
    host: new URL(emulator.url).host,
    'x-acs-action': 'SendSms',
    'x-acs-content-sha256': hash('sha256', body),
    'x-acs-date': '2026-11-20T12:00:00Z',
    'x-acs-signature-nonce': 'a1b2c3d4',
    'x-acs-version': '2017-05-25',
    ...account.headers,
  }
  const names = Object.keys(headers).toSorted()
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('')
  const payload = hash('sha256', body)
  const canonical = `POST\n/\n${search}\n${lines}\n${names.join(';')}\n${payload}`
  const signature = createHmac('sha256', key)
    .update(`ACS3-HMAC-SHA256\n${hash('sha256', canonical)}`)
    .digest('hex')
  headers['authorization'] =
    `ACS3-HMAC-SHA256 Credential=${id},SignedHeaders=${names.join(';')},Signature=${signature}`
  return { search, headers, body }
}

/** As RFC 3986 has it, which leaves fewer signs as they are. */
function encode(text: string): string {
  const spelt = (sign: string) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(text).replace(/[!'()*]/g, spelt)
}

export function signTencent(emulator: TestEmulator, fields: object, account: Account = {}): Signed {
  const { id = tencent.secretId, key = tencent.secretKey, timestamp = 1_795_176_000 } = account
  const body = JSON.stringify(fields)
  const headers: Record<string, string> = {
    host: new URL(emulator.url).host,
    'content-type': 'application/json; charset=utf-8',
    'x-tc-action': 'SendSms',
    'x-tc-region': 'ap-guangzhou',
    'x-tc-timestamp': String(timestamp),
    'x-tc-version': '2021-01-11',
    ...account.headers,
  }
  const lines = `content-type:${headers['content-type']}\nhost:${headers['host']}\n`
  const canonical = `POST\n/\n\n${lines}\ncontent-type;host\n${hash('sha256', body)}`
  const scope = '2026-11-20/sms/tc3_request'
  const text = `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${hash('sha256', canonical)}`
  const mac = (secret: string | Buffer, of: string) =>
    createHmac('sha256', secret).update(of).digest()
  const signingKey = mac(mac(mac(`TC3${key}`, '2026-11-20'), 'sms'), 'tc3_request')
  const signature = mac(signingKey, text).toString('hex')
  headers['authorization'] =
    `TC3-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=content-type;host, Signature=${signature}`
  return { search: '', headers, body }
}

/** What the gateway answers. By `node:http`, which sends the `Host` that it is told to. */
export function post(
  emulator: TestEmulator,
  { search, headers, body }: Signed,
): Promise<{ status: number; body: Fields }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${emulator.url}/?${search}`, { method: 'POST', headers })
    sent.on('error', reject)
    sent.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        const value = parseJson(text)
        resolve({ status: response.statusCode ?? 0, body: isObject(value) ? value : {} })
      })
    })
    sent.end(body)
  })
}

/** What Aliyun answers to a message that differs from the one to Li Hua. */
export const sendByAliyun = (
  emulator: TestEmulator,
  fields: Record<string, string> = {},
  account?: Account,
) => post(emulator, signAliyun(emulator, { ...toLiHua, ...fields }, account))

/** What Tencent Cloud answers, without its envelope; and the status of the first number in it. */
export async function sendByTencent(
  emulator: TestEmulator,
  fields: object = {},
  account?: Account,
) {
  const signed = signTencent(emulator, { ...toLiHuaByTencent, ...fields }, account)
  const { status, body } = await post(emulator, signed)
  const answer = toObject(body['Response'])
  const set = answer['SendStatusSet']
  const first = Array.isArray(set) && set.length > 0 ? toObject(set[0]) : {}
  const error = answer['Error'] === undefined ? {} : toObject(answer['Error'])
  return { status, answer, first, code: first['Code'] ?? error['Code'] }
}

/** What the gateways were sent. */
export async function messagesOf(emulator: TestEmulator): Promise<Fields[]> {
  const { messages } = (await emulator.control('GET', 'sms')).body
  return Array.isArray(messages) ? messages.map(toObject) : []
}
