import { describe, expect, test } from 'vitest'
import {
  decrypt,
  listOf,
  randomBeginningWith,
  sha256,
  signRawData,
  startServerApi,
} from '../server-api.ts'
import type { ServerApi } from '../server-api.ts'
import {
  liHua,
  miniProgram,
  otherMiniProgram,
  readObject,
  startMs,
  wangFang,
} from '../start-emulator.ts'
import { textLike } from '../text.ts'
import { vectors } from '../vectors.ts'

async function checkHash(api: ServerApi, encrypted_msg_hash: unknown, app = miniProgram) {
  const query = { access_token: await api.tokenText(app) }
  return api.postJson('/wxa/business/checkencryptedmsg', query, { encrypted_msg_hash })
}

describe('the official vectors', () => {
  test('of rawData and of encryptedData are what these tests compute', () => {
    const { rawData, session_key, signature } = vectors.rawDataSignature
    expect(signRawData(rawData, session_key)).toBe(signature)
    const sealed = vectors.encryptedData
    expect(decrypt(sealed, sealed.session_key)).toMatchObject({
      openId: sealed.openId,
      watermark: { timestamp: sealed.timestamp, appid: sealed.appid },
    })
  })

  test('of a phone number is what the emulator encrypts, to the byte', async () => {
    const vector = vectors.phone
    const random = randomBeginningWith(
      Buffer.from(vector.session_key, 'base64'),
      Buffer.from(vector.iv, 'base64'),
    )
    const api = await startServerApi({ random, now: () => vector.timestamp * 1000 })
    const app = await api.post('apps', { kind: 'mini_program', appid: vector.appid })
    const { id } = await api.post('people', { phone: vector.number })
    const who = { appid: vector.appid, person: String(id) }
    await api.login(who.appid, who.person)
    const { encryptedData, iv } = await api.wx('getPhoneNumber', who)
    expect([encryptedData, iv]).toEqual([vector.encryptedData, vector.iv])
    const own = { appid: vector.appid, secret: String(app.secret) }
    const query = { access_token: await api.tokenText(own) }
    for (const encrypted_msg_hash of [vector.sha256OfText, vector.sha256OfBytes]) {
      const path = '/wxa/business/checkencryptedmsg'
      expect(await api.postJson(path, query, { encrypted_msg_hash })).toEqual({
        errcode: 0,
        errmsg: 'ok',
        vaild: true,
        create_time: vector.timestamp,
      })
    }
  })
})

