import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  code2Session,
  secret,
  WechatError,
  WechatInputError,
  WechatTransportError,
} from '../../src/index.ts'
import type { Code2SessionParams } from '../../src/index.ts'
import { canary, everythingIn, leaks } from '../support/canary.ts'
import { catchError } from '../support/catch-error.ts'
import { bound, emulate, unbound } from '../support/emulate.ts'
import { connect, httpReply, serveRaw } from '../support/serve.ts'

describe('against WeChat, emulated', () => {
  test('a fresh code gives openid and session_key, and unionid under an Open Platform account', async () => {
    const { wechat, login } = await emulate()
    const js_code = await login(bound.appid)
    const session = await code2Session(wechat, {
      appid: bound.appid,
      secret: bound.secret,
      js_code,
    })
    expect(session.openid).toMatch(/^o[\w-]{27}$/)
    expect(session.unionid).toMatch(/^o[\w-]{27}$/)
    expect(Buffer.from(session.session_key.reveal(), 'base64')).toHaveLength(16)
  })

  test('an app outside any Open Platform account gives no unionid', async () => {
    const { wechat, login } = await emulate()
    const js_code = await login(unbound.appid)
    const { appid } = unbound
    const session = await code2Session(wechat, { appid, secret: secret(unbound.secret), js_code })
    expect(Object.keys(session).toSorted()).toEqual(['openid', 'session_key'])
  })

  test('[WX-3] a code used twice is 40163 the second time', async () => {
    const { wechat, login } = await emulate()
    const params = { appid: bound.appid, secret: bound.secret, js_code: await login(bound.appid) }
    await code2Session(wechat, params)
    const error = await catchError(WechatError, code2Session(wechat, params))
    expect(error).toMatchObject({ errcode: 40163, fault: 'user', retryable: false })
    expect(error.rid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{8}){2}$/)
  })

  test('[WX-3] of 50 parallel exchanges of one code exactly one succeeds', async () => {
    const { wechat, login } = await emulate()
    const params = { appid: bound.appid, secret: bound.secret, js_code: await login(bound.appid) }
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, () => code2Session(wechat, params)),
    )
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
  })

  test('an expired code is 40029', async () => {
    const { wechat, login, control } = await emulate()
    const js_code = await login(bound.appid)
    await control('POST', '/clock', { advance_seconds: 301 })
    const error = await catchError(WechatError, code2Session(wechat, { ...bound, js_code }))
    expect(error).toMatchObject({ errcode: 40029, fault: 'user' })
  })

  test('a code of another app is 40029, and the fix says so', async () => {
    const { wechat, login } = await emulate()
    const js_code = await login(unbound.appid)
    const error = await catchError(WechatError, code2Session(wechat, { ...bound, js_code }))
    expect(error.errcode).toBe(40029)
    expect(error.fix.en).toContain('another appid')
    expect(error.fix.zh).toContain('appid 不一致')
  })

  test('a wrong secret is 40125 and an unknown appid 40013, both the operator’s to mend', async () => {
    const { wechat, login } = await emulate()
    const js_code = await login(bound.appid)
    const wrong = [
      { ...bound, secret: '0'.repeat(32), js_code },
      { ...bound, appid: 'wx0000000000000000', js_code },
    ]
    const errors = await Promise.all(
      wrong.map((params) => catchError(WechatError, code2Session(wechat, params))),
    )
    expect(errors.map(({ errcode, fault }) => [errcode, fault])).toEqual([
      [40125, 'operator'],
      [40013, 'operator'],
    ])
  })

  test('an IP outside the whitelist is 40164, and the error names the IP to add', async () => {
    const { wechat, login, control } = await emulate()
    await control('PATCH', `/apps/${bound.appid}`, { ip_whitelist: ['203.0.113.9'] })
    const js_code = await login(bound.appid)
    const error = await catchError(WechatError, code2Session(wechat, { ...bound, js_code }))
    expect(error).toMatchObject({ errcode: 40164, fault: 'operator' })
    expect(error.message).toContain('127.0.0.1')
  })

  test('a frozen secret is 40243, a blocked user 40226, a spent minute 45011', async () => {
    const { wechat, login, control } = await emulate()
    const attempt = async (switches: object) => {
      await control('PATCH', `/apps/${bound.appid}`, switches)
      const js_code = await login(bound.appid)
      return catchError(WechatError, code2Session(wechat, { ...bound, js_code }))
    }
    const frozen = await attempt({ secret_frozen: true })
    const blocked = await attempt({ secret_frozen: false, blocked: true })
    const spent = await attempt({ blocked: [], quota: { jscode2session_per_minute: 0 } })
    expect([frozen, blocked, spent].map(({ errcode, fault }) => [errcode, fault])).toEqual([
      [40243, 'operator'],
      [40226, 'user'],
      [45011, 'wechat'],
    ])
    expect(spent.retryable).toBe(true)
  })

  test('the old form of the request id is read too', async () => {
    const { wechat, control } = await emulate()
    await control('PATCH', `/apps/${bound.appid}`, { errmsg_style: 'hints' })
    const error = await catchError(
      WechatError,
      code2Session(wechat, { ...bound, js_code: '0none' }),
    )
    expect(error.rid).toMatch(/^[\w-]{12}$/)
  })

  test('a reply with errcode 0 and expires_in is read like any other', async () => {
    const { wechat, login, control } = await emulate()
    await control('PATCH', `/apps/${bound.appid}`, {
      success_errcode: true,
      legacy_expires_in: true,
    })
    const js_code = await login(bound.appid)
    const session = await code2Session(wechat, { ...bound, js_code })
    expect(Object.keys(session).toSorted()).toEqual(['openid', 'session_key', 'unionid'])
  })

  test('[WX-5] -1 is retryable and never retried here', async () => {
    const { wechat, login, control } = await emulate()
    await control('POST', '/faults', { path: '/sns/jscode2session', fault: 'errcode', errcode: -1 })
    const js_code = await login(bound.appid)
    const error = await catchError(WechatError, code2Session(wechat, { ...bound, js_code }))
    expect(error).toMatchObject({ errcode: -1, fault: 'wechat', retryable: true })
    expect(await control('GET', '/calls')).toMatchObject({ calls: [{ errcode: -1 }] })
  })

  test.each([
    ['hang', { kind: 'timeout', sent: true }],
    ['reset', { kind: 'unreachable', sent: true }],
    ['truncate', { kind: 'bad_reply', sent: true }],
    ['html', { kind: 'bad_reply', sent: true }],
    ['empty', { kind: 'bad_reply', sent: true }],
    ['status', { kind: 'bad_reply', sent: true, status: 503 }],
  ])('[WX-5] the fault %s is an error of transport', async (fault, expected) => {
    const { wechat, login, control } = await emulate({ timeoutMs: 200 })
    await control('POST', '/faults', {
      path: '/sns/jscode2session',
      fault,
      ...(fault === 'status' && { status: 503 }),
    })
    const js_code = await login(bound.appid)
    const error = await catchError(
      WechatTransportError,
      code2Session(wechat, { ...bound, js_code }),
    )
    expect(error).toMatchObject(expected)
    expect(everythingIn(error)).not.toContain(bound.secret)
    expect(everythingIn(error)).not.toContain(js_code)
  })
})

