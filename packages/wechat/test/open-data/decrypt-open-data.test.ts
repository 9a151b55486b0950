import { createCipheriv, randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decryptOpenData, secret, WechatDataError, WechatInputError } from '../../src/index.ts'
import type { DecryptOpenDataParams } from '../../src/index.ts'
import { callWith } from '../support/call-with.ts'
import { everythingIn } from '../support/canary.ts'
import { catchSyncError } from '../support/catch-error.ts'
import { bound, emulate } from '../support/emulate.ts'
import { vectors } from '../support/vectors.ts'

const { plaintext, ...sample } = vectors.encryptedData
const madeAtMs = 1_477_314_187_000
const official: DecryptOpenDataParams = { ...sample, nowMs: () => madeAtMs }

/** Another writer of encryptedData, which lets everything be wrong. */
function encrypt(plain: Buffer | string, { pad = true } = {}) {
  const key = randomBytes(16)
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(pad)
  const encryptedData = Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64')
  return {
    appid: 'wx1',
    session_key: key.toString('base64'),
    iv: iv.toString('base64'),
    encryptedData,
    nowMs: () => madeAtMs,
  }
}

const watermark = (more: object = {}) => ({ appid: 'wx1', timestamp: madeAtMs / 1000, ...more })

test('the sample of WeChat’s page decrypts to what is printed there', () => {
  expect(decryptOpenData(official)).toEqual(JSON.parse(plaintext))
  const key = secret(official.session_key.toString())
  expect(decryptOpenData({ ...official, session_key: key }).watermark.appid).toBe(official.appid)
})

test('a phone number decrypts', () => {
  const { encryptedData, iv, session_key, plaintext: expected } = vectors.madeHere.phone
  const phone = decryptOpenData({
    appid: official.appid,
    encryptedData,
    iv,
    session_key,
    nowMs: () => 1_700_000_000_000,
  })
  expect(phone).toEqual(JSON.parse(expected))
})

describe('[WX-14] failure is uniform:', () => {
  const uniform = everythingIn(new WechatDataError()).replaceAll(/^\s+at .*$/gm, '')

  function expectUniform(params: DecryptOpenDataParams): void {
    const error = catchSyncError(WechatDataError, () => decryptOpenData(params))
    expect(everythingIn(error).replaceAll(/^\s+at .*$/gm, '')).toBe(uniform)
  }

  test('10000 changed ciphertexts give one error', () => {
    const bytes = Buffer.from(official.encryptedData, 'base64')
    let readable = 0
    for (let each = 0; each < 10_000; each += 1) {
      const changed = Buffer.from(bytes)
      const at = each % changed.length
      changed.writeUInt8(changed.readUInt8(at) ^ (1 + (each % 255)), at)
      try {
        const data = decryptOpenData({ ...official, encryptedData: changed.toString('base64') })
        // Without a signature a block inside a text may turn into other text.
        expect(data.watermark.appid).toBe(sample.appid)
        readable += 1
      } catch (error) {
        if (!(error instanceof WechatDataError)) throw error
        expect(error.message).toBe(new WechatDataError().message)
      }
    }
    expect(readable).toBe(0)
  })

  test('every other padding of the last block', () => {
    for (let count = 0; count < 256; count += 1) {
      const json = Buffer.from(JSON.stringify({ watermark: watermark(), pad: '' }))
      const exact = 16 - (json.length % 16)
      const padded = Buffer.concat([json, Buffer.alloc(exact, count)])
      const params = encrypt(padded, { pad: false })
      if (count === exact) expect(decryptOpenData(params).watermark).toEqual(watermark())
      else expectUniform(params)
    }
  })

  test('padding of which one byte is off', () => {
    const json = Buffer.from(JSON.stringify({ watermark: watermark() }).padEnd(66, ' '))
    for (let at = 0; at < 13; at += 1) {
      const padding = Buffer.alloc(14, 14)
      padding.writeUInt8(13, at)
      expectUniform(encrypt(Buffer.concat([json, padding]), { pad: false }))
    }
  })

  test.each([
    ['another key', { session_key: 'AAECAwQFBgcICQoLDA0ODw==' }],
    ['another app', { appid: 'wx0000000000000000' }],
    ['another iv', { iv: 'AAECAwQFBgcICQoLDA0ODw==' }],
    ['an iv of 15 bytes', { iv: Buffer.alloc(15).toString('base64') }],
    ['an iv of 17 bytes', { iv: Buffer.alloc(17).toString('base64') }],
    ['an empty iv', { iv: '' }],
    ['nothing', { encryptedData: '' }],
    ['half a block', { encryptedData: official.encryptedData.slice(0, 20) }],
    ['spaces for plusses', { encryptedData: official.encryptedData.replaceAll('+', ' ') }],
    ['a line break', { encryptedData: `${official.encryptedData}\n` }],
    ['no padding of base64', { encryptedData: official.encryptedData.replace(/=+$/, '') }],
    ['the alphabet of URLs', { encryptedData: official.encryptedData.replaceAll('+', '-') }],
    ['stray bits', { iv: `${official.iv.slice(0, 21)}B==` }],
    ['data of long ago', { nowMs: () => madeAtMs + 301_000 }],
    ['data that is yet to come', { nowMs: () => madeAtMs - 61_000 }],
    ['2 MiB', { encryptedData: Buffer.alloc(2_097_152).toString('base64') }],
  ])('%s', (_what, wrong) => {
    expectUniform({ ...official, ...wrong })
  })

  test.each([
    '',
    'null',
    '[]',
    '"text"',
    '{}',
    '{"watermark":null}',
    '{"watermark":[]}',
    JSON.stringify({ watermark: { appid: 'wx1' } }),
    JSON.stringify({ watermark: watermark({ timestamp: String(madeAtMs / 1000) }) }),
    JSON.stringify({ watermark: watermark({ timestamp: null }) }),
    JSON.stringify({ watermark: watermark({ appid: ['wx1'] }) }),
    JSON.stringify({ watermark: watermark({ appid: 'WX1' }) }),
    `${JSON.stringify({ watermark: watermark() })}x`,
    '['.repeat(100_000),
  ])('the well-sealed %.40s', (text) => {
    expectUniform(encrypt(text))
  })

  test('bytes that are not UTF-8, well sealed', () => {
    const json = Buffer.from(JSON.stringify({ name: '#', watermark: watermark() }))
    json.writeUInt8(0xff, json.indexOf('#'))
    expectUniform(encrypt(json))
  })

  test('anything at all in place of the data and the iv', () => {
    const anything = fc.oneof(fc.string(), fc.base64String(), fc.anything())
    fc.assert(
      fc.property(anything, anything, (encryptedData, iv) => {
        expect(() => callWith(decryptOpenData, { ...official, encryptedData, iv })).toThrow(
          WechatDataError,
        )
      }),
      { numRuns: 1000 },
    )
  })

  test('the developer is told of the plus that became a space, in both languages', () => {
    const { fix, meaning } = new WechatDataError()
    expect(fix.en).toContain('+')
    expect(fix.zh).toContain('+')
    expect(meaning.zh).toMatch(/\p{Script=Han}/u)
  })
})

