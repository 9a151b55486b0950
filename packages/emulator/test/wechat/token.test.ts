import { describe, expect, test } from 'vitest'
import { startServerApi } from '../server-api.ts'
import {
  miniProgram,
  otherMiniProgram,
  serviceAccount,
  startMs,
  website,
} from '../start-emulator.ts'
import { textLike } from '../text.ts'

const credentials = {
  grant_type: 'client_credential',
  appid: miniProgram.appid,
  secret: miniProgram.secret,
}

describe('/cgi-bin/token', () => {
  test('answers a token of 136 characters for 7200 seconds, and no errcode', async () => {
    const api = await startServerApi()
    expect(await api.token()).toEqual({
      access_token: textLike(/^\d+_[\w-]{132}$/),
      expires_in: 7200,
    })
  })

  test('answers JSON as application/json, and so does an error', async () => {
    const api = await startServerApi()
    for (const appid of [miniProgram.appid, 'wx']) {
      const search = new URLSearchParams({ ...credentials, appid }).toString()
      const response = await fetch(`${api.url}/cgi-bin/token?${search}`)
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        'application/json; encoding=utf-8',
      ])
    }
  })

  test('answers another token each time; the one before works for 5 more minutes, then is "not latest"', async () => {
    const api = await startServerApi()
    const [first, second] = [await api.tokenText(), await api.tokenText()]
    expect(first).not.toBe(second)
    await api.advance(299)
    expect([await api.tryToken(first), await api.tryToken(second)]).toEqual([undefined, undefined])
    await api.advance(1)
    expect([await api.tryToken(first), await api.tryToken(second)]).toEqual([40001, undefined])
    const reply = await api.get('/wxa/checksession', { access_token: first })
    expect(reply.errmsg).toMatch(
      /^invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https:\/\/mmbizurl\.cn\/s\/JtxxFh33r rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/,
    )
  })

  test('gives tokens that end after 7200 seconds with 42001', async () => {
    const api = await startServerApi()
    const text = await api.tokenText()
    await api.advance(7199)
    expect(await api.tryToken(text)).toBeUndefined()
    await api.advance(1)
    expect(await api.tryToken(text)).toBe(42001)
  })

  test('answers what developers get wrong with the errcode of WeChat', async () => {
    const api = await startServerApi()
    const ask = async (query: object) =>
      (await api.get('/cgi-bin/token', { ...credentials, ...query })).errcode
    expect(await ask({ appid: '' })).toBe(41002)
    expect(await ask({ secret: '' })).toBe(41004)
    expect(await ask({ grant_type: 'authorization_code' })).toBe(40002)
    expect(await ask({ appid: 'wxffffffffffffffff' })).toBe(40013)
    expect(await ask({ secret: otherMiniProgram.secret })).toBe(40125)
    expect(await ask({ appid: website.appid, secret: website.secret })).toBe(50004)
    expect(await ask({ unknown: '1', access_token: 'x' })).toBeUndefined()
    const posted = await api.send('/cgi-bin/token', credentials, { method: 'POST' })
    expect(posted).toMatchObject({ errcode: 43001, errmsg: textLike(/^require GET method rid: /) })
  })

  test('answers a service account too', async () => {
    const api = await startServerApi()
    expect(await api.token(serviceAccount)).toHaveProperty('access_token')
  })

  test('answers 45009 beyond the quota of a day, until midnight in China', async () => {
    const api = await startServerApi()
    await api.switch({ quota: { token_per_day: 2 } })
    await api.token()
    await api.token()
    expect(await api.token()).toMatchObject({
      errcode: 45009,
      errmsg: textLike(/^reach max api daily quota limit rid: /),
    })
    // The world begins at 12:00 UTC, which is 20:00 in China.
    await api.advance(4 * 3600 - 1)
    expect(await api.token()).toMatchObject({ errcode: 45009 })
    await api.advance(1)
    expect(await api.token()).toHaveProperty('access_token')
  })
})