describe('what goes out', () => {
  test('the request line has the four parameters, in a query, and no access_token', async () => {
    const requests: string[] = []
    const baseUrl = await serveRaw((socket, request) => {
      requests.push(request)
      socket.write(httpReply('{"openid":"o1","session_key":"k"}'))
    })
    await code2Session(connect(baseUrl), { appid: 'wx1', secret: "a+b/c='&x", js_code: '0-_Z' })
    expect(requests).toHaveLength(1)
    const [line] = (requests[0] ?? '').split('\r\n')
    expect(line).toBe(
      'GET /sns/jscode2session?appid=wx1&secret=a%2Bb%2Fc%3D%27%26x&js_code=0-_Z&grant_type=authorization_code HTTP/1.1',
    )
  })

  test('[WX-4] no code outside A-Z a-z 0-9 _ - of 1 to 128 characters causes a call', async () => {
    let requests = 0
    const baseUrl = await serveRaw((socket) => {
      requests += 1
      socket.destroy()
    })
    const wechat = connect(baseUrl)
    const hostile = fc.oneof(
      fc.constantFrom(
        '',
        'code&appid=wx2',
        'code\r\nHost: evil.example',
        'code#',
        'code%00',
        'a b',
        '０123',
        'code\n',
        'x'.repeat(129),
        'x'.repeat(1_000_000),
      ),
      fc.string({ unit: 'binary' }).filter((text) => !/^[A-Za-z0-9_-]{1,128}$/.test(text)),
    )
    await fc.assert(
      fc.asyncProperty(hostile, async (js_code) => {
        const error = await catchError(
          WechatInputError,
          code2Session(wechat, { ...canary, js_code }),
        )
        expect(error.parameter).toBe('js_code')
        // Shorter ones may be a part of the message by chance.
        const repeated = js_code.length > 20 && everythingIn(error).includes(js_code)
        expect(repeated).toBe(false)
      }),
    )
    expect(requests).toBe(0)
  })

  test('[WX-4] every allowed code arrives unchanged', async () => {
    const baseUrl = await serveRaw((socket, request) => {
      const target = request.split(' ')[1] ?? ''
      const code = new URL(target, 'http://localhost').searchParams.get('js_code')
      socket.write(httpReply(JSON.stringify({ openid: code, session_key: 'k' })))
    })
    const wechat = connect(baseUrl)
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/), async (js_code) => {
        const { openid } = await code2Session(wechat, { ...canary, js_code })
        expect(openid).toBe(js_code)
      }),
      { numRuns: 50 },
    )
  })

  test.each([
    [{ appid: '' }, 'appid'],
    [{ appid: 'wx1&secret=2' }, 'appid'],
    [{ secret: '' }, 'secret'],
    [{ secret: 'line\nbreak' }, 'secret'],
    [{ js_code: undefined }, 'js_code'],
    [{ js_code: ['a'] }, 'js_code'],
    [{ secret: undefined }, 'secret'],
  ])('%j is refused before any call', async (wrong, parameter) => {
    const wechat = connect('http://127.0.0.1:1')
    const error = await catchError(
      WechatInputError,
      code2Session(wechat, Object.assign<Code2SessionParams, object>({ ...canary }, wrong)),
    )
    expect(error.parameter).toBe(parameter)
    expect(leaks(error)).toEqual([])
  })
})

