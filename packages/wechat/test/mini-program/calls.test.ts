import { seedWorld } from '@kaimen/emulator'
import { describe, expect, test } from 'vitest'
import {
  checkEncryptedMessage,
  checkSessionKey,
  code2Session,
  getOpenData,
  getPaidUnionId,
  getPhoneNumber,
  getPluginOpenPId,
  getUnlimitedQRCode,
  getUserEncryptKey,
  resetUserSessionKey,
  toE164,
  WechatError,
  WechatInputError,
} from '../../src/index.ts'
import { everythingIn } from '../support/canary.ts'
import { catchError } from '../support/catch-error.ts'
import { bound, emulate, unbound } from '../support/emulate.ts'
import { connect, serve } from '../support/serve.ts'
import { vectors } from '../support/vectors.ts'

const [, , abroad] = seedWorld.people

describe('session keys', () => {
  test('the key of a login is good, that of another user is not', async () => {
    const { wechat, logIn, token } = await emulate()
    const access_token = await token(bound)
    const { openid, session_key } = await logIn(bound)
    const other = await logIn(bound, abroad.id)
    expect(await checkSessionKey(wechat, { access_token, openid, session_key })).toBe(true)
    const swapped = { access_token, openid, session_key: other.session_key }
    expect(await checkSessionKey(wechat, swapped)).toBe(false)
  })

  test('a key that was reset is dead, and the new one good', async () => {
    const { wechat, logIn, token } = await emulate()
    const access_token = await token(bound)
    const { openid, session_key } = await logIn(bound)
    const fresh = await resetUserSessionKey(wechat, { access_token, openid, session_key })
    expect(fresh.openid).toBe(openid)
    expect(String(fresh.session_key)).toBe('[secret]')
    expect(await checkSessionKey(wechat, { access_token, openid, session_key })).toBe(false)
    const params = { access_token, openid, session_key: fresh.session_key }
    expect(await checkSessionKey(wechat, params)).toBe(true)
  })

  test('an openid of another app is 40003, not a stale key', async () => {
    const { wechat, logIn, token } = await emulate()
    const { openid, session_key } = await logIn(unbound)
    const params = { access_token: await token(bound), openid, session_key }
    const error = await catchError(WechatError, checkSessionKey(wechat, params))
    expect(error.errcode).toBe(40003)
  })
})

describe('getPhoneNumber', () => {
  test('gives the number, whose E.164 keeps the country', async () => {
    const { wechat, phone, logIn, token } = await emulate()
    const access_token = await token(bound)
    const { openid } = await logIn(bound)
    const { code } = await phone('getPhoneNumber', bound.appid)
    const number = await getPhoneNumber(wechat, { access_token, code, openid })
    expect(number).toMatchObject({
      phoneNumber: '13800138001',
      purePhoneNumber: '13800138001',
      countryCode: '86',
      watermark: { appid: bound.appid },
    })
    expect(toE164(number)).toBe('+8613800138001')
  })

  test.each(['string', 'number'])('takes a country code that is a %s', async (type) => {
    const { wechat, phone, token, control } = await emulate()
    await control('PATCH', `/apps/${bound.appid}`, { country_code_type: type })
    const { code } = await phone('getPhoneNumber', bound.appid, { person: abroad.id })
    const number = await getPhoneNumber(wechat, { access_token: await token(bound), code })
    expect(number.countryCode).toBe('1')
    expect(number.purePhoneNumber).toBe('2025550143')
    expect(toE164(number)).toBe('+12025550143')
  })

  test('the code of another user than openid is refused', async () => {
    const { wechat, phone, logIn, token } = await emulate()
    const access_token = await token(bound)
    const { openid } = await logIn(bound)
    const { code } = await phone('getPhoneNumber', bound.appid, { person: abroad.id })
    const error = await catchError(
      WechatError,
      getPhoneNumber(wechat, { access_token, code, openid }),
    )
    expect(error).toMatchObject({ errcode: 40029, fault: 'user' })
    expect(everythingIn(error)).not.toContain(code)
  })

  test('a code of wx.login in its place is 40029, and called by its name', async () => {
    const { wechat, login, token } = await emulate()
    const code = await login(bound.appid)
    const params = { access_token: await token(bound), code }
    const error = await catchError(WechatError, getPhoneNumber(wechat, params))
    expect(error).toMatchObject({ errcode: 40029, fault: 'caller' })
    expect(error.message).toContain('wx.login')
    expect(error.meaning.zh).toContain('wx.login')
    expect(everythingIn(error)).not.toContain(code)
  })

  test('a phone code in place of one of wx.login is 40029, and called by its name', async () => {
    const { wechat, phone } = await emulate()
    const { code } = await phone('getPhoneNumber', bound.appid)
    const error = await catchError(WechatError, code2Session(wechat, { ...bound, js_code: code }))
    expect(error).toMatchObject({ errcode: 40029, fault: 'caller' })
    expect(error.message).toContain('phone-number code')
    expect(everythingIn(error)).not.toContain(code)
  })

  test('a code is good once', async () => {
    const { wechat, phone, token } = await emulate()
    const access_token = await token(bound)
    const { code } = await phone('getPhoneNumber', bound.appid)
    await getPhoneNumber(wechat, { access_token, code })
    const error = await catchError(WechatError, getPhoneNumber(wechat, { access_token, code }))
    expect(error).toMatchObject({ errcode: 40029, fault: 'user' })
  })
})

