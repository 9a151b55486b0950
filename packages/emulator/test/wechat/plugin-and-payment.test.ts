import { describe, expect, test } from 'vitest'
import { startServerApi } from '../server-api.ts'
import type { ServerApi } from '../server-api.ts'
import { liHua, miniProgram, otherMiniProgram, wangFang } from '../start-emulator.ts'
import { textLike } from '../text.ts'

describe('/wxa/getpluginopenpid', () => {
  async function ask(api: ServerApi, code: unknown, app = miniProgram) {
    const query = { access_token: await api.tokenText(app) }
    return api.postJson('/wxa/getpluginopenpid', query, { code })
  }
  const login = async (api: ServerApi, more: object = {}) =>
    String((await api.wx('pluginLogin', more)).code)

  test('answers an openpid to a code of wx.pluginLogin, once', async () => {
    const api = await startServerApi()
    const result = await api.wx('pluginLogin')
    expect(result).toEqual({ code: textLike(/^[0-9a-f]{64}$/), errMsg: 'pluginLogin:ok' })
    expect(await ask(api, result.code)).toEqual({
      errcode: 0,
      errmsg: 'ok',
      openpid: textLike(/^[\w-]{28}$/),
    })
    expect(await ask(api, result.code)).toMatchObject({
      errcode: 1007,
      errmsg: textLike(/^get no data rid: /),
    })
  })

  test('answers another openpid for each person, mini program and plugin, and the same one again', async () => {
    const api = await startServerApi()
    const openpids: unknown[] = []
    for (const person of [liHua.id, wangFang.id, liHua.id]) {
      for (const appid of [miniProgram.appid, otherMiniProgram.appid]) {
        for (const plugin of [miniProgram, otherMiniProgram]) {
          const code = await login(api, { appid, person, plugin: plugin.appid })
          openpids.push((await ask(api, code, plugin)).openpid)
        }
      }
    }
    expect(new Set(openpids.slice(0, 8)).size).toBe(8)
    expect(openpids.slice(8)).toEqual(openpids.slice(0, 4))
  })

  test('answers 1007 to a login code, a phone code and one of 300 seconds', async () => {
    const api = await startServerApi()
    const [late, phone] = [await login(api), (await api.wx('getPhoneNumber')).code]
    expect(await ask(api, await api.login())).toMatchObject({ errcode: 1007 })
    expect(await ask(api, phone)).toMatchObject({ errcode: 1007 })
    await api.advance(300)
    expect(await ask(api, late)).toMatchObject({ errcode: 1007 })
  })

  test("answers 1005 to another plugin's code, which stays good, and 1001 to none", async () => {
    const api = await startServerApi()
    const code = await login(api)
    expect(await ask(api, code, otherMiniProgram)).toMatchObject({ errcode: 1005 })
    for (const none of [undefined, '', 1]) {
      expect(await ask(api, none)).toMatchObject({ errcode: 1001 })
    }
    expect(await ask(api, code)).toMatchObject({ errcode: 0 })
  })

  test('answers 1003 beyond the quota of a minute and 45009 beyond that of a day', async () => {
    const api = await startServerApi()
    const code = await login(api)
    await api.switch({ quota: { getpluginopenpid_per_minute: 0 } })
    expect(await ask(api, code)).toMatchObject({ errcode: 1003 })
    await api.switch({ quota: { getpluginopenpid_per_day: 0 } })
    expect(await ask(api, code)).toMatchObject({ errcode: 45009 })
    await api.switch({ quota: null })
    expect(await ask(api, code)).toMatchObject({ errcode: 0 })
  })
})

describe('/wxa/getpaidunionid', () => {
  async function ask(api: ServerApi, query: Record<string, unknown>, app = miniProgram) {
    const texts: Record<string, string> = { access_token: await api.tokenText(app) }
    for (const [name, value] of Object.entries(query)) texts[name] = String(value)
    return api.get('/wxa/getpaidunionid', texts)
  }

  test("answers the payer's unionid, by either number of the payment, for 5 minutes", async () => {
    const api = await startServerApi()
    const { openid } = await api.session()
    const { unionid } = await api.exchange(await api.login())
    const { transaction_id, mch_id, out_trade_no, errMsg } = await api.wx('pay')
    expect([transaction_id, errMsg]).toEqual([textLike(/^\d{28}$/), 'requestPayment:ok'])
    await api.advance(299)
    for (const numbers of [{ transaction_id }, { mch_id, out_trade_no }]) {
      expect(await ask(api, { openid, ...numbers })).toEqual({ errcode: 0, errmsg: 'ok', unionid })
    }
    await api.advance(1)
    expect(await ask(api, { openid, transaction_id })).toMatchObject({ errcode: 89300 })
  })

  test('answers 89300 to no payment, a strange one, half its number, and one of another person or app', async () => {
    const api = await startServerApi()
    const { openid } = await api.session()
    const theirs = await api.session(miniProgram, wangFang.id)
    const elsewhere = await api.session(otherMiniProgram)
    const { transaction_id, mch_id } = await api.wx('pay')
    expect(await ask(api, { openid })).toMatchObject({ errcode: 89300 })
    expect(await ask(api, { openid, transaction_id: 'x' })).toMatchObject({ errcode: 89300 })
    expect(await ask(api, { openid, mch_id })).toMatchObject({ errcode: 89300 })
    expect(await ask(api, { openid: theirs.openid, transaction_id })).toMatchObject({
      errcode: 89300,
    })
    await api.switch({ open_platform: 'another' }, otherMiniProgram.appid)
    const foreign = { openid: elsewhere.openid, transaction_id }
    expect(await ask(api, foreign, otherMiniProgram)).toMatchObject({ errcode: 89300 })
  })

  test('answers 40003 to a strange openid and 89002 outside any Open Platform account', async () => {
    const api = await startServerApi()
    expect(await ask(api, { transaction_id: 'x' })).toMatchObject({ errcode: 40003 })
    const { openid } = await api.session(otherMiniProgram)
    const { transaction_id } = await api.wx('pay', { appid: otherMiniProgram.appid })
    expect(await ask(api, { openid, transaction_id }, otherMiniProgram)).toMatchObject({
      errcode: 89002,
    })
  })

  test('takes payments with numbers of the test, each number once', async () => {
    const api = await startServerApi()
    const numbers = { transaction_id: '42000001', mch_id: '19000001', out_trade_no: 'order-1' }
    expect(await api.wx('pay', numbers)).toEqual({ ...numbers, errMsg: 'requestPayment:ok' })
    const where = { appid: miniProgram.appid, person: liHua.id }
    for (const again of [{ transaction_id: '42000001' }, { ...numbers, transaction_id: '2' }]) {
      const { status, body } = await api.control('POST', 'wx/pay', { ...where, ...again })
      expect([status, body.error]).toMatchObject([409, { code: 'payment_exists' }])
    }
    const { status } = await api.control('POST', 'wx/pay', { ...where, out_trade_no: 'a b' })
    expect(status).toBe(400)
  })
})
