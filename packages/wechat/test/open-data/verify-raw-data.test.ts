import { describe, expect, test } from 'vitest'
import { verifyRawData, WechatDataError, WechatInputError } from '../../src/index.ts'
import { callWith } from '../support/call-with.ts'
import { catchSyncError } from '../support/catch-error.ts'
import { bound, emulate } from '../support/emulate.ts'
import { vectors } from '../support/vectors.ts'

const official = vectors.rawDataSignature

test('the sample of WeChat’s page is good: the key is text there', () => {
  expect(() => verifyRawData(official)).not.toThrow()
})

describe('one error for', () => {
  const { rawData, signature, session_key } = official
  test.each([
    ['a changed character', { rawData: rawData.replace('Band', 'Bank'), signature, session_key }],
    ['JSON written anew', { rawData: `${rawData} `, signature, session_key }],
    ['another key', { rawData, signature, session_key: vectors.encryptedData.session_key }],
    ['another signature', { rawData, signature: '0'.repeat(40), session_key }],
    ['a part of the signature', { rawData, signature: signature.slice(0, 39), session_key }],
    ['upper case', { rawData, signature: signature.toUpperCase(), session_key }],
    ['no signature', { rawData, signature: '', session_key }],
  ])('%s', (_what, params) => {
    const error = catchSyncError(WechatDataError, () => verifyRawData(params))
    expect(error).toEqual(new WechatDataError())
  })

  test('what is no text at all', () => {
    for (const wrong of [undefined, null, 5, {}, ['a']]) {
      const as = { ...official, signature: wrong }
      expect(() => callWith(verifyRawData, as)).toThrow(WechatDataError)
      const body = { ...official, rawData: wrong }
      expect(() => callWith(verifyRawData, body)).toThrow(WechatDataError)
    }
  })
})

test('an empty session_key is the caller’s own mistake', () => {
  const error = catchSyncError(WechatInputError, () =>
    verifyRawData({ ...official, session_key: '' }),
  )
  expect(error.parameter).toBe('session_key')
})

test('what wx.getUserInfo gives is good under the key of the login before it, and no other', async () => {
  const { phone, logIn } = await emulate()
  const { session_key } = await logIn(bound)
  const { rawData, signature } = await phone('getUserInfo', bound.appid)
  expect(() => verifyRawData({ rawData, signature, session_key })).not.toThrow()
  const other = 'AAECAwQFBgcICQoLDA0ODw=='
  expect(() => verifyRawData({ rawData, signature, session_key: other })).toThrow(WechatDataError)
})
