import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seedWorld } from '../../src/index.ts'
import { startEmulator } from '../start-emulator.ts'
import { textLike } from '../text.ts'
import { messagesOf, post, sendByAliyun, sendByTencent, signAliyun } from './gateways-api.ts'

const { aliyun, tencent } = seedWorld.sms
const abroad = '+12025550143'

describe('Aliyun', () => {
  test('takes a message, answers as Aliyun does, and shows it in clear', async () => {
    const emulator = await startEmulator()
    expect(await sendByAliyun(emulator)).toEqual({
      status: 200,
      body: {
        Message: 'OK',
        RequestId: textLike(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/),
        Code: 'OK',
        BizId: textLike(/^\d{18}\^0$/),
      },
    })
    expect((await emulator.control('GET', 'sms')).body).toEqual({
      messages: [
        {
          gateway: 'aliyun',
          phone: '+8613800138001',
          template: aliyun.templateCode,
          params: { code: '482910' },
          at: '2026-11-20T12:00:00.000Z',
        },
      ],
    })
  })

  test('knows a number of the mainland in every spelling, and several at once', async () => {
    const emulator = await startEmulator()
    const PhoneNumbers = '13800138001,+13800138002,+8613800138003,008613800138004,8613800138005'
    expect(await sendByAliyun(emulator, { PhoneNumbers })).toMatchObject({ body: { Code: 'OK' } })
    expect((await messagesOf(emulator)).map(({ phone }) => phone)).toEqual(
      [1, 2, 3, 4, 5].map((n) => `+861380013800${n}`),
    )
  })

  test.for(['85251234567', '0085251234567', '+85251234567'])(
    'sends abroad to %s by the template for it alone',
    async (PhoneNumbers) => {
      const emulator = await startEmulator()
      const { signName: SignName, templateCode: TemplateCode } = aliyun.abroad
      const fields = { PhoneNumbers, SignName, TemplateCode }
      expect(await sendByAliyun(emulator, fields)).toMatchObject({ body: { Code: 'OK' } })
      expect(await messagesOf(emulator)).toMatchObject([{ phone: '+85251234567' }])
      expect(await sendByAliyun(emulator, { PhoneNumbers })).toMatchObject({
        body: {
          Code: 'isv.MOBILE_NUMBER_ILLEGAL',
          Message: `${PhoneNumbers}invalid mobile number`,
        },
      })
    },
  )

  test('takes eleven digits of North America without 00 for a number of the mainland', async () => {
    const emulator = await startEmulator()
    const { signName: SignName, templateCode: TemplateCode } = aliyun.abroad
    const send = (PhoneNumbers: string) =>
      sendByAliyun(emulator, { PhoneNumbers, SignName, TemplateCode })
    expect(await send('13105550143')).toMatchObject({
      body: { Code: 'isv.DOMESTIC_NUMBER_NOT_SUPPORTED' },
    })
    expect(await send('0013105550143')).toMatchObject({ body: { Code: 'OK' } })
    expect(await messagesOf(emulator)).toMatchObject([{ phone: '+13105550143' }])
  })

  test.for<[string, Record<string, string>, number, string]>([
    ['an unknown signature', { SignName: '别人' }, 200, 'isv.SMS_SIGNATURE_ILLEGAL'],
    ['an unknown template', { TemplateCode: 'SMS_1' }, 200, 'isv.SMS_TEMPLATE_ILLEGAL'],
    ['parameters that are no JSON', { TemplateParam: 'x' }, 200, 'isv.INVALID_JSON_PARAM'],
    ['a code that is no text', { TemplateParam: '{"code":1}' }, 200, 'isv.INVALID_JSON_PARAM'],
    ['no code', { TemplateParam: '{}' }, 200, 'isv.TEMPLATE_MISSING_PARAMETERS'],
    ['a code with signs', { TemplateParam: '{"code":"1-2"}' }, 200, 'isv.INVALID_PARAMETERS'],
    ['a number of no phone', { PhoneNumbers: '12345' }, 200, 'isv.MOBILE_NUMBER_ILLEGAL'],
    [
      'a landline of the mainland',
      { PhoneNumbers: '861012345678' },
      200,
      'isv.MOBILE_NUMBER_ILLEGAL',
    ],
    [
      'too many numbers',
      { PhoneNumbers: Array.from({ length: 1001 }, () => '13800138001').join(',') },
      200,
      'isv.MOBILE_COUNT_OVER_LIMIT',
    ],
    ['no number', { PhoneNumbers: '' }, 400, 'MissingPhoneNumbers'],
    ['no template', { TemplateCode: '' }, 400, 'MissingTemplateCode'],
  ])('refuses %s', async ([, fields, status, code]) => {
    const emulator = await startEmulator()
    const reply = await sendByAliyun(emulator, fields)
    expect([reply.status, reply.body['Code']]).toEqual([status, code])
    expect(await messagesOf(emulator)).toEqual([])
  })

  test('refuses an unknown key, a wrong secret and another action', async () => {
    const emulator = await startEmulator()
    const codeOf = async (account: Parameters<typeof sendByAliyun>[2]) => {
      const { status, body } = await sendByAliyun(emulator, {}, account)
      return [status, body['Code']]
    }
    expect(await codeOf({ id: 'x' })).toEqual([404, 'InvalidAccessKeyId.NotFound'])
    expect(await codeOf({ key: 'x' })).toEqual([400, 'SignatureDoesNotMatch'])
    const headers = { 'x-acs-action': 'SendBatchSms' }
    expect(await codeOf({ headers })).toEqual([404, 'InvalidAction.NotFound'])
  })

  test.for<[string, number]>([
    ['isv.BUSINESS_LIMIT_CONTROL', 200],
    ['isv.AMOUNT_NOT_ENOUGH', 200],
    ['Throttling.User', 400],
    ['ServiceUnavailable', 503],
    ['InternalError', 500],
  ])('fails with %s as a fault asks', async ([errcode, status]) => {
    const emulator = await startEmulator()
    await emulator.post('faults', { path: '/sms/aliyun', fault: 'errcode', errcode, times: 1 })
    const reply = await sendByAliyun(emulator)
    expect([reply.status, reply.body['Code']]).toEqual([status, errcode])
    expect(await sendByAliyun(emulator)).toMatchObject({ body: { Code: 'OK' } })
  })
})

