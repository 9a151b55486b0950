import { createCipheriv, createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  liHua,
  liHuasPhone,
  minuteMs,
  openAccounts,
  openAppId,
  outcome,
  phoneAppId,
  signedIn,
  wangFang,
  type Accounts,
  type SignedInBody,
} from './support/accounts.ts'
import { findCanaries } from './support/canary.ts'
import type { Reply, StoreKind } from './support/world.ts'

type UserInfo = { rawData: string; signature: string; encryptedData: string; iv: string }

/** As the client sends what the phone gave. */
const bodyOf = ({ rawData, signature, encryptedData, iv }: UserInfo) => ({
  raw_data: rawData,
  signature,
  encrypted_data: encryptedData,
  iv,
})

describe.each<StoreKind>(['memory', 'sqlite'])('open data of WeChat, on %s', (storeKind) => {
  let accounts: Accounts
  let me: SignedInBody
  beforeEach(async () => {
    accounts = await openAccounts({ storeKind })
    await setApp(openAppId, { session_key_rotation: 'never', real_profile: true })
    me = signedIn(await accounts.byWechat(liHua))
  })
  afterEach(() => accounts.close())

  const setApp = (appid: string, switches: object) =>
    accounts.control('PATCH', `/emulator/apps/${appid}`, switches)

  async function userInfo(person = liHua, appid = openAppId): Promise<UserInfo> {
    return (await accounts.control('POST', '/emulator/wx/getUserInfo', {
      appid,
      person,
    })) as UserInfo
  }

  const send = (json: object, who = me) =>
    accounts.post('/v1/me/wechat-data', json, who.access_token)

  const check = (who = me) => accounts.post('/v1/me/wechat-session/check', {}, who.access_token)

  /** WeChat gives the person another key, behind the server's back. */
  async function rotate(person = liHua) {
    await setApp(openAppId, { session_key_rotation: 'always' })
    await accounts.wechatKnows(person)
  }

  const real = {
    nickName: '李华',
    gender: 1,
    language: 'zh_CN',
    city: 'Guangzhou',
    province: 'Guangdong',
    country: 'China',
    avatarUrl: 'https://thirdwx.qlogo.cn/mmopen/vi_32/li-hua/132',
  }

  const watermark = () => ({
    appid: openAppId,
    timestamp: Math.floor(accounts.clock.now() / 1000),
  })

  it('counts against the stored key: what was signed, what was sealed, and both', async () => {
    const { raw_data, signature, encrypted_data, iv } = bodyOf(await userInfo())
    expect((await send({ raw_data, signature })).body).toEqual(real)
    const sealed = await send({ encrypted_data, iv })
    expect(sealed.body).toEqual({ ...real, watermark: watermark() })
    const both = await send({ raw_data, signature, encrypted_data, iv })
    expect(both.body).toEqual({ ...real, watermark: watermark() })
    expect(both.headers.get('cache-control')).toBe('no-store')
  })

  it('counts with a fresh code, whose key is kept', async () => {
    await rotate()
    const code = await accounts.wxLogin()
    await setApp(openAppId, { session_key_rotation: 'never' })
    const info = await userInfo()
    expect(outcome(await send(bodyOf(info)))).toEqual([409, 'session_key_stale'])
    const fresh = await send({ code, ...bodyOf(info) })
    expect(fresh.body).toEqual({ ...real, watermark: watermark() })
    expect((await send(bodyOf(info))).body).toEqual(fresh.body)
  })

  it('[WX-3] a code counts once, and one that is none never reaches WeChat', async () => {
    const code = await accounts.wxLogin()
    const info = bodyOf(await userInfo())
    expect((await send({ code, ...info })).status).toBe(200)
    expect(outcome(await send({ code, ...info }))).toEqual([400, 'code_used'])
    const exchanges = await accounts.exchanges()
    for (const odd of ['a&appid=x', 'a b', '码']) {
      expect(outcome(await send({ code: odd, ...info }))).toEqual([400, 'code_invalid'])
    }
    expect(await accounts.exchanges()).toBe(exchanges)
  })

  it('WeChat being away is told apart from data that is wrong', async () => {
    await accounts.control('POST', '/emulator/faults', {
      path: '/sns/jscode2session',
      fault: 'reset',
    })
    const reply = await send({ code: await accounts.wxLogin(), ...bodyOf(await userInfo()) })
    expect(outcome(reply)).toEqual([503, 'wechat_unreachable'])
  })

  it('after WeChat rotated the key the client is told to log in and ask again', async () => {
    await rotate()
    const info = await userInfo()
    const reply = await send(bodyOf(info))
    expect(outcome(reply)).toEqual([409, 'session_key_stale'])
    expect(reply.body).toMatchObject({ action: 'relogin', retryable: false })
    await setApp(openAppId, { session_key_rotation: 'never' })
    const again = signedIn(await accounts.byWechat(liHua))
    expect((await send(bodyOf(await userInfo()), again)).status).toBe(200)
  })

  it('a code of somebody else is refused, and the stored key stays', async () => {
    const info = bodyOf(await userInfo())
    const theirs = bodyOf(await userInfo(wangFang))
    for (const text of [info, theirs]) {
      const code = await accounts.wxLogin(wangFang)
      expect(outcome(await send({ code, ...text }))).toEqual([400, 'data_invalid'])
    }
    expect((await send(info)).status).toBe(200)
    // Theirs was not touched either.
    const other = signedIn(await accounts.byWechat(wangFang))
    expect((await send(bodyOf(await userInfo(wangFang)), other)).status).toBe(200)
  })

  it('[WX-10] data of somebody else, of another app, of another time or changed is refused', async () => {
    signedIn(await accounts.byWechat(wangFang))
    const mine = bodyOf(await userInfo())
    const { session_key, openid } = await accounts.wechatKnows(liHua)
    const other = await accounts.wechatKnows(wangFang)
    const now = Math.floor(accounts.clock.now() / 1000)
    const seal = (data: object) => sealUnder(session_key, data)
    const stamped = (appid: string, timestamp: number) => ({ watermark: { appid, timestamp } })
    const wrong: Readonly<Record<string, object>> = {
      theirs: bodyOf(await userInfo(wangFang)),
      'mine about another openid': seal({ openId: other.openid, ...stamped(openAppId, now) }),
      'of another app': seal({ openId: openid, ...stamped(phoneAppId, now) }),
      'too old': seal({ openId: openid, ...stamped(openAppId, now - 301) }),
      'yet to come': seal({ openId: openid, ...stamped(openAppId, now + 61) }),
      'without a watermark': seal({ openId: openid }),
      'no JSON': seal([]),
      'another signature': { raw_data: mine.raw_data, signature: '0'.repeat(40) },
      'another text': { ...mine, raw_data: mine.raw_data.replace('李华', '王芳') },
    }
    expect((await send(seal({ openId: openid, ...stamped(openAppId, now - 299) }))).status).toBe(
      200,
    )
    for (const [what, text] of Object.entries(wrong)) {
      expect([what, ...outcome(await send(text))]).toEqual([what, 409, 'session_key_stale'])
      const code = await accounts.wxLogin()
      const fresh = await send({ code, ...text })
      expect([what, ...outcome(fresh)]).toEqual([what, 400, 'data_invalid'])
    }
    expect((await send(mine)).status).toBe(200)
    accounts.clock.advance(5 * minuteMs + 1000)
    expect(outcome(await send(mine))).toEqual([409, 'session_key_stale'])
  })

  it('[WX-1] the reply has no openid, unionid or session_key', async () => {
    const { openid, unionid, session_key } = await accounts.wechatKnows(liHua)
    const { text } = await send(bodyOf(await userInfo()))
    const secrets = { openid, unionid: unionid ?? '-', session_key }
    const canaries = Object.entries(secrets).map(([what, value]) => ({ what, value }))
    expect(findCanaries(canaries, text)).toEqual([])
    expect(text).not.toMatch(/openid|unionid/i)
  })

  it('the name and the picture that WeChat gives to everybody come back as null', async () => {
    await setApp(openAppId, { real_profile: false })
    const info = bodyOf(await userInfo())
    for (const text of [info, { raw_data: info.raw_data, signature: info.signature }]) {
      expect((await send(text)).body).toMatchObject({ nickName: null, avatarUrl: null, gender: 0 })
    }
    const { session_key } = await accounts.wechatKnows(liHua)
    const raw_data = JSON.stringify({ nickName: '李华', avatarUrl: '' })
    const signature = createHash('sha1')
      .update(raw_data + session_key)
      .digest('hex')
    expect((await send({ raw_data, signature })).body).toEqual({
      nickName: '李华',
      avatarUrl: null,
    })
  })

  it('each half of a pair, or none at all, is body_invalid', async () => {
    const { raw_data, signature, encrypted_data, iv } = bodyOf(await userInfo())
    for (const half of [
      {},
      { code: 'x' },
      { raw_data },
      { signature },
      { encrypted_data },
      { iv },
      { raw_data, signature, iv },
      { raw_data, encrypted_data, iv },
      { raw_data, iv },
    ]) {
      expect(outcome(await send(half))).toEqual([400, 'body_invalid'])
    }
  })

  it('needs an identity in the app that is signed in to', async () => {
    await accounts.setPhone(me, liHuasPhone)
    const there = signedIn(await accounts.byOtp(liHuasPhone, { app_id: phoneAppId }))
    const info = bodyOf(await userInfo())
    expect(outcome(await send(info, there))).toEqual([409, 'session_key_stale'])
    expect((await check(there)).body).toEqual({ valid: false })
    expect((await send(info)).status).toBe(200)
  })

  it('an account without WeChat has no session of WeChat’s', async () => {
    const other = signedIn(await accounts.byOtp('+8613900139000'))
    expect((await check(other)).body).toEqual({ valid: false })
    expect(outcome(await send(bodyOf(await userInfo()), other))).toEqual([409, 'session_key_stale'])
  })

  it('[WX-14] thousands of changed ciphertexts get one answer, to the letter', async () => {
    const { encrypted_data, iv } = bodyOf(await userInfo())
    const bytes = Buffer.from(encrypted_data, 'base64')
    const vector = Buffer.from(iv, 'base64')
    const changed: { encrypted_data: string; iv: string }[] = []
    // Every value of the byte before the last block decides on the padding: the oracle's own attack.
    for (let value = 1; value < 256; value++) {
      for (const at of [bytes.length - 17, bytes.length - 18, bytes.length - 1]) {
        changed.push({ encrypted_data: flip(bytes, at, value), iv })
      }
    }
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [1, 2, 0x80]) changed.push({ encrypted_data: flip(bytes, at, value), iv })
    }
    for (let at = 0; at < 16; at++) changed.push({ encrypted_data, iv: flip(vector, at, 1) })
    for (let length = 0; length < bytes.length; length += 5) {
      changed.push({ encrypted_data: bytes.subarray(0, length).toString('base64') || '=', iv })
    }
    for (const odd of [
      '=',
      'not base64',
      encrypted_data.replace(/[+/]/, ' '),
      `${encrypted_data}=`,
    ]) {
      changed.push({ encrypted_data: odd, iv })
    }
    changed.push({ encrypted_data, iv: 'AAAA' }, { encrypted_data, iv: '=' })
    expect(changed.length).toBeGreaterThan(1500)

    const answers = new Map<string, number>()
    for (let at = 0; at < changed.length; at += 50) {
      const replies = await Promise.all(changed.slice(at, at + 50).map((each) => send(each)))
      for (const reply of replies) {
        const answer = spell(reply)
        answers.set(answer, (answers.get(answer) ?? 0) + 1)
      }
    }
    expect([...answers.keys()].filter((answer) => !answer.startsWith('409'))).toEqual([])
    expect(answers.size).toBe(1)
  })

  describe('asking WeChat whether the stored key still counts', () => {
    it('is true until WeChat rotates it, and false from then on', async () => {
      expect((await check()).body).toEqual({ valid: true })
      await rotate()
      const { status, body } = await check()
      expect([status, body]).toEqual([200, { valid: false }])
      const again = signedIn(await accounts.byWechat(liHua))
      expect((await check(again)).body).toEqual({ valid: true })
    })

    it('says so where WeChat is away, and signs nobody out', async () => {
      expect((await check()).body).toEqual({ valid: true })
      const path = '/wxa/checksession'
      await accounts.control('POST', '/emulator/faults', { path, fault: 'reset' })
      expect(outcome(await check())).toEqual([503, 'wechat_unreachable'])
      await accounts.control('DELETE', '/emulator/faults')
      await accounts.control('POST', '/emulator/faults', { path, fault: 'errcode', errcode: -1 })
      expect(outcome(await check())).toEqual([503, 'wechat_busy'])
      expect((await accounts.get('/v1/me', me.access_token)).status).toBe(200)
    })
  })

  it('needs a session that is good', async () => {
    await accounts.auth.users.disable(me.user.id)
    expect(outcome(await send(bodyOf(await userInfo())))).toEqual([403, 'user_disabled'])
    expect(outcome(await check())).toEqual([403, 'user_disabled'])
  })
})

/** As WeChat seals, under a key that the test knows. */
function sealUnder(session_key: string, data: object) {
  const iv = Buffer.alloc(16, 7)
  const cipher = createCipheriv('aes-128-cbc', Buffer.from(session_key, 'base64'), iv)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(data)), cipher.final()])
  return { encrypted_data: sealed.toString('base64'), iv: iv.toString('base64') }
}

function flip(bytes: Buffer, at: number, by: number): string {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ by
  return copy.toString('base64')
}

/** Everything that a client could tell two answers apart by. */
const spell = ({ status, headers, text }: Reply) =>
  [status, JSON.stringify([...headers]), text].join('\n')