describe('encrypted data', () => {
  test.each(['text', 'bytes'] as const)('that WeChat made is valid by its %s', async (hashOf) => {
    const { wechat, phone, logIn, token } = await emulate()
    const access_token = await token(bound)
    await logIn(bound)
    const { encryptedData } = await phone('getPhoneNumber', bound.appid)
    const reply = await checkEncryptedMessage(wechat, { access_token, encryptedData, hashOf })
    expect(reply.valid).toBe(true)
    expect(reply.create_time).toBeGreaterThan(1_600_000_000)
  })

  test.each([
    ['text', vectors.madeHere.phone.sha256_of_base64_text],
    ['bytes', vectors.madeHere.phone.sha256_of_bytes],
  ] as const)('is asked for by the SHA-256 of its %s', async (hashOf, hash) => {
    let body = ''
    const baseUrl = await serve((request, response) => {
      request.on('data', (chunk) => {
        body += String(chunk)
      })
      request.on('end', () => response.end('{"errcode":0,"vaild":false,"create_time":0}'))
    })
    const { encryptedData } = vectors.madeHere.phone
    const params = { access_token: 't', encryptedData, hashOf }
    const reply = await checkEncryptedMessage(connect(baseUrl), params)
    expect(reply).toEqual({ valid: false, create_time: 0 })
    expect(JSON.parse(body)).toEqual({ encrypted_msg_hash: hash })
  })

  test('that nobody made is errcode 1', async () => {
    const { wechat, token } = await emulate()
    const params = { access_token: await token(bound), encryptedData: 'AAAA' }
    const error = await catchError(WechatError, checkEncryptedMessage(wechat, params))
    expect(error).toMatchObject({ errcode: 1, fault: 'user' })
    expect(error.message).toContain('does not know this encrypted data')
  })

  test.each(['string', 'object'])('behind a cloudID comes as %s too', async (type) => {
    const { wechat, phone, logIn, token, control } = await emulate()
    await control('PATCH', `/apps/${bound.appid}`, { open_data_json_type: type })
    const { openid } = await logIn(bound)
    const { cloudID } = await phone('getPhoneNumber', bound.appid)
    const params = { access_token: await token(bound), openid, cloudid_list: [cloudID, 'none'] }
    const [good, unknown] = await getOpenData(wechat, params)
    expect(good).toMatchObject({
      cloud_id: cloudID,
      data: { purePhoneNumber: '13800138001', watermark: { appid: bound.appid } },
    })
    expect(unknown).toEqual({ cloud_id: 'none', errCode: -601006 })
  })
})

