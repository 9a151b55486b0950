import { describe, expect, test } from 'vitest'
import { randomBeginningWith, signState, startServerApi } from '../server-api.ts'
import type { ServerApi } from '../server-api.ts'
import { liHua, miniProgram, otherMiniProgram, wangFang } from '../start-emulator.ts'
import { textLike } from '../text.ts'
import { vectors } from '../vectors.ts'

const paths = [
  '/wxa/checksession',
  '/wxa/resetusersessionkey',
  '/wxa/business/getuserencryptkey',
] as const

interface Session {
  readonly openid: string
  readonly session_key: string
}

async function signed(api: ServerApi, session: Session, more: Record<string, string> = {}) {
  return {
    access_token: await api.tokenText(),
    openid: session.openid,
    signature: signState(session.session_key),
    sig_method: 'hmac_sha256',
    ...more,
  }
}

test('the official vector of the login-state signature is what these tests compute', () => {
  const { session_key, body, signature, signatureOfNothing } = vectors.loginState
  expect(signState(session_key, body)).toBe(signature)
  expect(signState(session_key)).toBe(signatureOfNothing)
})

test("/wxa/checksession takes the signature of the official vector's session_key", async () => {
  const { session_key, signatureOfNothing } = vectors.loginState
  const random = randomBeginningWith(Buffer.from(session_key, 'base64'))
  const api = await startServerApi({ random })
  const session = await api.session()
  expect(session.session_key).toBe(session_key)
  const query = await signed(api, session, { signature: signatureOfNothing })
  expect(await api.get('/wxa/checksession', query)).toEqual({ errcode: 0, errmsg: 'ok' })
})

describe.each(paths)('%s', (path) => {
  test('answers a valid signature, and 87009 to any other', async () => {
    const api = await startServerApi()
    const session = await api.session()
    const decoded = signState(Buffer.from(session.session_key, 'base64').toString('latin1'))
    for (const signature of ['', 'x', decoded, signState(session.session_key).toUpperCase()]) {
      const query = await signed(api, session, { signature })
      expect(await api.get(path, query)).toMatchObject({
        errcode: 87009,
        errmsg: textLike(/^invalid signature /),
      })
    }
    expect(await api.get(path, await signed(api, session))).toMatchObject({ errcode: 0 })
  })

  test('answers 87008 to another sig_method and to none', async () => {
    const api = await startServerApi()
    const session = await api.session()
    for (const sig_method of ['', 'hmac_sha1', 'HMAC_SHA256']) {
      const query = await signed(api, session, { sig_method })
      expect(await api.get(path, query)).toMatchObject({ errcode: 87008 })
    }
  })

  test("answers 40003 to no openid, to nobody's and to one of another app", async () => {
    const api = await startServerApi()
    const session = await api.session()
    const elsewhere = await api.session(otherMiniProgram)
    for (const openid of ['', 'o'.repeat(28), elsewhere.openid]) {
      const query = await signed(api, session, { openid })
      expect(await api.get(path, query)).toMatchObject({ errcode: 40003 })
    }
  })

  test("answers 87009 to another person's signature, to a replaced key and to an expired one", async () => {
    const api = await startServerApi()
    await api.switch({ session_key_rotation: 'always' })
    const session = await api.session()
    const theirs = await api.session(miniProgram, wangFang.id)
    const stolen = await signed(api, { ...session, session_key: theirs.session_key })
    expect(await api.get(path, stolen)).toMatchObject({ errcode: 87009 })
    const next = await api.session()
    expect(await api.get(path, await signed(api, session))).toMatchObject({ errcode: 87009 })
    await api.advance(259_200)
    expect(await api.get(path, await signed(api, next))).toMatchObject({ errcode: 87009 })
  })
})

test('/wxa/checksession does not renew the key that it is asked about', async () => {
  const api = await startServerApi()
  const session = await api.session()
  await api.advance(259_199)
  expect(await api.get('/wxa/checksession', await signed(api, session))).toMatchObject({
    errcode: 0,
  })
  await api.advance(1)
  expect(await api.get('/wxa/checksession', await signed(api, session))).toMatchObject({
    errcode: 87009,
  })
})

