import { describe, expect, test } from 'vitest'
import { createWechat, WechatInputError } from '../src/index.ts'
import type { WechatOptions } from '../src/index.ts'
import { everythingIn } from './support/canary.ts'
import { catchSyncError } from './support/catch-error.ts'

async function isAccepted(options: WechatOptions) {
  await createWechat(options).close()
  return true
}

describe('baseUrl', () => {
  test.each([
    'https://api.weixin.qq.com',
    'https://api2.weixin.qq.com/',
    'https://sh.api.weixin.qq.com:8443',
    'http://127.0.0.1:4180',
    'http://127.1.2.3:4180',
    'http://localhost:4180',
    'http://[::1]:4180',
  ])('[WX-6] %s is taken', async (baseUrl) => {
    expect(await isAccepted({ baseUrl })).toBe(true)
  })

  test.each([
    'http://api.weixin.qq.com',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://169.254.169.254',
    'https://user:CANARY@api.weixin.qq.com',
    'https://CANARY@api.weixin.qq.com',
    'https://:CANARY@api.weixin.qq.com',
    'https://api.weixin.qq.com/sns',
    'https://api.weixin.qq.com?secret=CANARY',
    'https://api.weixin.qq.com#x',
    'ftp://api.weixin.qq.com',
    'file:///etc/passwd',
    'api.weixin.qq.com',
    '',
  ])('[WX-6] %s is refused, and the message does not repeat it', (baseUrl) => {
    const error = catchSyncError(WechatInputError, () => createWechat({ baseUrl }))
    expect(error.parameter).toBe('baseUrl')
    expect(everythingIn(error)).not.toContain('CANARY')
  })

  test('[WX-6] http: to another machine needs allowInsecureHttp', async () => {
    expect(
      await isAccepted({ baseUrl: 'http://emulator.internal:4180', allowInsecureHttp: true }),
    ).toBe(true)
  })
})

describe('the other options', () => {
  test('a misspelt name is refused', () => {
    const options: object = { timeoutMS: 100 }
    expect(() => createWechat(options)).toThrow('timeoutMS is not an option of createWechat')
  })

  test.each([
    { timeoutMs: 0 },
    { timeoutMs: 60_001 },
    { timeoutMs: 1.5 },
    { timeoutMs: Number.NaN },
    { timeoutMs: '100' },
    { connectTimeoutMs: 0 },
    { connectTimeoutMs: 200, timeoutMs: 100 },
    { maxInFlight: 0 },
    { maxWaiting: -1 },
    { maxReplyBytes: 0 },
    { circuitFailures: 0 },
    { circuitPauseMs: Infinity },
    { nowMs: 5 },
    { allowInsecureHttp: 'yes' },
  ])('%j is refused', (wrong) => {
    const options = Object.assign<WechatOptions, object>({}, wrong)
    expect(() => createWechat(options)).toThrow(WechatInputError)
  })

  test('the edges of the ranges are taken', async () => {
    expect(
      await isAccepted({ timeoutMs: 1, maxInFlight: 1, maxWaiting: 0, circuitFailures: 1 }),
    ).toBe(true)
    expect(
      await isAccepted({ timeoutMs: 60_000, connectTimeoutMs: 60_000, maxReplyBytes: 16_777_216 }),
    ).toBe(true)
  })
})