describe('wx.getUserInfo', () => {
  test('answers nobody in particular, signed and sealed with the session_key', async () => {
    const api = await startServerApi()
    const session = await api.session()
    const result = await api.wx('getUserInfo')
    expect(result).toMatchObject({
      errMsg: 'getUserInfo:ok',
      userInfo: {
        nickName: '微信用户',
        gender: 0,
        language: 'zh_CN',
        city: '',
        province: '',
        country: '',
        avatarUrl: textLike(/^https:\/\//),
      },
    })
    expect(readObject(String(result.rawData))).toEqual(result.userInfo)
    expect(result.signature).toBe(signRawData(result.rawData, session.session_key))
    const { unionid } = await api.exchange(await api.login())
    expect(decrypt(result, session.session_key)).toEqual({
      openId: session.openid,
      ...readObject(String(result.rawData)),
      unionId: unionid,
      watermark: { timestamp: startMs / 1000, appid: miniProgram.appid },
    })
  })

  test('seals no unionId outside any Open Platform account', async () => {
    const api = await startServerApi()
    const session = await api.session(otherMiniProgram)
    const result = await api.wx('getUserInfo', { appid: otherMiniProgram.appid })
    expect(decrypt(result, session.session_key)).not.toHaveProperty('unionId')
  })

  test('answers who somebody is with real_profile, as before 2021', async () => {
    const api = await startServerApi()
    await api.switch({ real_profile: true })
    const { userInfo } = await api.wx('getUserInfo')
    expect(userInfo).toMatchObject({ nickName: liHua.nickname, gender: 1, city: 'Guangzhou' })
  })

  test('seals under the key of the latest login, which an older key does not open', async () => {
    const api = await startServerApi()
    await api.switch({ session_key_rotation: 'always' })
    const older = await api.session()
    const newer = await api.session()
    const result = await api.wx('getUserInfo')
    expect(decrypt(result, newer.session_key)).toHaveProperty('openId')
    expect(() => decrypt(result, older.session_key)).toThrow(/bad decrypt|JSON/)
    expect(result.signature).not.toBe(signRawData(result.rawData, older.session_key))
  })

  test('seals with a key that nobody has when nobody is logged in, or no more', async () => {
    const api = await startServerApi()
    const before = await api.wx('getUserInfo')
    const session = await api.session()
    expect(() => decrypt(before, session.session_key)).toThrow(/bad decrypt|JSON/)
    await api.advance(259_200)
    const after = await api.wx('getUserInfo')
    expect(after.signature).not.toBe(signRawData(after.rawData, session.session_key))
    expect(await api.checkSession()).toMatch(/^checkSession:fail/)
  })
})

describe('wx.getPhoneNumber', () => {
  test('seals the number too, under the session_key', async () => {
    const api = await startServerApi()
    const session = await api.session()
    const result = await api.wx('getPhoneNumber')
    expect(result).toMatchObject({ errMsg: 'getPhoneNumber:ok', cloudID: textLike(/^\d+_[\w-]+$/) })
    expect(decrypt(result, session.session_key)).toEqual({
      phoneNumber: '13800138001',
      purePhoneNumber: '13800138001',
      countryCode: '86',
      watermark: { timestamp: startMs / 1000, appid: miniProgram.appid },
    })
  })
})

describe('/wxa/business/checkencryptedmsg', () => {
  test('knows phone data by the hash of its text and of its bytes, for 3 days', async () => {
    const api = await startServerApi()
    const text = String((await api.wx('getPhoneNumber')).encryptedData)
    await api.advance(259_199)
    for (const hash of [sha256(text), sha256(Buffer.from(text, 'base64'))]) {
      expect(await checkHash(api, hash)).toEqual({
        errcode: 0,
        errmsg: 'ok',
        vaild: true,
        create_time: startMs / 1000,
      })
    }
    await api.advance(1)
    expect(await checkHash(api, sha256(text))).toMatchObject({
      errcode: 1,
      errmsg: textLike(/^data not exit hint: /),
    })
  })

  test('knows neither the data of another app, nor of getUserInfo, nor of a stranger', async () => {
    const api = await startServerApi()
    const phone = String((await api.wx('getPhoneNumber')).encryptedData)
    expect(await checkHash(api, sha256(phone), otherMiniProgram)).toMatchObject({ errcode: 1 })
    const info = String((await api.wx('getUserInfo')).encryptedData)
    expect(await checkHash(api, sha256(info))).toMatchObject({ errcode: 1 })
    expect(await checkHash(api, sha256('stranger'))).toMatchObject({ errcode: 1 })
  })

  test('answers 40097 to what is no hash', async () => {
    const api = await startServerApi()
    for (const hash of [undefined, '', 'x', 1, null, 'f'.repeat(63)]) {
      expect(await checkHash(api, hash)).toMatchObject({ errcode: 40097 })
    }
  })
})

describe('/wxa/getopendata', () => {
  async function open(api: ServerApi, cloudid_list: unknown, query: Record<string, string> = {}) {
    const access_token = await api.tokenText()
    return api.postJson('/wxa/getopendata', { access_token, ...query }, { cloudid_list })
  }

  test('answers what the cloudIDs of a phone stand for, as text', async () => {
    const api = await startServerApi()
    const session = await api.session()
    const phone = await api.wx('getPhoneNumber')
    const info = await api.wx('getUserInfo')
    const ids = [phone.cloudID, info.cloudID]
    const reply = await open(api, ids, { openid: session.openid })
    expect(reply).toMatchObject({ errcode: 0, errmsg: 'ok' })
    const list = listOf(reply.data_list)
    expect(list.map((each) => each.cloud_id)).toEqual(ids)
    expect(list.map((each) => readObject(String(each.json)))).toEqual([
      { cloudID: phone.cloudID, data: decrypt(phone, session.session_key) },
      { cloudID: info.cloudID, data: decrypt(info, session.session_key) },
    ])
  })

  test('answers an object with open_data_json_type, as the page shows it', async () => {
    const api = await startServerApi()
    await api.switch({ open_data_json_type: 'object' })
    const { cloudID } = await api.wx('getPhoneNumber')
    expect((await open(api, [cloudID])).data_list).toMatchObject([
      { json: { cloudID, data: { purePhoneNumber: '13800138001' } } },
    ])
  })

  test('answers errCode -601006 inside for one that expired, is unknown, or is of another person or app', async () => {
    const api = await startServerApi()
    await api.switch({ open_data_json_type: 'object' })
    const theirs = await api.session(miniProgram, wangFang.id)
    const { cloudID } = await api.wx('getPhoneNumber')
    const elsewhere = await api.wx('getPhoneNumber', { appid: otherMiniProgram.appid })
    const failed = (id: unknown) => ({
      errcode: 0,
      data_list: [{ json: { cloudID: id, errCode: -601006, errMsg: 'cloudID expired.' } }],
    })
    expect(await open(api, ['x'])).toMatchObject(failed('x'))
    expect(await open(api, [elsewhere.cloudID])).toMatchObject(failed(elsewhere.cloudID))
    expect(await open(api, [cloudID], { openid: theirs.openid })).toMatchObject(failed(cloudID))
    await api.advance(299)
    expect((await open(api, [cloudID])).data_list).toMatchObject([{ json: { data: {} } }])
    await api.advance(1)
    expect(await open(api, [cloudID])).toMatchObject(failed(cloudID))
  })

  test('answers 40003 to a strange openid and 40097 to what is no list of text', async () => {
    const api = await startServerApi()
    expect(await open(api, [], { openid: 'x' })).toMatchObject({ errcode: 40003 })
    for (const list of [undefined, 'x', [1], {}]) {
      expect(await open(api, list)).toMatchObject({ errcode: 40097 })
    }
    expect(await open(api, [])).toMatchObject({ errcode: 0, data_list: [] })
  })
})
