import { routes } from '@kaimen/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeReply, describeRequest } from '../../src/stage/describe.ts'
import type { SentReply, SentRequest } from '../../src/stage/message.ts'

const canary = 'CANARY-f00d-13800138001'

const request = (path: string, more: Partial<SentRequest> = {}): SentRequest => ({
  from: 'phone-1',
  to: path.startsWith('/v1') ? 'server' : 'wechat',
  method: 'POST',
  url: new URL(path, 'http://127.0.0.1:4100'),
  headers: new Headers(),
  body: undefined,
  ...more,
})
const reply = (body: unknown, more: Partial<SentReply> = {}): SentReply => ({
  status: 200,
  headers: new Headers({ 'content-type': 'application/json' }),
  body: JSON.stringify(body),
  ...more,
})
const kindsOf = (arrow: { fields: readonly object[] }) =>
  Object.fromEntries(
    arrow.fields.map((field) => {
      const { name, ...rest } = field as { name: string; secret?: string; value?: string }
      return [name, rest.secret ?? `= ${rest.value}`]
    }),
  )

describe('what is shown of a message', () => {
  it('names a request by its route, whatever stands in its path', () => {
    const end = request(`/v1/me/sessions/${canary}`, { method: 'DELETE' })
    expect(describeRequest(end).title).toBe('DELETE /v1/me/sessions/{id}')
    const claim = request('/v1/scan/claim')
    expect(describeRequest(claim).title).toBe('POST /v1/scan/claim')
    expect(describeRequest(request(`/v1/${canary}`)).title).toBe('POST /v1/…')
  })

  it('explains every route in both languages, each in its own words', () => {
    const told = Object.values(routes).map(({ method, path }) => {
      const url = new URL(path.replaceAll(/\{\w+\}/g, 'x'), 'http://127.0.0.1')
      return describeRequest({ ...request('/v1'), method, url, to: 'server' }).explanation
    })
    for (const { zh, en } of told) {
      expect(zh).toMatch(/\p{Script=Han}/u)
      expect(en).toMatch(/^[A-Z]/)
    }
    const apart = new Set(told.map(({ en }) => en))
    expect(apart.size).toBe(told.length)
  })

  it('tells a login code from the name of an error', () => {
    const signIn = request('/v1/sign-in/wechat', {
      headers: new Headers({ 'content-type': 'application/json', 'idempotency-key': canary }),
      body: JSON.stringify({ app_id: 'wx0', code: canary }),
    })
    expect(kindsOf(describeRequest(signIn))).toEqual({
      'idempotency-key': 'idempotency_key',
      app_id: '= wx0',
      code: 'login_code',
    })
    const problem = reply({ code: 'code_used', status: 400 }, { status: 400 })
    const shown = describeReply(signIn, problem, 3)
    expect(shown).toMatchObject({ title: '400 code_used', failed: true, tookMs: 3 })
    expect(kindsOf(shown)).toMatchObject({ code: '= code_used' })
  })

  it('names the secrets of an exchange with WeChat, and what came back', () => {
    const exchange = request(`/sns/jscode2session?appid=wx0&secret=${canary}&js_code=${canary}`, {
      from: 'server',
      method: 'GET',
    })
    expect(kindsOf(describeRequest(exchange))).toEqual({
      '?appid': '= wx0',
      '?secret': 'app_secret',
      '?js_code': 'login_code',
    })
    const answer = reply({ openid: canary, session_key: canary })
    expect(describeReply(exchange, answer, 1)).toMatchObject({
      title: 'openid, session_key',
      failed: false,
      fields: [
        { name: 'openid', secret: 'openid', length: canary.length },
        { name: 'session_key', secret: 'session_key', length: canary.length },
      ],
    })
  })

  it('reads a form as OAuth sends it', () => {
    const refresh = request('/v1/token', {
      headers: new Headers({ 'content-type': 'application/x-www-form-urlencoded' }),
      body: `grant_type=refresh_token&refresh_token=${canary}`,
    })
    expect(kindsOf(describeRequest(refresh))).toEqual({
      grant_type: '= refresh_token',
      refresh_token: 'refresh_token',
    })
  })

  it('calls a refusal of WeChat’s one, an HTML page, and no reply at all', () => {
    const exchange = request('/sns/jscode2session', { from: 'server' })
    const refused = describeReply(exchange, reply({ errcode: 40029, errmsg: 'invalid code' }), 1)
    expect(refused).toMatchObject({ title: 'errcode 40029', failed: true })
    const html = { status: 502, headers: new Headers({ 'content-type': 'text/html' }) }
    expect(describeReply(exchange, { ...html, body: '<html>' }, 1).failed).toBe(true)
    expect(describeReply(exchange, { ...html, status: 200, body: '' }, 1).failed).toBe(true)
    expect(describeReply(exchange, undefined, 1)).toMatchObject({ title: '✕', failed: true })
    const login = request('/emulator/wx/login')
    expect(describeReply(login, reply({ errMsg: 'login:fail' }), 1).failed).toBe(true)
    expect(describeReply(login, reply({ errMsg: 'login:ok', code: canary }), 1)).toMatchObject({
      title: 'login:ok',
      failed: false,
    })
  })

  it('shows no text of a field that is on no list, wherever it stands', () => {
    const path = fc.constantFrom(
      ...Object.values(routes).map((route) => route.path.replaceAll(/\{\w+\}/g, canary)),
      '/sns/jscode2session',
      '/wxa/business/getuserphonenumber',
      '/emulator/wx/getPhoneNumber',
      `/${canary}`,
    )
    const names =
      'code js_code access_token refresh_token token session_key openid unionid phone otp password ' +
      'ticket secret signature iv rawData encryptedData phoneNumber purePhoneNumber id qr_url scene buffer'
    const secret = fc.constantFrom(...names.split(' '))
    const name = fc.oneof(secret, fc.string({ minLength: 30 }))
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.constant(canary),
        fc.dictionary(name, tie('any'), { maxKeys: 4 }),
        fc.array(tie('any'), { maxLength: 3 }),
      ),
    })).any
    const body = fc.dictionary(name, value)
    fc.assert(
      fc.property(path, body, fc.constantFrom('server', 'wechat'), (path, body, to) => {
        const headers = new Headers({
          'content-type': 'application/json',
          authorization: `Bearer ${canary}`,
          cookie: `kaimen=${canary}`,
          'set-cookie': `kaimen=${canary}`,
          'idempotency-key': canary,
        })
        const url = new URL(`${path}?code=${canary}&state=${canary}`, 'http://127.0.0.1')
        const sent = { ...request('/v1'), to, url, headers, body: JSON.stringify(body) }
        const shown = [
          describeRequest(sent),
          describeReply(sent, reply(body, { headers }), 1),
          describeReply(sent, undefined, 1),
        ]
        expect(JSON.stringify(shown)).not.toContain(canary)
      }),
    )
  })
})
