import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { checkAcs3 } from '../../src/sms/acs3.ts'
import { checkTc3 } from '../../src/sms/tc3.ts'
import { startEmulator } from '../start-emulator.ts'
import type { TestEmulator } from '../start-emulator.ts'
import { textWith } from '../text.ts'
import {
  messagesOf,
  post,
  signAliyun,
  signTencent,
  toLiHua,
  toLiHuaByTencent,
  type Signed,
} from './gateways-api.ts'

test('the example in the documents of Aliyun is sound, and no other key signs it', () => {
  const example = {
    method: 'POST',
    headers: {
      host: 'ecs.cn-shanghai.aliyuncs.com',
      'x-acs-action': 'RunInstances',
      'x-acs-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'x-acs-date': '2023-10-26T10:22:32Z',
      'x-acs-signature-nonce': '3156853299f313e23d1673dc12e1703d',
      'x-acs-version': '2014-05-26',
      authorization:
        'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
    },
    query: new URLSearchParams(
      'RegionId=cn-shanghai&ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd',
    ),
    body: '',
  }
  expect(checkAcs3(example, () => 'YourAccessKeySecret')).toBeUndefined()
  expect(checkAcs3(example, () => 'AnotherAccessKeySecret')).toEqual({
    fault: 'mismatch',
    stringToSign:
      'ACS3-HMAC-SHA256\n7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259',
  })
  expect(checkAcs3(example, () => undefined)).toEqual({ fault: 'key_unknown' })
})

test('the example in the documents of Tencent Cloud is sound, and no other key signs it', () => {
  const example = {
    method: 'POST',
    headers: {
      host: 'cvm.tencentcloudapi.com',
      'content-type': 'application/json; charset=utf-8',
      'x-tc-action': 'DescribeInstances',
      'x-tc-timestamp': '1551113065',
      authorization:
        'TC3-HMAC-SHA256 Credential=EXAMPLE/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168',
    },
    query: new URLSearchParams(),
    body: String.raw`{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`,
  }
  expect(checkTc3(example, () => 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE')).toBeUndefined()
  expect(checkTc3(example, () => 'Gu5t9xGARNpq86cd98joQYCN3ANOTHER')).toBe('mismatch')
  expect(checkTc3(example, () => undefined)).toBe('key_unknown')
})

type Spoil = (signed: Signed) => void

describe('Aliyun', () => {
  const signed = (emulator: TestEmulator) => signAliyun(emulator, toLiHua)

  test.for<[string, Spoil]>([
    ['another number', (it) => (it.search = it.search.replace('13800138001', '13800138002'))],
    ['another code', (it) => (it.search = it.search.replace('482910', '482911'))],
    ['a parameter more', (it) => (it.search += '&SmsUpExtendCode=1')],
    ['a body that was not there', (it) => (it.body = 'x')],
    ['another date', (it) => (it.headers['x-acs-date'] = '2026-11-20T12:00:01Z')],
    ['another nonce', (it) => (it.headers['x-acs-signature-nonce'] = 'a1b2c3d5')],
    ['another host', (it) => (it.headers['host'] = 'dysmsapi.aliyuncs.com')],
  ])('refuses %s than was signed', async ([, spoil]) => {
    const emulator = await startEmulator()
    const request = signed(emulator)
    spoil(request)
    const { status, body } = await post(emulator, request)
    expect(status).toBe(400)
    expect(body).toMatchObject({
      Code: 'SignatureDoesNotMatch',
      Message: textWith('server StringToSign is [ACS3-HMAC-SHA256\n'),
      HostId: 'dysmsapi.aliyuncs.com',
    })
    expect(await messagesOf(emulator)).toEqual([])
  })

  test.for<[string, Spoil]>([
    ['without a signature', (it) => delete it.headers['authorization']],
    ['with one of another kind', (it) => (it.headers['authorization'] = 'Basic eDp5')],
    ['with a header of Aliyun that is not signed', (it) => (it.headers['x-acs-region'] = 'x')],
    [
      'whose action is not signed',
      (it) =>
        (it.headers['authorization'] =
          it.headers['authorization']?.replace('x-acs-action;', '') ?? ''),
    ],
    [
      'whose host is not signed',
      (it) =>
        (it.headers['authorization'] = it.headers['authorization']?.replace('host;', '') ?? ''),
    ],
    [
      'signed as in earlier versions',
      (it) => {
        it.headers = {}
        it.search = 'Action=SendSms&SignatureMethod=HMAC-SHA1&Signature=eA%3D%3D'
      },
    ],
  ])('calls a request %s incomplete', async ([, spoil]) => {
    const emulator = await startEmulator()
    const request = signed(emulator)
    spoil(request)
    expect(await post(emulator, request)).toMatchObject({
      status: 400,
      body: { Code: 'IncompleteSignature' },
    })
  })

  test('takes a form too, whose hash is signed', async () => {
    const emulator = await startEmulator()
    const body = new URLSearchParams(toLiHua).toString()
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const request = signAliyun(emulator, {}, { body, headers: type })
    expect(await post(emulator, request)).toMatchObject({ body: { Code: 'OK' } })
    const headers = { ...type, 'x-acs-content-sha256': hash('sha256', 'another') }
    const another = signAliyun(emulator, {}, { body, headers })
    expect(await post(emulator, another)).toMatchObject({ body: { Code: 'SignatureDoesNotMatch' } })
  })
})

describe('Tencent Cloud', () => {
  const signed = (emulator: TestEmulator) => signTencent(emulator, toLiHuaByTencent)

  test.for<[string, string, Spoil]>([
    ['another number', 'SignatureFailure', (it) => (it.body = it.body.replace('8001', '8002'))],
    ['another code', 'SignatureFailure', (it) => (it.body = it.body.replace('482910', '1'))],
    ['another time', 'SignatureFailure', (it) => (it.headers['x-tc-timestamp'] = '1795176001')],
    ['another day', 'SignatureFailure', (it) => (it.headers['x-tc-timestamp'] = '1795276000')],
    ['no time', 'SignatureFailure', (it) => (it.headers['x-tc-timestamp'] = 'now')],
    ['another type', 'SignatureFailure', (it) => (it.headers['content-type'] = 'text/plain')],
    ['a query that was not there', 'SignatureFailure', (it) => (it.search = 'a=b')],
    ['no signature', 'InvalidAuthorization', (it) => delete it.headers['authorization']],
    [
      'another service',
      'InvalidAuthorization',
      (it) =>
        (it.headers['authorization'] =
          it.headers['authorization']?.replace('/sms/', '/cvm/') ?? ''),
    ],
    [
      'a host that is not signed',
      'InvalidAuthorization',
      (it) =>
        (it.headers['authorization'] = it.headers['authorization']?.replace(';host', '') ?? ''),
    ],
  ])('refuses %s with %s', async ([, code, spoil]) => {
    const emulator = await startEmulator()
    const request = signed(emulator)
    spoil(request)
    const { status, body } = await post(emulator, request)
    expect(status).toBe(200)
    expect(body).toMatchObject({ Response: { Error: { Code: `AuthFailure.${code}` } } })
    expect(await messagesOf(emulator)).toEqual([])
  })

  test('wants the day of the time at which a request was signed', async () => {
    const emulator = await startEmulator()
    const day = 86_400
    const request = signTencent(emulator, toLiHuaByTencent, { timestamp: 1_795_176_000 + day })
    expect(await post(emulator, request)).toMatchObject({
      body: { Response: { Error: { Code: 'AuthFailure.SignatureFailure' } } },
    })
  })
})
