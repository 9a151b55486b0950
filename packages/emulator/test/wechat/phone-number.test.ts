import { describe, expect, test } from 'vitest'
import { startServerApi } from '../server-api.ts'
import type { ServerApi } from '../server-api.ts'
import {
  chenMei,
  liHua,
  miniProgram,
  otherMiniProgram,
  startMs,
  wangFang,
  website,
} from '../start-emulator.ts'
import { textLike, textWith } from '../text.ts'

async function tap(api: ServerApi, more: object = {}) {
  return String((await api.wx('getPhoneNumber', more)).code)
}

async function exchange(api: ServerApi, body: unknown, app = miniProgram) {
  const query = { access_token: await api.tokenText(app) }
  return api.postJson('/wxa/business/getuserphonenumber', query, body)
}

describe('a phone code', () => {
  test('is 64 hexadecimal digits and stands for the number, with a watermark of the app and the time', async () => {
    const api = await startServerApi()
    const code = await tap(api)
    expect(code).toMatch(/^[0-9a-f]{64}$/)
    await api.advance(60)
    expect(await exchange(api, { code })).toEqual({
      errcode: 0,
      errmsg: 'ok',
      phone_info: {
        phoneNumber: '13800138001',
        purePhoneNumber: '13800138001',
        countryCode: '86',
        watermark: { timestamp: startMs / 1000 + 60, appid: miniProgram.appid },
      },
    })
  })

  test('stands for a number from abroad with its country code before it', async () => {
    const api = await startServerApi()
    const code = await tap(api, { person: chenMei.id })
    expect((await exchange(api, { code })).phone_info).toMatchObject({
      phoneNumber: '+12025550143',
      purePhoneNumber: '2025550143',
      countryCode: '1',
    })
  })

  test('needs no login, and comes from the realtime button too', async () => {
    const api = await startServerApi()
    const reply = await api.wx('getPhoneNumber', { realtime: true })
    expect(reply).toEqual({
      code: textLike(/^[0-9a-f]{64}$/),
      errMsg: 'getRealtimePhoneNumber:ok',
    })
    expect(await exchange(api, { code: reply.code })).toMatchObject({ errcode: 0 })
  })

  test('is good once, and 40029 afterwards, with a hint and a rid', async () => {
    const api = await startServerApi()
    const code = await tap(api)
    await exchange(api, { code })
    expect(await exchange(api, { code })).toMatchObject({
      errcode: 40029,
      errmsg: textLike(/^invalid code hint: \[[\w-]+\] rid: [0-9a-f-]{26}$/),
    })
  })

  test('succeeds once when it is exchanged 20 times at once', async () => {
    const api = await startServerApi()
    const code = await tap(api)
    const query = { access_token: await api.tokenText() }
    const replies = await Promise.all(
      Array.from({ length: 20 }, () =>
        api.postJson('/wxa/business/getuserphonenumber', query, { code }),
      ),
    )
    expect(replies.filter((reply) => reply.errcode === 0)).toHaveLength(1)
  })

  test('is good at 299 seconds and not at 300', async () => {
    const api = await startServerApi()
    const [code, late] = [await tap(api), await tap(api)]
    await api.advance(299)
    expect(await exchange(api, { code })).toMatchObject({ errcode: 0 })
    await api.advance(1)
    expect(await exchange(api, { code: late })).toMatchObject({ errcode: 40029 })
  })

  test('is good for its own app only, and a try by another app does not spend it', async () => {
    const api = await startServerApi()
    const code = await tap(api)
    expect(await exchange(api, { code }, otherMiniProgram)).toMatchObject({ errcode: 40029 })
    expect(await exchange(api, { code })).toMatchObject({ errcode: 0 })
  })

  test('is good with the openid of its person, and 40029 with another, which does not spend it', async () => {
    const api = await startServerApi()
    const mine = await api.session()
    const theirs = await api.session(miniProgram, wangFang.id)
    const code = await tap(api)
    expect(await exchange(api, { code, openid: theirs.openid })).toMatchObject({ errcode: 40029 })
    await api.switch({ phone_openid_mismatch_errcode: 40003 })
    expect(await exchange(api, { code, openid: theirs.openid })).toMatchObject({ errcode: 40003 })
    expect(await exchange(api, { code, openid: mine.openid })).toMatchObject({ errcode: 0 })
  })

  test('is no login code, and a login code is no phone code: both answer 40029', async () => {
    const api = await startServerApi()
    const [login, phone] = [await api.login(), await tap(api)]
    expect(await exchange(api, { code: login })).toMatchObject({ errcode: 40029 })
    expect(await api.exchange(phone)).toMatchObject({ errcode: 40029 })
    expect(await api.exchange(login)).toHaveProperty('openid')
    expect(await exchange(api, { code: phone })).toMatchObject({ errcode: 0 })
  })

  test.each([
    ['no code', {}, 40029],
    ['an empty code', { code: '' }, 40029],
    ['stray quotes', { code: '"0000"' }, 40029],
    ['a name of Object.prototype', { code: '__proto__' }, 40029],
    ['a code that is a number', { code: 1 }, 47001],
    ['a code that is null', { code: null }, 47001],
    ['an openid that is a list', { code: 'x', openid: [] }, 47001],
  ])('is not %s', async (_, body, errcode) => {
    const api = await startServerApi()
    expect(await exchange(api, body)).toMatchObject({ errcode })
  })
})