describe('Tencent Cloud', () => {
  test('takes a message, answers as Tencent Cloud does, and shows it in clear', async () => {
    const emulator = await startEmulator()
    expect((await sendByTencent(emulator)).answer).toEqual({
      SendStatusSet: [
        {
          SerialNo: textLike(/^5000:\d{28}$/),
          PhoneNumber: '+8613800138001',
          Fee: 1,
          SessionContext: '',
          Code: 'Ok',
          Message: 'send success',
          IsoCode: 'CN',
        },
      ],
      RequestId: textLike(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    })
    expect(await messagesOf(emulator)).toEqual([
      {
        gateway: 'tencent',
        phone: '+8613800138001',
        template: tencent.templateId,
        params: ['482910', '5'],
        at: '2026-11-20T12:00:00.000Z',
      },
    ])
  })

  test('says of each number how it went', async () => {
    const emulator = await startEmulator()
    const PhoneNumberSet = ['13800138001', '8613800138002', '008613800138003', 'x', abroad]
    const { answer } = await sendByTencent(emulator, { PhoneNumberSet, SessionContext: 's1' })
    const set = answer['SendStatusSet']
    expect(Array.isArray(set) ? set.map(({ Code }: { Code: string }) => Code) : []).toEqual([
      'Ok',
      'Ok',
      'Ok',
      'InvalidParameterValue.IncorrectPhoneNumber',
      'UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone',
    ])
    expect(set).toMatchObject(PhoneNumberSet.map(() => ({ SessionContext: 's1' })))
    expect(await messagesOf(emulator)).toHaveLength(3)
  })

  test('sends abroad by the template for it alone, signed or not', async () => {
    const emulator = await startEmulator()
    const { signName: SignName, templateId: TemplateId } = tencent.abroad
    for (const name of [SignName, undefined]) {
      const fields = { PhoneNumberSet: [abroad], TemplateId, SignName: name }
      expect((await sendByTencent(emulator, fields)).code).toBe('Ok')
    }
    expect(await messagesOf(emulator)).toMatchObject([{ phone: abroad }, { phone: abroad }])
    expect((await sendByTencent(emulator, { TemplateId })).code).toBe(
      'UnsupportedOperation.GlobalTemplateToChineseMainlandPhone',
    )
  })

  test.for<[string, object, string]>([
    [
      'an unknown signature',
      { SignName: '别人' },
      'FailedOperation.SignatureIncorrectOrUnapproved',
    ],
    ['no signature', { SignName: undefined }, 'FailedOperation.SignatureIncorrectOrUnapproved'],
    ['an unknown template', { TemplateId: '1' }, 'FailedOperation.TemplateIncorrectOrUnapproved'],
    [
      'a parameter too few',
      { TemplateParamSet: ['1'] },
      'FailedOperation.TemplateParamSetNotMatchApprovedTemplate',
    ],
    [
      'a parameter that is no number',
      { TemplateParamSet: ['a', '5'] },
      'InvalidParameterValue.TemplateParameterFormatError',
    ],
    [
      "another account's application",
      { SmsSdkAppId: '1' },
      'UnauthorizedOperation.SmsSdkAppIdVerifyFail',
    ],
    ['no application', { SmsSdkAppId: undefined }, 'MissingParameter'],
    ['numbers that are no list', { PhoneNumberSet: '+8613800138001' }, 'InvalidParameter'],
    ['no number', { PhoneNumberSet: [] }, 'MissingParameter.EmptyPhoneNumberSet'],
    [
      'too many numbers',
      { PhoneNumberSet: Array.from({ length: 201 }, () => '+8613800138001') },
      'LimitExceeded.PhoneNumberCountLimit',
    ],
  ])('refuses %s', async ([, fields, code]) => {
    const emulator = await startEmulator()
    expect(await sendByTencent(emulator, fields)).toMatchObject({ status: 200, code })
    expect(await messagesOf(emulator)).toEqual([])
  })

  test('refuses an unknown key, a wrong secret, another action or version, and no region', async () => {
    const emulator = await startEmulator()
    const codeOf = async (account: Parameters<typeof sendByTencent>[2]) =>
      (await sendByTencent(emulator, {}, account)).code
    expect(await codeOf({ id: 'x' })).toBe('AuthFailure.SecretIdNotFound')
    expect(await codeOf({ key: 'x' })).toBe('AuthFailure.SignatureFailure')
    expect(await codeOf({ headers: { 'x-tc-action': 'AddSmsSign' } })).toBe('InvalidAction')
    expect(await codeOf({ headers: { 'x-tc-version': '2019-07-11' } })).toBe('NoSuchVersion')
    expect(await codeOf({ headers: { 'x-tc-region': '' } })).toBe('MissingParameter')
  })

  test.for([
    'LimitExceeded.PhoneNumberDailyLimit',
    'FailedOperation.InsufficientBalanceInSmsPackage',
  ])('fails with %s of the number, as a fault asks', async (errcode) => {
    const emulator = await startEmulator()
    await emulator.post('faults', { path: '/sms/tencent', fault: 'errcode', errcode, times: 1 })
    const { first } = await sendByTencent(emulator)
    expect(first).toMatchObject({ Code: errcode, PhoneNumber: '+8613800138001', Fee: 0 })
  })

  test.for(['RequestLimitExceeded', 'InternalError', 'AuthFailure.SignatureExpire'])(
    'fails with %s of the whole request, as a fault asks',
    async (errcode) => {
      const emulator = await startEmulator()
      const fault = { path: '/sms/tencent', fault: 'errcode', errcode, errmsg: 'not now' }
      await emulator.post('faults', fault)
      const { answer } = await sendByTencent(emulator)
      expect(answer).toMatchObject({ Error: { Code: errcode, Message: 'not now' } })
    },
  )
})

describe('the gateways together', () => {
  test('fail by their own names, and not when all of WeChat does', async () => {
    const emulator = await startEmulator()
    await emulator.post('faults', { path: '*', fault: 'status', status: 503 })
    expect(await sendByAliyun(emulator)).toMatchObject({ body: { Code: 'OK' } })
    await emulator.post('faults', { path: '/sms/aliyun', fault: 'status', status: 503 })
    expect(await sendByAliyun(emulator)).toMatchObject({ status: 503 })
    expect((await sendByTencent(emulator)).code).toBe('Ok')
  })

  test('lose an answer after the message went out, if a fault says so', async () => {
    const emulator = await startEmulator()
    await emulator.post('faults', { path: '/sms/aliyun', fault: 'reset', after: true })
    await expect(sendByAliyun(emulator)).rejects.toThrow('ECONNRESET')
    expect(await messagesOf(emulator)).toHaveLength(1)
  })

  test('hang until the fault is deleted', async () => {
    const emulator = await startEmulator()
    await emulator.post('faults', { path: '/sms/tencent', fault: 'hang', times: 1 })
    const reply = sendByTencent(emulator)
    let deleted = await emulator.deleteFaults()
    while (deleted['released'] === 0) {
      await new Promise(setImmediate)
      deleted = await emulator.deleteFaults()
    }
    expect((await reply).code).toBe('Ok')
  })

  test.for<[object, string]>([
    [{ path: '/sms/aliyun', errcode: 40029 }, 'must be an error code of the gateway'],
    [{ path: '/sns/jscode2session', errcode: 'isv.OUT_OF_SERVICE' }, 'must be a whole number'],
    [{ path: '*', errcode: 'isv.OUT_OF_SERVICE' }, 'must be a whole number'],
    [{ path: '/sms/aliyun', errcode: '1 2' }, 'or the error code of an SMS gateway'],
    [{ path: '/sms/other', errcode: 'x.y' }, '/sms/aliyun, /sms/tencent'],
  ])('take no fault such as %j', async ([fault, fix]) => {
    const emulator = await startEmulator()
    const { status, body } = await emulator.control('POST', 'faults', {
      fault: 'errcode',
      ...fault,
    })
    expect(status).toBe(400)
    expect(JSON.stringify(body)).toContain(fix)
  })

  test('keep the latest 1,000 messages, by the emulator’s clock, until the world is reset', async () => {
    const emulator = await startEmulator()
    const numbers = Array.from({ length: 1000 }, (_, i) => String(13_800_130_000 + i))
    await sendByAliyun(emulator, { PhoneNumbers: numbers.join(',') })
    await emulator.advance(60)
    await sendByTencent(emulator)
    const messages = await messagesOf(emulator)
    expect(messages).toHaveLength(1000)
    expect(messages[0]).toMatchObject({ phone: '+8613800130001', at: '2026-11-20T12:00:00.000Z' })
    expect(messages.at(-1)).toMatchObject({ gateway: 'tencent', at: '2026-11-20T12:01:00.000Z' })
    await sendByAliyun(emulator, { PhoneNumbers: numbers.join(',') })
    expect(await messagesOf(emulator)).toHaveLength(1000)
    await emulator.post('reset')
    expect(await messagesOf(emulator)).toEqual([])
  })

  test('are no calls of WeChat', async () => {
    const emulator = await startEmulator()
    await sendByAliyun(emulator)
    await sendByTencent(emulator)
    expect(await emulator.calls()).toEqual([])
  })

  test('answer at the root alone, and leave it to WeChat where nobody asks for them', async () => {
    const emulator = await startEmulator()
    const { headers } = signAliyun(emulator, {})
    expect((await fetch(`${emulator.url}/other`, { headers })).status).toBe(404)
    expect((await fetch(emulator.url)).status).toBe(404)
    expect(await emulator.calls()).toHaveLength(2)
  })

  test('answer whatever they are asked, also with a fault', async () => {
    const emulator = await startEmulator()
    const errcode = 'LimitExceeded.PhoneNumberDailyLimit'
    const anything = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant({ toString: 1 }))
    const fields = fc.dictionary(
      fc.constantFrom(
        'PhoneNumberSet',
        'TemplateParamSet',
        'SignName',
        'SessionContext',
        '__proto__',
      ),
      fc.oneof(anything, fc.array(anything)),
    )
    const ask = async (given: Record<string, unknown>, isFaulty: boolean) => {
      const fault = { path: '/sms/tencent', fault: 'errcode', errcode, times: 1 }
      if (isFaulty) await emulator.post('faults', fault)
      expect(await sendByTencent(emulator, given)).toMatchObject({ status: 200 })
      const TemplateParam = JSON.stringify(given)
      expect((await sendByAliyun(emulator, { TemplateParam })).status).toBe(200)
    }
    await fc.assert(fc.asyncProperty(fields, fc.boolean(), ask), { numRuns: 60 })
  })

  test('answer a body that is too large, and a query that is no query', async () => {
    const emulator = await startEmulator()
    const signed = signAliyun(emulator, {})
    const large = await post(emulator, { ...signed, body: 'x'.repeat(3 * 1024 * 1024) })
    expect(large.status).toBe(400)
    const odd = await post(emulator, { ...signed, search: '%%%=%&&=&\u{7f}' })
    expect(odd.body).toMatchObject({ Code: 'SignatureDoesNotMatch' })
  })
})
