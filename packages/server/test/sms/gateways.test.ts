import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createEmulator, seedWorld, type Emulator } from '@kaimen/emulator'
import { createAliyunSms, type SmsOutcome, type SmsSender } from '@kaimen/server/sms/aliyun'
import { createTencentSms } from '@kaimen/server/sms/tencent'
import { secret } from '@kaimen/wechat'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { everyPrint, findCanaries } from '../support/canary.ts'
import { lendToSdks } from './lend-to-sdks.ts'
import type { SmsProcessOptions } from './sms-process.ts'

lendToSdks()

const { aliyun, tencent } = seedWorld.sms
const [, , chenMei] = seedWorld.people
const mainland = '+8613800138001'
const abroad = `+${chenMei.country_code}${chenMei.phone}`
const message = { phone: mainland, otp: '407265', ttlMinutes: 5 }
/** Short enough to be waited for. */
const timeoutMs = 400
/** What a busy machine may add to a deadline. */
const slackMs = 2_000

let emulator: Emulator
beforeAll(async () => {
  emulator = await createEmulator({ port: 0 })
})
afterAll(() => emulator.close())
beforeEach(() => control('POST', 'reset'))

async function control(method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${emulator.url}/emulator/${path}`, {
    method,
    ...(body && { body: JSON.stringify(body) }),
  })
  const reply: unknown = await response.json()
  if (!response.ok) throw new Error(JSON.stringify(reply))
  return reply
}

async function messages() {
  const reply = (await control('GET', 'sms')) as { messages: Record<string, unknown>[] }
  return reply.messages
}

type Overrides = Partial<
  Record<'id' | 'key' | 'template' | 'signName' | 'endpoint', string> & {
    abroad: false
    timeoutMs: number
  }
>

type Told = { gateway: string; outcome: SmsOutcome; code: string | null; request_id: string | null }

/** Both gateways, with the same names for what each calls by its own. */
const gateways = [
  {
    kind: 'aliyun',
    sdk: '@alicloud/dysmsapi20170525',
    canaries: [aliyun.accessKeySecret],
    template: aliyun.templateCode,
    params: { code: message.otp },
    taken: { Code: 'OK' } as object,
    abroadTemplate: aliyun.abroad.templateCode,
    codes: {
      limit: 'isv.BUSINESS_LIMIT_CONTROL',
      key: 'SignatureDoesNotMatch',
      id: 'InvalidAccessKeyId.NotFound',
      template: 'isv.SMS_TEMPLATE_ILLEGAL',
      signName: 'isv.SMS_SIGNATURE_ILLEGAL',
      phone: 'isv.MOBILE_NUMBER_ILLEGAL',
    },
    meanings: {
      'isv.BUSINESS_LIMIT_CONTROL': 'rate_limited',
      'isv.MOBILE_NUMBER_ILLEGAL': 'phone_refused',
      'isv.AMOUNT_NOT_ENOUGH': 'misconfigured',
      'isv.OUT_OF_SERVICE': 'misconfigured',
      'isv.DAY_LIMIT_CONTROL': 'misconfigured',
      'isv.DOMESTIC_NUMBER_NOT_SUPPORTED': 'misconfigured',
      'isp.RAM_PERMISSION_DENY': 'misconfigured',
      'InvalidTimeStamp.Expired': 'misconfigured',
      NoPermission: 'misconfigured',
      'isp.SYSTEM_ERROR': 'unavailable',
      'Throttling.User': 'unavailable',
      'ServiceUnavailable.Temporary': 'unavailable',
      'Never.Heard.Of': 'unavailable',
    } satisfies Record<string, SmsOutcome>,
    create: (over: Overrides = {}, report?: (what: string, told: Told) => void) =>
      createAliyunSms({
        accessKeyId: over.id ?? aliyun.accessKeyId,
        accessKeySecret: secret(over.key ?? aliyun.accessKeySecret),
        signName: over.signName ?? aliyun.signName,
        templateCode: over.template ?? aliyun.templateCode,
        ...(over.abroad !== false && { abroad: aliyun.abroad }),
        endpoint: over.endpoint ?? emulator.url,
        timeoutMs: over.timeoutMs,
        report,
      }),
  },
  {
    kind: 'tencent',
    sdk: 'tencentcloud-sdk-nodejs-sms',
    canaries: [tencent.secretKey],
    template: tencent.templateId,
    params: [message.otp, '5'],
    taken: { Response: { SendStatusSet: [{ Code: 'Ok' }] } },
    abroadTemplate: tencent.abroad.templateId,
    codes: {
      limit: 'LimitExceeded.PhoneNumberDailyLimit',
      key: 'AuthFailure.SignatureFailure',
      id: 'AuthFailure.SecretIdNotFound',
      template: 'FailedOperation.TemplateIncorrectOrUnapproved',
      signName: 'FailedOperation.SignatureIncorrectOrUnapproved',
      phone: 'InvalidParameterValue.IncorrectPhoneNumber',
    },
    meanings: {
      'LimitExceeded.PhoneNumberDailyLimit': 'rate_limited',
      'LimitExceeded.PhoneNumberOneHourLimit': 'rate_limited',
      'LimitExceeded.PhoneNumberThirtySecondLimit': 'rate_limited',
      'LimitExceeded.DeliveryFrequencyLimit': 'rate_limited',
      'InvalidParameterValue.IncorrectPhoneNumber': 'phone_refused',
      'FailedOperation.PhoneNumberInBlacklist': 'phone_refused',
      'UnsupportedOperation.UnsuportedRegion': 'phone_refused',
      'UnsupportedOperation.UnsupportedRegion': 'phone_refused',
      'LimitExceeded.AppDailyLimit': 'misconfigured',
      'FailedOperation.InsufficientBalanceInSmsPackage': 'misconfigured',
      'UnauthorizedOperation.RequestIpNotInWhitelist': 'misconfigured',
      'UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone': 'misconfigured',
      'AuthFailure.SignatureExpire': 'misconfigured',
      MissingParameter: 'misconfigured',
      RequestLimitExceeded: 'unavailable',
      'InternalError.Timeout': 'unavailable',
      'Never.Heard.Of': 'unavailable',
    } satisfies Record<string, SmsOutcome>,
    create: (over: Overrides = {}, report?: (what: string, told: Told) => void) =>
      createTencentSms({
        secretId: over.id ?? tencent.secretId,
        secretKey: secret(over.key ?? tencent.secretKey),
        sdkAppId: tencent.sdkAppId,
        signName: over.signName ?? tencent.signName,
        templateId: over.template ?? tencent.templateId,
        ...(over.abroad !== false && { abroad: tencent.abroad }),
        endpoint: over.endpoint ?? emulator.url,
        timeoutMs: over.timeoutMs,
        report,
      }),
  },
]

const transportFaults: [name: string, fault: Record<string, unknown>][] = [
  ['status 503', { fault: 'status', status: 503 }],
  ['status 302', { fault: 'status', status: 302 }],
  ['hang', { fault: 'hang' }],
  ['reset', { fault: 'reset' }],
  ['truncate', { fault: 'truncate' }],
  ['html', { fault: 'html' }],
  ['html under status 200', { fault: 'html', status: 200 }],
  ['empty', { fault: 'empty' }],
]

describe.each(gateways)('the sender of $kind', (gateway) => {
  const { kind, create, codes } = gateway
  const fault = (fields: Record<string, unknown>) =>
    control('POST', 'faults', { path: `/sms/${kind}`, times: 1, ...fields })

  /** Sends, and gives what the operator was told too. */
  async function send(over: Overrides = {}, phone = mainland) {
    const told: [string, Told][] = []
    const sender = create(over, (...each) => void told.push(each))
    try {
      const outcome = await sender.send({ ...message, phone })
      return { outcome, code: told[0]?.[1].code, told, sender }
    } finally {
      await sender.close()
    }
  }

  it('sends a code to a phone of the mainland, and tells the operator nothing', async () => {
    expect(await send()).toMatchObject({ outcome: 'sent', told: [] })
    expect(await messages()).toMatchObject([
      { gateway: kind, phone: mainland, template: gateway.template, params: gateway.params },
    ])
  })

  it('sends many at once, over connections that it keeps', async () => {
    const sender = create()
    const phones = Array.from({ length: 20 }, (_, i) => `+861380013${8100 + i}`)
    const outcomes = await Promise.all(phones.map((phone) => sender.send({ ...message, phone })))
    await sender.close()
    expect(new Set(outcomes)).toEqual(new Set(['sent']))
    expect((await messages()).map(({ phone }) => String(phone)).toSorted()).toEqual(phones)
  })

  it('sends abroad by the template for abroad', async () => {
    expect((await send({}, abroad)).outcome).toBe('sent')
    expect(await messages()).toMatchObject([{ phone: abroad, template: gateway.abroadTemplate }])
  })

  it('sends to the owner of a number of North America, not of the one that it looks like in China', async () => {
    expect((await send({}, '+13105550143')).outcome).toBe('sent')
    expect(await messages()).toMatchObject([{ phone: '+13105550143' }])
  })

  it('asks for nothing abroad, and spends nothing, without a template for it', async () => {
    await fault({ fault: 'status', status: 500 })
    expect(await send({ abroad: false }, abroad)).toMatchObject({
      outcome: 'phone_refused',
      told: [],
    })
    // The fault is still there, for the first request that comes.
    expect((await send({ abroad: false })).outcome).toBe('unavailable')
  })

  it.each(['key', 'id', 'template', 'signName'] as const)(
    'calls a wrong %s misconfigured, and tells the operator what the gateway calls it',
    async (option) => {
      const { outcome, told } = await send({ [option]: 'not-this-one' })
      expect(outcome).toBe('misconfigured')
      expect(told).toEqual([
        [
          'An SMS was not sent',
          {
            gateway: kind,
            outcome,
            code: codes[option],
            request_id: expect.stringMatching(/^[\dA-Fa-f-]{36}$/),
          },
        ],
      ])
      expect(await messages()).toEqual([])
    },
  )

  it('is told which number the gateway sends nothing to', async () => {
    expect(await send({}, '+861000001')).toMatchObject({
      outcome: 'phone_refused',
      code: codes.phone,
    })
  })

  it.each(Object.entries(gateway.meanings))('knows that %s is %s', async (code, outcome) => {
    await fault({ fault: 'errcode', errcode: code })
    expect(await send()).toMatchObject({ outcome, code })
  })

  it.each(transportFaults)('is unavailable after %s, within its deadline', async (_, fields) => {
    await fault(fields)
    const beganMs = performance.now()
    const { outcome, code } = await send({ timeoutMs })
    expect(performance.now() - beganMs).toBeLessThan(timeoutMs + slackMs)
    expect(outcome).toBe('unavailable')
    expect(code === null || /^[A-Z_]+$/i.test(code ?? '')).toBe(true)
    expect((await send({ timeoutMs })).outcome).toBe('sent')
  })

  it('is unavailable though the message went out, when the answer was lost', async () => {
    await fault({ fault: 'hang', after: true })
    expect((await send({ timeoutMs })).outcome).toBe('unavailable')
    expect(await messages()).toHaveLength(1)
  })

  it('is unavailable when there is no gateway', async () => {
    const gone = await createEmulator({ port: 0 })
    await gone.close()
    expect((await send({ endpoint: gone.url })).outcome).toBe('unavailable')
  })

  it('is unavailable in time when an answer never ends, on a connection that was used before', async () => {
    let isFirst = true
    const server = createServer((incoming, outgoing) => {
      incoming.resume()
      outgoing.setHeader('content-type', 'application/json')
      if (isFirst) return void outgoing.end(JSON.stringify(gateway.taken), () => (isFirst = false))
      const drip = setInterval(() => outgoing.write(' '), 20)
      outgoing.on('close', () => clearInterval(drip))
    })
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const sender = create({ endpoint: `http://127.0.0.1:${port}`, timeoutMs })
    expect(await sender.send(message)).toBe('sent')
    const beganMs = performance.now()
    expect(await sender.send(message)).toBe('unavailable')
    expect(performance.now() - beganMs).toBeLessThan(timeoutMs + slackMs)
    await sender.close()
    server.closeAllConnections()
    server.close()
  })

  it('keeps no request longer than its deadline, however many hang', async () => {
    await fault({ fault: 'hang', times: 10 })
    const sender = create({ timeoutMs })
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => sender.send(message)))
    expect(new Set(outcomes)).toEqual(new Set(['unavailable']))
    await setTimeout(timeoutMs)
    expect(await control('DELETE', 'faults')).toMatchObject({ released: 0 })
    expect(await sender.send(message)).toBe('sent')
    await sender.close()
  })

  it('[OTP-7] [LG-1] lets no phone, code or key out, whatever goes wrong and however it is printed', async () => {
    const printed: unknown[] = []
    const faults: Record<string, unknown>[] = [
      ...transportFaults.map(([, fields]) => fields),
      ...Object.keys(gateway.meanings).map((errcode) => ({ fault: 'errcode', errcode })),
      // Some gateways name the number or the parameters in their texts, and one might in its code.
      { fault: 'errcode', errcode: 'Odd', errmsg: `${mainland} ${message.otp} is wrong` },
      { fault: 'errcode', errcode: `isv.${message.otp}` },
      { fault: 'errcode', errcode: `LimitExceeded.${mainland.slice(1)}` },
    ]
    for (const fields of faults) {
      await fault(fields)
      const { told, sender, outcome } = await send({ timeoutMs: 150 })
      expect(outcome).not.toBe('sent')
      expect(told).toHaveLength(1)
      printed.push(told, sender)
    }
    const wrong = create()
    printed.push(
      await wrong.send({ ...message, phone: '+86x407265' }).catch((error: unknown) => error),
    )
    printed.push(await send({}, '+861000407265'))
    await wrong.close()
    printed.push(await wrong.send(message).catch((error: unknown) => error))
    const canaries = [mainland.slice(3), message.otp, ...gateway.canaries].map((value) => ({
      what: value,
      value,
    }))
    expect(printed).toHaveLength(2 * faults.length + 3)
    expect(findCanaries(canaries, everyPrint(printed))).toEqual([])
  })

  it('takes numbers in E.164 alone, and nothing once it is closed', async () => {
    const sender = create()
    for (const phone of ['13800138001', '+86 13800138001', '8613800138001', '+0123456789', '']) {
      await expect(sender.send({ ...message, phone })).rejects.toThrow(
        'An SMS goes to a number in E.164',
      )
    }
    await sender.close()
    await expect(sender.send(message)).rejects.toThrow('This SMS sender is closed')
    expect(await messages()).toEqual([])
  })

  it.each([
    'http://dysmsapi.aliyuncs.com',
    'http://10.0.0.1',
    'http://localhost.example.com',
    'ftp://localhost',
    'https://user:pass@example.com',
    'https://example.com/path',
    'example.com',
    '',
  ])('refuses the endpoint %s', (endpoint) => {
    expect(() => create({ endpoint })).toThrow(
      'endpoint has to be the origin of an https: URL without a path; http: only on localhost, 127.0.0.1 or [::1].',
    )
  })

  it('takes an endpoint of https, and any of this machine', async () => {
    for (const endpoint of ['https://gateway.example', 'http://localhost:1', 'http://[::1]:1/']) {
      await expect(create({ endpoint }).close()).resolves.toBeUndefined()
    }
  })

  it('says which package to install, when it is not', async () => {
    expect((await run(gateway.sdk)).stdout).toContain(
      `${kind}: ConfigError: SMS through this gateway needs the package ${gateway.sdk}, which is not installed. Install it: npm install ${gateway.sdk}\n`,
    )
  })
})