describe('/wxa/resetusersessionkey', () => {
  test('answers another key; the old one is dead at once and the new one signs', async () => {
    const api = await startServerApi()
    const session = await api.session()
    const reply = await api.get('/wxa/resetusersessionkey', await signed(api, session))
    expect(reply).toEqual({
      errcode: 0,
      errmsg: 'ok',
      openid: session.openid,
      session_key: textLike(/^[A-Za-z0-9+/]{22}==$/),
    })
    const next = { ...session, session_key: String(reply.session_key) }
    expect(next.session_key).not.toBe(session.session_key)
    const check = async (each: Session) =>
      (await api.get('/wxa/checksession', await signed(api, each))).errcode
    expect([await check(session), await check(next)]).toEqual([87009, 0])
  })

  test('gives a key that ends when the old one would have', async () => {
    const api = await startServerApi()
    const session = await api.session()
    await api.advance(259_199)
    const reply = await api.get('/wxa/resetusersessionkey', await signed(api, session))
    const next = { ...session, session_key: String(reply.session_key) }
    expect(await api.checkSession()).toBe('checkSession:ok')
    await api.advance(1)
    expect(await api.checkSession()).toMatch(/^checkSession:fail/)
    expect(await api.get('/wxa/checksession', await signed(api, next))).toMatchObject({
      errcode: 87009,
    })
  })

  test('answers 45011 beyond the quota of a minute, and the key stays', async () => {
    const api = await startServerApi()
    await api.switch({ quota: { resetusersessionkey_per_minute: 0 } })
    const session = await api.session()
    const query = await signed(api, session)
    expect(await api.get('/wxa/resetusersessionkey', query)).toMatchObject({ errcode: 45011 })
    expect(await api.get('/wxa/checksession', query)).toMatchObject({ errcode: 0 })
  })
})

describe('/wxa/business/getuserencryptkey', () => {
  const path = '/wxa/business/getuserencryptkey'

  test('answers the keys that the phone was given, by GET and by POST without a body', async () => {
    const api = await startServerApi()
    const query = await signed(api, await api.session())
    expect(await api.get(path, query)).toMatchObject({ errcode: 0, key_info_list: [] })
    const given = await api.wx('getLatestUserKey')
    expect(given).toEqual({
      encryptKey: textLike(/^[A-Za-z0-9+/]{22}==$/),
      iv: textLike(/^[0-9a-f]{16}$/),
      version: 1,
      expireTime: 3600,
      errMsg: 'getLatestUserKey:ok',
    })
    for (const init of [{}, { method: 'POST' }]) {
      expect(await api.send(path, query, init)).toEqual({
        errcode: 0,
        errmsg: 'ok',
        key_info_list: [
          {
            encrypt_key: given.encryptKey,
            version: 1,
            expire_in: 3600,
            iv: given.iv,
            create_time: Date.UTC(2026, 10, 20, 12) / 1000,
          },
        ],
      })
    }
  })

  test('answers 87009 to any body, since that enters the signature', async () => {
    const api = await startServerApi()
    const query = await signed(api, await api.session())
    for (const body of ['{}', ' ', 'x']) {
      expect(await api.send(path, query, { method: 'POST', body })).toMatchObject({
        errcode: 87009,
      })
    }
  })

  test('answers 40003 when the parameters are in a body', async () => {
    const api = await startServerApi()
    const { access_token, ...rest } = await signed(api, await api.session())
    expect(await api.postJson(path, { access_token }, rest)).toMatchObject({ errcode: 40003 })
  })

  test('keeps the three newest keys, the newest first; one lives 3600 seconds', async () => {
    const api = await startServerApi()
    const session = await api.session()
    for (let version = 1; version <= 4; version += 1) {
      expect(await api.wx('getLatestUserKey')).toMatchObject({ version })
      await api.advance(3599)
      expect(await api.wx('getLatestUserKey')).toMatchObject({ version, expireTime: 1 })
      if (version < 4) await api.advance(1)
    }
    expect(await api.get(path, await signed(api, session))).toMatchObject({
      key_info_list: [
        { version: 4, expire_in: 1 },
        { version: 3, expire_in: 0 },
        { version: 2, expire_in: 0 },
      ],
    })
  })

  test('shares nothing between people and apps', async () => {
    const api = await startServerApi()
    const keys = [
      await api.wx('getLatestUserKey', { person: liHua.id }),
      await api.wx('getLatestUserKey', { person: wangFang.id }),
      await api.wx('getLatestUserKey', { appid: otherMiniProgram.appid }),
    ]
    expect(new Set(keys.map((key) => key.encryptKey)).size).toBe(3)
  })
})
