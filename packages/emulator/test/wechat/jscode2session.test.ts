import { describe, expect, test } from 'vitest'
import {
  chenMei,
  exchangeUrl,
  liHua,
  miniProgram,
  otherMiniProgram,
  serviceAccount,
  startEmulator,
  startMs,
  wangFang,
} from '../start-emulator.ts'
import { textWith } from '../text.ts'

const identifier = /^o[\w-]{27}$/

describe('a code that is good', () => {
  test('answers openid, session_key and unionid, and no errcode', async () => {
    const emulator = await startEmulator()
    const session = await emulator.exchange(await emulator.login())
    expect(Object.keys(session)).toEqual(['session_key', 'openid', 'unionid'])
    expect(session.openid).toMatch(identifier)
    expect(session.unionid).toMatch(identifier)
    expect(session.session_key).toMatch(/^[A-Za-z0-9+/]{22}==$/)
    expect(Buffer.from(String(session.session_key), 'base64')).toHaveLength(16)
  })

  test('answers JSON as text/plain with status 200, and so does a bad one', async () => {
    const emulator = await startEmulator()
    const code = await emulator.login()
    for (const expected of ['openid', 'errcode']) {
      const response = await fetch(exchangeUrl(emulator.url, code))
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('text/plain')
      expect(await response.text()).toContain(`"${expected}"`)
    }
  })

  test('answers no unionid for an app outside any Open Platform account', async () => {
    const emulator = await startEmulator()
    const code = await emulator.login(otherMiniProgram.appid)
    expect(await emulator.exchange(code, {}, otherMiniProgram)).not.toHaveProperty('unionid')
    await emulator.switch({ open_platform: 'open-platform-1' }, otherMiniProgram.appid)
    const later = await emulator.login(otherMiniProgram.appid)
    const { unionid } = await emulator.exchange(await emulator.login())
    expect(await emulator.exchange(later, {}, otherMiniProgram)).toMatchObject({ unionid })
  })

  test('answers another openid for each app and each person, and another unionid for each person', async () => {
    const emulator = await startEmulator()
    const openids = new Set<unknown>()
    const unionids = new Set<unknown>()
    for (const person of [liHua, wangFang, chenMei]) {
      for (const app of [miniProgram, otherMiniProgram]) {
        const session = await emulator.exchange(await emulator.login(app.appid, person.id), {}, app)
        openids.add(session.openid)
        unionids.add(session.unionid)
      }
    }
    expect(openids.size).toBe(6)
    expect(unionids.size).toBe(4)
  })

  test('answers the same openid and unionid after a restart, and another session_key', async () => {
    const [first, second] = [await startEmulator(), await startEmulator()]
    const before = await first.exchange(await first.login())
    const after = await second.exchange(await second.login())
    expect([after.openid, after.unionid]).toEqual([before.openid, before.unionid])
    expect(after.session_key).not.toBe(before.session_key)
  })

  test('is not disturbed by parameters that WeChat does not know', async () => {
    const emulator = await startEmulator()
    const query = { access_token: 'x', __proto__x: '1', constructor: '2', openid: 'o' }
    expect(await emulator.exchange(await emulator.login(), query)).toHaveProperty('openid')
  })

  test('is answered to a POST whose parameters are in the query', async () => {
    const emulator = await startEmulator()
    const url = exchangeUrl(emulator.url, await emulator.login())
    const response = await fetch(url, { method: 'POST', body: 'anything' })
    expect(await response.text()).toContain('openid')
  })
})

describe('a code', () => {
  test('is good for one exchange and answers 40163 afterwards', async () => {
    const emulator = await startEmulator()
    const code = await emulator.login()
    expect(await emulator.exchange(code)).toHaveProperty('openid')
    expect(await emulator.exchange(code)).toMatchObject({ errcode: 40163 })
  })

  test('is good at 299 seconds and not at 300', async () => {
    const emulator = await startEmulator()
    const [code, late, used] = [
      await emulator.login(),
      await emulator.login(),
      await emulator.login(),
    ]
    await emulator.exchange(used)
    await emulator.advance(299)
    expect(await emulator.exchange(code)).toHaveProperty('openid')
    await emulator.advance(1)
    for (const old of [late, used]) {
      expect(await emulator.exchange(old)).toMatchObject({ errcode: 40029 })
    }
  })

  test('is good for its own app only, and a try by another app does not spend it', async () => {
    const emulator = await startEmulator()
    const code = await emulator.login()
    expect(await emulator.exchange(code, {}, otherMiniProgram)).toMatchObject({ errcode: 40029 })
    expect(await emulator.exchange(code, {}, serviceAccount)).toMatchObject({ errcode: 40029 })
    expect(await emulator.exchange(code)).toHaveProperty('openid')
  })

  test('stays good beside a newer one of the same person', async () => {
    const emulator = await startEmulator()
    const [older, newer] = [await emulator.login(), await emulator.login()]
    expect(await emulator.exchange(newer)).toHaveProperty('openid')
    expect(await emulator.exchange(older)).toHaveProperty('openid')
  })

  test('succeeds once when it is exchanged 20 times at once', async () => {
    const emulator = await startEmulator()
    const code = await emulator.login()
    const replies = await Promise.all(Array.from({ length: 20 }, () => emulator.exchange(code)))
    expect(replies.filter((reply) => 'openid' in reply)).toHaveLength(1)
    expect(replies.filter((reply) => reply.errcode === 40163)).toHaveLength(19)
  })
})