describe('the switches of phone numbers', () => {
  test('country_code_type "number" answers countryCode as the page\'s sample does', async () => {
    const api = await startServerApi()
    await api.switch({ country_code_type: 'number' })
    const { phone_info } = await exchange(api, { code: await tap(api) })
    expect(phone_info).toMatchObject({ countryCode: 86 })
  })

  test('personal_account gives no code, and answers 48001 to one', async () => {
    const api = await startServerApi()
    const code = await tap(api)
    await api.switch({ personal_account: true })
    expect(await api.wx('getPhoneNumber')).toEqual({
      errMsg: 'getPhoneNumber:fail no permission',
      errno: 102,
    })
    expect(await exchange(api, { code })).toMatchObject({
      errcode: 48001,
      errmsg: textWith('api unauthorized'),
    })
  })

  test('phone_denied is a person who refuses, by either button', async () => {
    const api = await startServerApi()
    await api.switch({ phone_denied: [liHua.id] })
    expect(await api.wx('getPhoneNumber')).toEqual({
      errMsg: 'getPhoneNumber:fail user deny',
      errno: 103,
    })
    expect(await api.wx('getPhoneNumber', { realtime: true })).toMatchObject({
      errMsg: 'getRealtimePhoneNumber:fail user deny',
    })
    expect(await api.wx('getPhoneNumber', { person: wangFang.id })).toHaveProperty('code')
    await api.switch({ phone_denied: true })
    expect(await api.wx('getPhoneNumber', { person: wangFang.id })).not.toHaveProperty('code')
  })

  test('phone_blocked is a person whom WeChat holds for a risk', async () => {
    const api = await startServerApi()
    await api.switch({ phone_blocked: true })
    expect(await api.wx('getPhoneNumber')).toMatchObject({ errno: 1421102 })
  })

  test('phone_quota counts what is paid for, exchanged or not, and then answers errno 1400001', async () => {
    const api = await startServerApi()
    await api.switch({ phone_quota: 2, phone_denied: [wangFang.id] })
    await api.wx('getPhoneNumber', { person: wangFang.id })
    await tap(api)
    expect(await api.switch({})).toMatchObject({ phone_quota: 1 })
    await api.wx('getPhoneNumber', { realtime: true })
    expect(await api.wx('getPhoneNumber')).toEqual({
      errMsg: 'getPhoneNumber:fail no quota',
      errno: 1400001,
    })
  })

  test('quota answers 45011 until the next minute of the clock, and the code stays good', async () => {
    const api = await startServerApi()
    await api.switch({ quota: { getuserphonenumber_per_minute: 1 } })
    await exchange(api, { code: await tap(api) })
    const code = await tap(api)
    expect(await exchange(api, { code })).toMatchObject({ errcode: 45011 })
    await api.advance(60)
    expect(await exchange(api, { code })).toMatchObject({ errcode: 0 })
  })
})

test('a person without a number gets no code', async () => {
  const api = await startServerApi()
  const { id } = await api.post('people', { phone: null })
  expect(await api.wx('getPhoneNumber', { person: id })).toEqual({
    errMsg: 'getPhoneNumber:fail 用户未绑定手机，请先在微信客户端进行绑定后重试',
  })
})

test.each(['getPhoneNumber', 'getUserInfo', 'getLatestUserKey', 'pluginLogin', 'pay'])(
  'wx.%s exists in mini programs alone, and says what it takes',
  async (name) => {
    const api = await startServerApi()
    const where = { appid: website.appid, person: liHua.id }
    const refused = await api.control('POST', `wx/${name}`, where)
    expect([refused.status, refused.body.error]).toMatchObject([
      400,
      { code: 'not_a_mini_program' },
    ])
    const unknown = await api.control('POST', `wx/${name}`, { ...where, nonsense: 1 })
    expect(unknown.body.error).toMatchObject({ code: 'field_unknown', fix: textWith('appid') })
    const nobody = await api.control('POST', `wx/${name}`, {
      appid: miniProgram.appid,
      person: 'nobody',
    })
    expect(nobody.status).toBe(404)
  },
)

test('realtime is true or false', async () => {
  const api = await startServerApi()
  const where = { appid: miniProgram.appid, person: liHua.id, realtime: 'yes' }
  expect((await api.control('POST', 'wx/getPhoneNumber', where)).body.error).toMatchObject({
    code: 'field_invalid',
    fix: textWith('true or false'),
  })
})
