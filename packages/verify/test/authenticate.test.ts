import { describe, expect, it } from 'vitest'
import { authenticate, VerifyError, type AuthOptions, type VerifyErrorCode } from '../src/index.ts'
import { requireAuth } from '../src/express.ts'
import type { Claims } from '../src/read-token.ts'

const claims: Claims = {
  iss: 'https://auth.example.com',
  aud: 'https://auth.example.com',
  sub: 'usr_00000000001',
  sid: 'ses_00000000001',
  client_id: 'wx-a',
  jti: '1',
  iat: 1,
  exp: 901,
}

const asked: unknown[] = []
const taking = {
  verify(token: string, options?: object) {
    asked.push([token, options])
    return Promise.resolve(claims)
  },
}
const refusing = (code: VerifyErrorCode) => ({
  verify: () => Promise.reject(new VerifyError(code, 'for a test')),
})

const ask = (authorization: string | undefined, options?: AuthOptions, verifier = taking) =>
  authenticate(verifier, (name) => (name === 'authorization' ? authorization : 'en'), options)

describe('authenticate', () => {
  it('finds the token whatever the case of Bearer, and asks strictly where it should', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer ']) {
      expect(await ask(`${scheme} abc.def`)).toEqual({ claims })
    }
    await ask('Bearer abc.def', { strict: true })
    expect(asked.at(-1)).toEqual(['abc.def', { strict: true }])
  })

  it('takes nothing for a token that is none', async () => {
    for (const header of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Basic abc',
      'Bearer a b',
      'Bearer a, Bearer b',
      'Bearer 令牌',
      'abc.def',
    ]) {
      const { problem } = await ask(header)
      expect([header, problem?.status, problem?.headers['www-authenticate']]).toEqual([
        header,
        401,
        'Bearer',
      ])
    }
  })

  it('lets in who sends nothing where a token is optional, and nobody who sends a bad one', async () => {
    expect(await ask(undefined, { optional: true })).toEqual({ claims: undefined })
    expect((await ask('', { optional: true })).problem?.status).toBe(401)
    const { problem } = await ask('Bearer x', { optional: true }, refusing('session_ended'))
    expect(problem?.body.code).toBe('session_ended')
  })

  it('keeps out other apps, and whom check does not take', async () => {
    expect(await ask('Bearer x', { apps: ['wx-a', 'wx-b'] })).toEqual({ claims })
    expect((await ask('Bearer x', { apps: ['wx-b'] })).problem?.status).toBe(403)
    expect((await ask('Bearer x', { apps: [] })).problem?.status).toBe(403)
    expect(await ask('Bearer x', { check: ({ sub }) => sub === claims.sub })).toEqual({ claims })
    expect((await ask('Bearer x', { check: async () => false })).problem?.status).toBe(403)
    await expect(
      ask('Bearer x', { check: () => Promise.reject(new Error('own')) }),
    ).rejects.toThrow('own')
  })

  it('tells the client what to do next, by the code', async () => {
    const told = await Promise.all(
      (['token_expired', 'token_invalid', 'session_ended', 'unavailable'] as const).map(
        async (code) => {
          const { problem } = await ask('Bearer x', {}, refusing(code))
          const { 'retry-after': wait, 'www-authenticate': challenge } = problem?.headers ?? {}
          return [problem?.body.code, problem?.status, problem?.body.action, wait, challenge]
        },
      ),
    )
    const challenge = 'Bearer error="invalid_token"'
    expect(told).toEqual([
      ['token_expired', 401, 'retry', undefined, challenge],
      ['token_invalid', 401, 'relogin', undefined, challenge],
      ['session_ended', 401, 'relogin', undefined, challenge],
      ['unavailable', 503, 'wait', '1', undefined],
    ])
  })

  it('on Express hands what fails in check to the next handler', async () => {
    const failed = new Promise((resolve) => {
      const check = () => Promise.reject(new Error('own'))
      const res = { statusCode: 200, setHeader() {}, end() {} }
      const req = { headers: { authorization: 'Bearer x' } }
      void requireAuth(taking, { check })(req, res, resolve)
    })
    expect(await failed).toEqual(new Error('own'))
  })
})