describe('age', () => {
  test('300 seconds are fresh, and so are 60 seconds ahead', () => {
    for (const offsetMs of [300_000, 0, -60_000]) {
      const params = { ...official, nowMs: () => madeAtMs + offsetMs }
      expect(decryptOpenData(params).watermark.timestamp).toBe(madeAtMs / 1000)
    }
  })

  test('another limit is kept to, and Infinity is none', () => {
    const after = (seconds: number) => () => madeAtMs + seconds * 1000
    const limited = { ...official, maxAgeSeconds: 10 }
    expect(() => decryptOpenData({ ...limited, nowMs: after(10) })).not.toThrow()
    expect(() => decryptOpenData({ ...limited, nowMs: after(11) })).toThrow(WechatDataError)
    const unlimited = { ...official, maxAgeSeconds: Infinity, nowMs: after(1e9) }
    expect(() => decryptOpenData(unlimited)).not.toThrow()
  })

  test.each([0, -1, NaN, 31_536_001])('%s seconds are no limit', (maxAgeSeconds) => {
    const error = catchSyncError(WechatInputError, () =>
      decryptOpenData({ ...official, maxAgeSeconds }),
    )
    expect(error.parameter).toBe('maxAgeSeconds')
  })
})

test.each(['', 'AAAA', 'no base64', Buffer.alloc(32).toString('base64')])(
  'the session_key %j is the caller’s own mistake, and not repeated',
  (session_key) => {
    const error = catchSyncError(WechatInputError, () =>
      decryptOpenData({ ...official, session_key }),
    )
    expect(error.parameter).toBe('session_key')
    if (session_key !== '') expect(everythingIn(error)).not.toContain(session_key)
  },
)

describe('against WeChat, emulated', () => {
  test('open data and a phone number of a phone decrypt under the key of its login', async () => {
    const { phone, logIn } = await emulate()
    const { session_key, openid, unionid } = await logIn(bound)
    const info = await phone('getUserInfo', bound.appid)
    const { encryptedData, iv } = info
    const user = decryptOpenData({ appid: bound.appid, session_key, encryptedData, iv })
    expect(user).toMatchObject({ openId: openid, unionId: unionid, nickName: '微信用户' })
    const tapped = await phone('getPhoneNumber', bound.appid)
    const number = decryptOpenData({
      appid: bound.appid,
      session_key,
      encryptedData: tapped.encryptedData,
      iv: tapped.iv,
    })
    expect(number).toMatchObject({ purePhoneNumber: '13800138001', countryCode: '86' })
  })

  test('after wx.login replaced the key, the old one decrypts nothing', async () => {
    const { phone, logIn, control } = await emulate()
    await control('PATCH', `/apps/${bound.appid}`, { session_key_rotation: 'always' })
    const { session_key } = await logIn(bound)
    await logIn(bound)
    const { encryptedData, iv } = await phone('getUserInfo', bound.appid)
    const stale = { appid: bound.appid, session_key, encryptedData, iv }
    expect(() => decryptOpenData(stale)).toThrow(WechatDataError)
  })
})