describe('what is wrong with the options', () => {
  const canary = 'canary-value'

  it.each<[string, () => SmsSender]>([
    [
      'createAliyunSms: accessKeySecret has to be text or a Secret.',
      () => createAliyunSms({ ...aliyun, accessKeySecret: '' }),
    ],
    [
      'createAliyunSms: abroad.templateCode has to be text.',
      () => createAliyunSms({ ...aliyun, abroad: { signName: canary, templateCode: '' } }),
    ],
    [
      'createAliyunSms: timeoutMs has to be a number from 100 to 60000.',
      () => createAliyunSms({ ...aliyun, timeoutMs: 0 }),
    ],
    [
      'createAliyunSms has no option accessKeysecret.',
      // @ts-expect-error A small letter in the middle.
      () => createAliyunSms({ ...aliyun, accessKeysecret: canary }),
    ],
    [
      "createTencentSms: templateParams has to be a list with 'otp' in it.",
      () => createTencentSms({ ...tencent, templateParams: ['ttl_minutes'] }),
    ],
    [
      'createTencentSms: sdkAppId has to be text.',
      // @ts-expect-error A number, as Tencent Cloud's console shows it.
      () => createTencentSms({ ...tencent, sdkAppId: 1400000001 }),
    ],
    [
      'createTencentSms: secretKey is missing.',
      // @ts-expect-error It is missing.
      () => createTencentSms({ secretId: canary, ...without(tencent, 'secretKey') }),
    ],
  ])('%s', (expected, create) => {
    let thrown: unknown
    try {
      create()
    } catch (error) {
      thrown = error
    }
    expect(String(thrown)).toBe(`ConfigError: ${expected}`)
    expect(everyPrint(thrown)).not.toContain(canary)
  })
})

it('both senders work in a plain Node, print nothing, and let the process end', async () => {
  expect(await run()).toEqual({ stdout: 'aliyun: sent\ntencent: sent\n', stderr: '' })
})

it('a package that an SDK needs and does not declare is named, to be installed as well', async () => {
  expect((await run('@alicloud/tea-typescript')).stdout).toContain(
    'aliyun: ConfigError: The package @alicloud/dysmsapi20170525 needs @alicloud/tea-typescript and does not say so, so that it was not installed with it. Install that too: npm install @alicloud/tea-typescript\n',
  )
})

/** Sends in a process of its own, which has to end by itself. */
async function run(missing?: string) {
  const options: SmsProcessOptions = { endpoint: emulator.url, missing }
  const program = join(import.meta.dirname, 'sms-process.ts')
  const args = ['--conditions=@kaimen/source', program, JSON.stringify(options)]
  return promisify(execFile)(process.execPath, args, { timeout: 15_000 })
}

function without<T extends object, K extends keyof T>(value: T, name: K): Omit<T, K> {
  const { [name]: _, ...rest } = value
  return rest
}