describe('an error', () => {
  test('ends in a comma and a rid whose first group is the time of the clock', async () => {
    const emulator = await startEmulator()
    await emulator.advance(60)
    const { errcode, errmsg } = await emulator.exchange('garbage')
    expect(errcode).toBe(40029)
    const rid = /^invalid code, rid: ([0-9a-f]{8})-[0-9a-f]{8}-[0-9a-f]{8}$/.exec(String(errmsg))
    expect(parseInt(rid?.[1] ?? '', 16)).toBe(startMs / 1000 + 60)
  })

  test.each([
    ['appid', 41002, 'appid missing'],
    ['secret', 41004, 'appsecret missing'],
    ['js_code', 41008, 'missing code'],
    ['grant_type', 40002, 'invalid grant_type'],
  ])('answers a missing %s with %d', async (name, errcode, text) => {
    const emulator = await startEmulator()
    const reply = await emulator.exchange(await emulator.login(), { [name]: '' })
    expect(reply).toMatchObject({ errcode, errmsg: textWith(`${text}, rid: `) })
  })

  test('answers parameters in a POST form with 41002, as if they were not there', async () => {
    const emulator = await startEmulator()
    const [url, form] = exchangeUrl(emulator.url, await emulator.login()).split('?')
    const response = await fetch(String(url), {
      method: 'POST',
      body: new URLSearchParams(form),
    })
    expect(await response.text()).toContain('"errcode":41002,"errmsg":"appid missing, rid: ')
  })

  test('answers an unknown appid with 40013 and a wrong secret with 40125', async () => {
    const emulator = await startEmulator()
    const code = await emulator.login()
    const strange = { appid: 'wxffffffffffffffff' }
    expect(await emulator.exchange(code, strange)).toMatchObject({ errcode: 40013 })
    const wrong = { secret: otherMiniProgram.secret }
    expect(await emulator.exchange(code, wrong)).toMatchObject({ errcode: 40125 })
    expect(await emulator.exchange(code)).toHaveProperty('openid')
  })

  test('is found in the order: missing, appid, whitelist, secret, frozen, used, code, blocked, quota', async () => {
    const emulator = await startEmulator()
    await emulator.switch({
      ip_whitelist: [],
      secret_frozen: true,
      blocked: true,
      quota: { jscode2session_per_minute: 0 },
    })
    const code = await emulator.login()
    const seen: unknown[] = []
    const ask = async (query: Record<string, string>) => {
      seen.push((await emulator.exchange(code, query)).errcode)
    }
    await ask({ appid: '', secret: '', js_code: '', grant_type: '' })
    await ask({ secret: '', js_code: '', grant_type: '' })
    await ask({ appid: 'wx', js_code: '', grant_type: '' })
    await ask({ appid: 'wx', grant_type: '' })
    await ask({ appid: 'wx' })
    await ask({ secret: 'wrong' })
    await emulator.switch({ ip_whitelist: null })
    await ask({ secret: 'wrong' })
    await ask({})
    await emulator.switch({ secret_frozen: false })
    await ask({ js_code: 'garbage' })
    await ask({})
    await emulator.switch({ blocked: [] })
    await ask({})
    await emulator.switch({ quota: null })
    await ask({})
    await emulator.switch({ blocked: true, quota: { jscode2session_per_minute: 0 } })
    await ask({})
    expect(seen).toEqual([
      41002,
      41004,
      41008,
      40002,
      40013,
      40164,
      40125,
      40243,
      40029,
      40226,
      45011,
      undefined,
      40163,
    ])
  })

  test.each([
    ['a name twice', '?appid=a&appid=b&appid=c'],
    ['half an escape', '?appid=%&secret=%E4%A&js_code=%zz'],
    ['names of Object.prototype', '?__proto__=1&constructor=2&toString=3'],
    ['bytes that are not UTF-8', '?appid=%ff%fe&js_code=%00'],
    ['no names', '?&&=&=x&?'],
    ['a long value', `?js_code=${'x'.repeat(10_000)}`],
  ])('answers %s in the query as WeChat would, and goes on', async (_, search) => {
    const emulator = await startEmulator()
    const response = await fetch(`${emulator.url}/sns/jscode2session${search}`)
    expect(response.status).toBe(200)
    expect(await response.text()).toMatch(/^\{"errcode":4\d{4},/)
    expect(await emulator.exchange(await emulator.login())).toHaveProperty('openid')
    expect(await emulator.calls()).toHaveLength(2)
  })

  test('takes the first of a name that is given twice', async () => {
    const emulator = await startEmulator()
    const url = exchangeUrl(emulator.url, await emulator.login())
    const response = await fetch(`${url}&appid=other&js_code=other`)
    expect(await response.text()).toContain('openid')
  })
})

test('a path that the emulator does not answer is a 404 in plain text', async () => {
  const emulator = await startEmulator()
  const response = await fetch(`${emulator.url}/sns/nothing?secret=x`)
  expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/plain'])
  expect(await response.text()).not.toContain('{')
})