describe('/cgi-bin/stable_token', () => {
  test('answers the same token with what is left of its time', async () => {
    const api = await startServerApi()
    const { access_token } = await api.stableToken()
    await api.advance(6855)
    expect(await api.stableToken()).toEqual({ access_token, expires_in: 345 })
  })

  test('answers the next token in the last 5 minutes, in which both work', async () => {
    const api = await startServerApi()
    const first = String((await api.stableToken()).access_token)
    await api.advance(6899)
    expect(await api.stableToken()).toEqual({ access_token: first, expires_in: 301 })
    await api.advance(1)
    const next = await api.stableToken()
    expect(next.expires_in).toBe(7200)
    expect(next.access_token).not.toBe(first)
    await api.advance(299)
    const second = String(next.access_token)
    expect([await api.tryToken(first), await api.tryToken(second)]).toEqual([undefined, undefined])
    await api.advance(1)
    expect([await api.tryToken(first), await api.tryToken(second)]).toEqual([42001, undefined])
  })

  test('leaves the tokens of /cgi-bin/token alone, and they leave it alone', async () => {
    const api = await startServerApi()
    const stable = String((await api.stableToken()).access_token)
    const plain = await api.tokenText()
    await api.stableToken(miniProgram, { force_refresh: true })
    await api.advance(301)
    expect(await api.tryToken(plain)).toBeUndefined()
    const later = String((await api.stableToken()).access_token)
    await api.token()
    await api.token()
    await api.advance(301)
    expect([await api.tryToken(later), await api.tryToken(plain)]).toEqual([undefined, 40001])
    expect(stable).not.toBe(later)
  })

  test('forced, ends the token before at once, and not twice within 30 seconds', async () => {
    const api = await startServerApi()
    const force = async () =>
      String((await api.stableToken(miniProgram, { force_refresh: true })).access_token)
    const first = String((await api.stableToken()).access_token)
    const second = await force()
    expect([await api.tryToken(first), await api.tryToken(second)]).toEqual([40001, undefined])
    await api.advance(29)
    expect(await force()).toBe(second)
    await api.advance(1)
    expect(await force()).not.toBe(second)
    expect(await api.tryToken(second)).toBe(40001)
  })

  test('forced in its last 5 minutes, ends both of the tokens that work', async () => {
    const api = await startServerApi()
    const first = String((await api.stableToken()).access_token)
    await api.advance(6950)
    const second = String((await api.stableToken()).access_token)
    await api.stableToken(miniProgram, { force_refresh: true })
    expect([await api.tryToken(first), await api.tryToken(second)]).toEqual([40001, 40001])
  })

  test('is forced 20 times a day, and answers 45009 then; asking plainly goes on', async () => {
    const api = await startServerApi()
    for (let time = 0; time < 20; time += 1) {
      expect(await api.stableToken(miniProgram, { force_refresh: true })).toHaveProperty(
        'access_token',
      )
      await api.advance(30)
    }
    const more = await api.stableToken(miniProgram, { force_refresh: true })
    expect(more).toMatchObject({ errcode: 45009 })
    expect(await api.stableToken()).toHaveProperty('access_token')
  })

  test('answers 45011 beyond the quota of a minute and 45009 beyond that of a day', async () => {
    const api = await startServerApi()
    await api.switch({ quota: { stable_token_per_minute: 1, stable_token_per_day: 2 } })
    await api.stableToken()
    expect(await api.stableToken()).toMatchObject({ errcode: 45011 })
    await api.advance(60)
    await api.stableToken()
    await api.advance(60)
    expect(await api.stableToken()).toMatchObject({ errcode: 45009 })
  })

  test.each([
    ['a GET', { method: 'GET' }, 43002, 'require POST method'],
    ['no body', { method: 'POST' }, 44002, 'empty post data'],
    [
      'a form',
      { method: 'POST', body: new URLSearchParams(credentials) },
      47001,
      'data format error',
    ],
    ['half a body', { method: 'POST', body: '{"appid":' }, 47001, 'data format error'],
    ['a list', { method: 'POST', body: '[]' }, 47001, 'data format error'],
    ['an empty object', { method: 'POST', body: '{}' }, 41002, 'appid missing'],
    [
      'a body that is too long',
      { method: 'POST', body: `{"a":"${'x'.repeat(3_000_000)}"}` },
      47001,
      'data format error',
    ],
  ])('answers %s with its errcode', async (_, init, errcode, text) => {
    const api = await startServerApi()
    const reply = await api.send('/cgi-bin/stable_token', credentials, init)
    expect(reply).toMatchObject({ errcode, errmsg: textLike(new RegExp(`^${text} rid: `)) })
  })

  test('takes JSON whatever the content type says, spaces around it, and fields that it does not know', async () => {
    const api = await startServerApi()
    const body = ` \n${JSON.stringify({ ...credentials, more: [1] })}\n`
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      const init = { method: 'POST', headers: { 'content-type': type }, body }
      expect(await api.send('/cgi-bin/stable_token', {}, init)).toHaveProperty('access_token')
    }
  })

  test('answers a force_refresh that is no boolean with 47001', async () => {
    const api = await startServerApi()
    for (const force_refresh of ['true', 1, null]) {
      expect(await api.stableToken(miniProgram, { force_refresh })).toMatchObject({
        errcode: 47001,
      })
    }
  })

  test('forgets nothing when 20 ask at once: one token', async () => {
    const api = await startServerApi()
    const replies = await Promise.all(Array.from({ length: 20 }, () => api.stableToken()))
    expect(new Set(replies.map((reply) => reply.access_token)).size).toBe(1)
  })
})