test('the keys that are shared with a phone are the ones it has', async () => {
  const { wechat, phone, logIn, token } = await emulate()
  const access_token = await token(bound)
  const { openid, session_key } = await logIn(bound)
  const { encryptKey } = await phone('getLatestUserKey', bound.appid)
  const params = { access_token, openid, session_key }
  const { key_info_list } = await getUserEncryptKey(wechat, params)
  expect(key_info_list.map(({ encrypt_key }) => encrypt_key.reveal())).toContain(encryptKey)
  expect(everythingIn(key_info_list)).not.toContain(encryptKey)
})

test('the code of wx.pluginLogin gives an openpid; one of wx.login is errcode 1007', async () => {
  const { wechat, phone, login, token } = await emulate()
  const access_token = await token(bound)
  const { code } = await phone('pluginLogin', bound.appid)
  const { openpid } = await getPluginOpenPId(wechat, { access_token, code })
  expect(openpid).toMatch(/^[\w-]{28}$/)
  const wrong = { access_token, code: await login(bound.appid) }
  const error = await catchError(WechatError, getPluginOpenPId(wechat, wrong))
  expect(error).toMatchObject({ errcode: 1007, fault: 'user' })
})

test('who has paid has a unionid, by either number; who has not is 89300', async () => {
  const { wechat, phone, logIn, token } = await emulate()
  const access_token = await token(bound)
  const { openid, unionid } = await logIn(bound)
  const mine = { mch_id: '1900000109', out_trade_no: 'order-1' }
  const { transaction_id } = await phone('pay', bound.appid, mine)
  expect(await getPaidUnionId(wechat, { access_token, openid, transaction_id })).toEqual({
    unionid,
  })
  expect(await getPaidUnionId(wechat, { access_token, openid, ...mine })).toEqual({ unionid })
  const none = { access_token, openid, transaction_id: 'none' }
  const error = await catchError(WechatError, getPaidUnionId(wechat, none))
  expect(error).toMatchObject({ errcode: 89300, fault: 'user' })
})

describe('getUnlimitedQRCode', () => {
  test.each([
    [false, 'image/jpeg'],
    [true, 'image/png'],
  ])('transparent %s is a picture of %s that a phone can scan', async (is_hyaline, type) => {
    const { wechat, token, control } = await emulate()
    const picture = await getUnlimitedQRCode(wechat, {
      access_token: await token(bound),
      scene: "a9!#$&'()*+,/:;=?@-._~",
      page: 'pages/login/login',
      check_path: false,
      width: 430,
      is_hyaline,
    })
    expect(picture.type).toBe(type)
    const image = Buffer.from(picture.bytes).toString('base64')
    const person = abroad.id
    expect(await control('POST', '/scan', { image, person })).toEqual({
      appid: bound.appid,
      page: 'pages/login/login',
      scene: "a9!#$&'()*+,/:;=?@-._~",
    })
  })

  test('a page that is not released is 41030', async () => {
    const { wechat, token, control } = await emulate()
    await control('PATCH', `/apps/${bound.appid}`, { released_pages: ['pages/index/index'] })
    const params = { access_token: await token(bound), scene: 'a', page: 'pages/none/none' }
    const error = await catchError(WechatError, getUnlimitedQRCode(wechat, params))
    expect(error).toMatchObject({ errcode: 41030, fault: 'operator' })
  })

  test.each([
    ['scene', { scene: '' }],
    ['scene', { scene: 'x'.repeat(33) }],
    ['scene', { scene: 'a%20b' }],
    ['scene', { scene: 'a b' }],
    ['scene', { scene: '登录' }],
    ['page', { page: '/pages/login/login' }],
    ['page', { page: 'pages/login/login?a=1' }],
    ['page', { page: '' }],
    ['width', { width: 279 }],
    ['width', { width: 1281 }],
    ['width', { width: 430.5 }],
    ['line_color', { line_color: { r: 256, g: 0, b: 0 } }],
    ['access_token', { access_token: '' }],
  ])('a wrong %s, as in %j, causes no call', async (parameter, wrong) => {
    const { wechat, countCalls } = await emulate()
    const error = await catchError(
      WechatInputError,
      getUnlimitedQRCode(wechat, { access_token: 't', scene: 'a', ...wrong }),
    )
    expect(error.parameter).toBe(parameter)
    expect(await countCalls('/wxa/getwxacodeunlimit')).toBe(0)
  })
})