async function exchange(reply: object) {
  const baseUrl = await serveRaw((socket) => socket.write(httpReply(JSON.stringify(reply))))
  return code2Session(connect(baseUrl), canary)
}

describe('what comes back', () => {
  const good = { openid: 'o1', session_key: 'CANARYkey==' }

  test('[WX-1] the session_key prints as [secret]', async () => {
    const session = await exchange(good)
    expect(leaks(session)).toEqual([])
    expect(JSON.stringify(session)).toBe('{"openid":"o1","session_key":"[secret]"}')
    expect(session.session_key.reveal()).toBe('CANARYkey==')
  })

  test('fields that WeChat may add are not passed on', async () => {
    const session = await exchange({ ...good, errcode: 0, errmsg: 'ok', expires_in: 7200, new: {} })
    expect(Object.keys(session).toSorted()).toEqual(['openid', 'session_key'])
  })

  test.each([{ unionid: '' }, { unionid: null }])('%j is no unionid', async (extra) => {
    expect(await exchange({ ...good, ...extra })).not.toHaveProperty('unionid')
  })

  test.each([
    {},
    { openid: 'o1' },
    { session_key: 'k' },
    { openid: '', session_key: 'k' },
    { openid: 'o1', session_key: '' },
    { openid: 5, session_key: 'k' },
    { openid: ['o1'], session_key: 'k' },
    { openid: 'o1', session_key: 'CANARYkey==', unionid: 7 },
    { errcode: 0, errmsg: 'ok' },
  ])('%j is a bad reply', async (reply) => {
    const error = await catchError(WechatTransportError, exchange(reply))
    expect(error).toMatchObject({ kind: 'bad_reply', sent: true, status: 200 })
    expect(leaks(error)).toEqual([])
  })

  test('[WX-7] an errmsg that repeats our secret or code is scrubbed of both', async () => {
    const errmsg = `invalid ip 203.0.113.7, not in whitelist: secret=${encodeURIComponent(canary.secret)} ${canary.secret} ${canary.js_code}, rid: 1a-2b-3c`
    const error = await catchError(WechatError, exchange({ errcode: 40164, errmsg }))
    expect(leaks(error)).toEqual([])
    expect(error.message).toContain('203.0.113.7')
    expect(error.rid).toBe('1a-2b-3c')
  })
})