describe('the switches of tokens', () => {
  test.each([50004, 50007, 61024, 89501, 89503, 89506, 89507])(
    'token_refused_errcode %d refuses both ways to a token, and null mends it',
    async (errcode) => {
      const api = await startServerApi()
      await api.switch({ token_refused_errcode: errcode })
      for (const reply of [await api.token(), await api.stableToken()]) {
        expect(reply).toMatchObject({ errcode, errmsg: textLike(/^\w.* rid: /) })
      }
      await api.switch({ token_refused_errcode: null })
      expect(await api.token()).toHaveProperty('access_token')
    },
  )

  test.each([40164, 61004, 45035])(
    'ip_refused_errcode %d is how a caller is refused who is not on the whitelist',
    async (errcode) => {
      const api = await startServerApi()
      await api.switch({ ip_whitelist: ['203.0.113.7'], ip_refused_errcode: errcode })
      for (const reply of [await api.token(), await api.stableToken(), await api.exchange('x')]) {
        expect(reply).toMatchObject({ errcode })
      }
    },
  )

  test('wrong_secret_errcode 40001 is how a wrong secret is refused a token', async () => {
    const api = await startServerApi()
    await api.switch({ wrong_secret_errcode: 40001 })
    const wrong = { appid: miniProgram.appid, secret: 'x' }
    for (const reply of [await api.token(wrong), await api.stableToken(wrong)]) {
      expect(reply).toMatchObject({ errcode: 40001 })
    }
  })

  test('secret_frozen refuses tokens with 40243; those that are out go on', async () => {
    const api = await startServerApi()
    const text = await api.tokenText()
    await api.switch({ secret_frozen: true })
    for (const reply of [await api.token(), await api.stableToken()]) {
      expect(reply).toMatchObject({ errcode: 40243 })
    }
    expect(await api.tryToken(text)).toBeUndefined()
  })

  test('access_token_ttl_seconds is how long the next tokens live', async () => {
    const api = await startServerApi()
    await api.switch({ access_token_ttl_seconds: 600 })
    expect(await api.stableToken()).toMatchObject({ expires_in: 600 })
    const { access_token: text, expires_in } = await api.token()
    expect(expires_in).toBe(600)
    await api.advance(600)
    expect(await api.tryToken(String(text))).toBe(42001)
  })
})

test('an errmsg names the request by a rid whose first group is the time of the clock', async () => {
  const api = await startServerApi()
  const { errmsg } = await api.get('/cgi-bin/token')
  const rid = / rid: ([0-9a-f]{8})-[0-9a-f]{8}-[0-9a-f]{8}$/.exec(String(errmsg))
  expect(parseInt(rid?.[1] ?? '', 16)).toBe(startMs / 1000)
})
