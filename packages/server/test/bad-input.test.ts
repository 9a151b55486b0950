import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { routes, serviceScopes, type ErrorCode, type Route } from '@kaimen/protocol'
import fc from 'fast-check'
import type { JWK } from 'jose'
import type { GenericSchema } from 'valibot'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { readKeyRing } from '../src/key-ring.ts'
import { open } from '../src/seal.ts'
import { expectProblem, readProblem } from './support/problem.ts'
import { fieldsOf, isOptional, sample, wrongValues } from './support/sample.ts'
import {
  openAppId,
  openWorld,
  phoneAppId,
  testSecret,
  type Reply,
  type SignedInBody,
  type StoreKind,
  type World,
} from './support/world.ts'

type BodyRoute = Route & { readonly body: GenericSchema }

const table = Object.values<Route>(routes)
const bodyRoutes = table.filter((route): route is BodyRoute => route.body !== undefined)
const formRoutes = bodyRoutes.filter(({ form }) => form)
const jsonOnlyRoutes = bodyRoutes.filter(({ form }) => !form)
const bearerRoutes = table.filter(({ auth }) => auth === 'bearer' || auth === 'app')
const paths = [...new Set(table.map(({ path }) => path))]

const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const english = { 'accept-language': 'en' }
/** From a page of ours: without it what a cookie is good for is refused before it is read. */
const ownPage = { origin: 'http://kaimen.test' }
const megabyte = 1024 * 1024

const pushToken = 'canaryPushToken'

/** Whether a path is one of the route's: its own, or as `/v1/scan/claim` is one of `/v1/scan/{id}`. */
const answers = (route: Route, path: string) =>
  new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path)

const isPage = ({ headers }: Reply) => headers.get('content-type') === 'text/html; charset=utf-8'

/** Each verb of the store that writes. */
const writingVerbs = [
  'signIn',
  'setUserStatus',
  'rotateSession',
  'endSession',
  'endOtherSessions',
  'addSigningKey',
  'resealSigningKey',
  'promoteSigningKey',
  'retireSigningKey',
  'replaceSigningKeys',
  'setPreferences',
  'deleteUser',
  'linkIdentity',
  'unlinkIdentity',
  'changePhone',
  'setPassword',
  'withdrawData',
  'mergeUsers',
  'addCredential',
  'rotateCredential',
  'endCredential',
  'endPreviousSecret',
  'noteCredentialUse',
  'addCutoff',
  'endCutSessions',
] as const

/** What is written down of bad input; and that a good nickname was among it. */
const expected = ['sign_in_failed', 'profile_changed']

/** Every row of every table, by a connection that is not the server's, but for what is expected. */
function dump(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true })
  const tables = database.prepare(`select name from sqlite_schema where type = 'table'`).all()
  const rows = tables.map(({ name }) => [
    name,
    database
      .prepare(`select * from "${String(name)}"`)
      .all()
      .filter(({ kind }) => !expected.includes(String(kind)))
      .map(({ nickname: _, ...row }) => row),
  ])
  database.close()
  return JSON.stringify(rows)
}

function expectUntouched({ store, path, events, reports }: World, before: string | undefined) {
  const written = writingVerbs.filter((verb) => vi.mocked(store[verb]).mock.calls.length > 0)
  // Taken out first: what one test wrote is not the next one's.
  for (const verb of writingVerbs) vi.mocked(store[verb]).mockClear()
  const told = events.splice(0).filter(({ kind }) => !expected.includes(kind))
  expect([written, told, reports.splice(0)]).toEqual([[], [], []])
  if (path) expect(dump(path) === before).toBe(true)
}

describe.each<StoreKind>(['memory', 'sqlite'])('bad input, on %s', (storeKind) => {
  let world: World
  let signedIn: SignedInBody
  let serviceSecret: string
  let privateKey: KeyObject
  let kid: string

  beforeAll(async () => {
    world = await openWorld({
      storeKind,
      apps: ([app, ...others]) =>
        app ? [{ ...app, push: { token: pushToken }, scan: { page: 'a' } }, ...others] : [],
    })
    signedIn = await world.signIn()
    const scopes = [...serviceScopes]
    const credential = await world.auth.credentials.create({ name: 'a back end', scopes })
    serviceSecret = credential.secret.reveal()
    // That it was used is written once an hour.
    await world.send('GET', '/v1/revocations?wait=0', { token: serviceSecret })
    const ring = readKeyRing(testSecret)
    const [key] = await world.store.listSigningKeys()
    if (typeof ring === 'string' || !key) throw new Error('no signing key')
    kid = key.kid
    const place = { table: 'signing_keys', row: kid, column: 'sealed' }
    const jwk = JSON.parse(open(ring, place, key.sealed) ?? '') as JWK
    privateKey = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
    for (const verb of writingVerbs) vi.spyOn(world.store, verb)
    world.events.length = 0
  })
  afterAll(() => world.close())

  // Whatever is sent in this file: nothing is written, told, or reported as a failure of ours.
  let before: string | undefined
  beforeEach(() => {
    before = world.path && dump(world.path)
  })
  afterEach(() => expectUntouched(world, before))

  /** The route’s path with what it asks for filled in. */
  const fill = ({ path, query = {} }: Pick<Route, 'path' | 'query'>) => {
    const search = Object.keys(query).map((name) => `${name}=true`)
    const filled = path.replace('{id}', signedIn.session_id).replace('{app_id}', openAppId)
    return search.length > 0 ? `${filled}?${search.join('&')}` : filled
  }
  const tokenFor = ({ auth }: Route) => (auth === 'service' ? serviceSecret : signedIn.access_token)
  /** Sends a body as it is. A caller who is let in, so that the body alone is what is wrong. */
  const sendRaw = (
    route: Route,
    body: string | Uint8Array,
    headers: Record<string, string> = json,
  ) =>
    world.send(route.method, fill(route), {
      body,
      headers: { ...english, ...ownPage, ...headers },
      token: tokenFor(route),
    })
  const sendJson = (route: Route, body: unknown) => sendRaw(route, JSON.stringify(body))

  /** That of a success, of a page for a person, or of a problem that the protocol has. */
  const statusOf = (reply: Reply) =>
    reply.status < 300 || isPage(reply) ? reply.status : readProblem(reply).status
  /** The detail of a `body_invalid` that gives nothing away. */
  const bodyInvalid = (reply: Reply) => {
    const { detail } = expectProblem(reply, 'body_invalid')
    expect(reply.text).not.toContain('canary-value')
    return detail
  }
  const named = (field: string) => new RegExp(`[ .]${field}\\b`)

  describe('methods and paths', () => {
    it.each(paths)('%s answers a method that it does not have with 405 and Allow', async (path) => {
      const allowed = table.filter((route) => answers(route, path)).map(({ method }) => method)
      for (const method of [
        'GET',
        'POST',
        'PUT',
        'PATCH',
        'DELETE',
        'OPTIONS',
        'PROPFIND',
      ] as const) {
        if (allowed.some((each) => each === method)) continue
        const reply = await world.send(method, fill({ path }))
        expect(readProblem(reply).code).toBe('method_not_allowed')
        expect(reply.headers.get('allow')?.split(', ').sort()).toEqual(
          // HEAD is answered wherever GET is.
          allowed.flatMap((each) => (each === 'GET' ? ['GET', 'HEAD'] : each)).sort(),
        )
      }
    })

    it.each(paths)('%s answers HEAD as it does GET, without a body', async (path) => {
      const head = await world.send('HEAD', fill({ path }))
      const get = await world.send('GET', fill({ path }))
      expect(head.text).toBe('')
      expect(head.status).toBe(get.status)
      expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(get.headers))
    })

    it.each([
      '/',
      '//',
      '/v1',
      '/v1/me/',
      '/V1/me',
      '/v1/me/sessions/',
      '/v1/me/sessions/a/b',
      '/v1/../v1/nothing',
      '/v1/me%2Fsessions',
      '/v1/me;x=1',
      '/%',
      '/%ff%fe',
      '/v1/token%00',
      '/.well-known/',
      `/${'x'.repeat(8000)}`,
    ])('no route answers %s', async (path) => {
      expect(readProblem(await world.send('GET', path)).code).toBe('not_found')
      expect(readProblem(await world.send('POST', path, { json: {} })).code).toBe('not_found')
    })

    it.each([
      'x',
      'ses_',
      'ses_00000000000',
      'ses_zzzzzzzzzzz',
      'usr_00000000001',
      '%00',
      '%ff',
      '__proto__',
    ])('no session is named %s', async (id) => {
      const { access_token: token } = signedIn
      if (id === 'ses_00000000000') return
      const reply = await world.send('DELETE', `/v1/me/sessions/${id}`, { token })
      expect(readProblem(reply).code).toBe('not_found')
    })

    it.each(['', '?others', '?others=', '?others=false', '?others=TRUE', '?other=true'])(
      'DELETE /v1/me/sessions%s ends nothing',
      async (query) => {
        const { access_token: token } = signedIn
        expect(
          readProblem(await world.send('DELETE', `/v1/me/sessions${query}`, { token })).code,
        ).toBe('body_invalid')
      },
    )
  })

  describe('the URL check of message push', () => {
    const signed = { timestamp: '1700000000', nonce: '42', echostr: '7410' }
    const sign = ({ timestamp, nonce }: typeof signed, token = pushToken) =>
      createHash('sha1').update([token, timestamp, nonce].toSorted().join('')).digest('hex')
    const check = (query: Record<string, string>, app_id = openAppId) =>
      world.send('GET', `/v1/wechat/push/${app_id}?${new URLSearchParams(query).toString()}`)
    const right = { ...signed, signature: sign(signed) }

    it('is answered with its echostr', async () => {
      expect(await check(right)).toMatchObject({ status: 200, text: '7410' })
    })

    it.each(Object.keys(right))('is refused without %s', async (name) => {
      const { [name as keyof typeof right]: _, ...rest } = right
      expectProblem(await check(rest), 'data_invalid')
      expectProblem(await check({ ...rest, [name]: '' }), 'data_invalid')
    })

    it.each(['signature', 'timestamp', 'nonce'] as const)(
      'is refused with another %s than what was signed',
      async (name) => {
        expectProblem(await check({ ...right, [name]: `${right[name]}0` }), 'data_invalid')
      },
    )

    it.each(['', 'another', `${pushToken}1`, pushToken.toLowerCase()])(
      'is refused when it was signed with the Token %j',
      async (token) => {
        const reply = await check({ ...signed, signature: sign(signed, token) })
        expectProblem(reply, 'data_invalid')
        expect(reply.text).not.toContain(pushToken)
      },
    )

    it.each(['x'.repeat(129), 'a\nb', 'a\0b', '\u007f', '字', '\ud800'])(
      'does not repeat the echostr %j, however well it is signed',
      async (echostr) => {
        expectProblem(await check({ ...right, echostr }), 'data_invalid')
      },
    )

    it.each([phoneAppId, 'wx0000000000000000', '__proto__', 'constructor', '%00', '..%2f'])(
      'is answered for no app %s, which has no push or is none',
      async (app_id) => {
        expectProblem(await check(right, app_id), 'not_found')
      },
    )
  })

  describe.each(bodyRoutes)('the body of $method $path', (route) => {
    const valid = sample(route.body) as Record<string, unknown>

    it.each(fieldsOf(route.body))(
      'has a field %s, and no wrong value of it is taken',
      async (name, schema) => {
        const values = wrongValues(schema)
        expect(values.length).toBeGreaterThan(3)
        for (const value of values) {
          expect(bodyInvalid(await sendJson(route, { ...valid, [name]: value }))).toMatch(
            named(name),
          )
        }
      },
    )

    it.each(fieldsOf(route.body).filter(([, schema]) => !isOptional(schema)))(
      'is refused without the field %s, which is named',
      async (name) => {
        const { [name]: _, ...rest } = valid
        expect(bodyInvalid(await sendJson(route, rest))).toMatch(named(name))
      },
    )

    it.each([
      'canary',
      'openid',
      'unionid',
      'session_key',
      'app-id',
      'Code',
      'constructor',
      'toString',
      '__proto__',
    ])(
      'is refused with the unknown field %s, whose value is not repeated [WX-12]',
      async (name) => {
        // Spelt out: in an object literal `__proto__` would be no field at all.
        const body = `{"${name}":{"polluted":"canary-value"},${JSON.stringify(valid).slice(1)}`
        const reply = await sendRaw(route, body)
        expect(bodyInvalid(reply)).toMatch(named(name))
        expect({}).not.toHaveProperty('polluted')
      },
    )

    it('is refused with a field whose name is text that could forge something, unnamed', async () => {
      for (const name of ['<script>', 'a\r\nb', 'canary value', 'x'.repeat(65), '字段', '']) {
        const { detail } = expectProblem(
          await sendJson(route, { ...valid, [name]: 1 }),
          'body_invalid',
        )
        expect(detail).toBe('The body does not have the right shape.')
      }
    })

    it.each([
      '',
      ' ',
      '{',
      '{"a":}',
      "{'a':1}",
      '{"a":1}{"b":2}',
      'undefined',
      'NaN',
      '\0',
      '{"a":"\n"}',
    ])('is not valid JSON: %j', async (body) =>
      expect(bodyInvalid(await sendRaw(route, body))).toMatch(/^(The (body|field)|Unknown field)/),
    )

    it.each([
      ['null', 'null'],
      ['a list', '[]'],
      ['a list of objects', '[{}]'],
      ['a text', '"canary"'],
      ['a number', '1e999'],
      ['a truth', 'true'],
      ['a list, 10,000 deep', '['.repeat(10_000) + ']'.repeat(10_000)],
      ['an object, 10,000 deep', '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
    ])('may not be %s', async (_, body) =>
      expect(bodyInvalid(await sendRaw(route, body))).toMatch(/^(The (body|field)|Unknown field)/),
    )

    it('may not hold something 10,000 deep in a field', async () => {
      for (const [name] of fieldsOf(route.body)) {
        const deep = '['.repeat(10_000) + ']'.repeat(10_000)
        const body = JSON.stringify({ ...valid, [name]: 'deep' }).replace('"deep"', deep)
        expect(bodyInvalid(await sendRaw(route, body))).toMatch(named(name))
      }
    })

    it('is refused beyond 64 KB, with and without Content-Length', async () => {
      const body = JSON.stringify({ ...valid, canary: 'x'.repeat(megabyte) })
      const length = { 'content-length': String(body.length) }
      expect(readProblem(await sendRaw(route, body)).code).toBe('body_too_large')
      expect(readProblem(await sendRaw(route, body, { ...json, ...length })).code).toBe(
        'body_too_large',
      )
      expect(
        readProblem(await sendRaw(route, '', { ...json, 'content-length': '9'.repeat(30) })).code,
      ).toBe('body_too_large')
    })

    it('is refused under another content type, or none', async () => {
      const body = JSON.stringify(valid)
      const types = [
        'text/plain',
        'application/json5',
        'application/x-json',
        'multipart/form-data',
        'json',
        ',',
        '',
      ]
      for (const type of types) {
        expect(readProblem(await sendRaw(route, body, { 'content-type': type })).code).toBe(
          'media_type_unsupported',
        )
      }
      const bytes = new TextEncoder().encode(body)
      expect(readProblem(await sendRaw(route, bytes, {})).code).toBe('media_type_unsupported')
      const token = tokenFor(route)
      const bare = await world.send(route.method, fill(route), { token, headers: ownPage })
      expect(readProblem(bare).code).toBe('media_type_unsupported')
    })

    it('may be any bytes without harm, UTF-8 or not', async () => {
      for (const [name] of fieldsOf(route.body)) {
        const head = Buffer.from(`{"${name}":"`)
        for (const bytes of [
          [0xff],
          [0xc3, 0x28],
          [0xed, 0xa0, 0x80],
          [0xf8, 0x88, 0x80, 0x80, 0x80],
        ]) {
          const body = Buffer.concat([head, Buffer.from(bytes), Buffer.from('"}')])
          expect(statusOf(await sendRaw(route, body))).toBeLessThan(500)
        }
      }
    })
  })

  describe.each(jsonOnlyRoutes)('$method $path', (route) => {
    it('does not take a form', async () => {
      expect(readProblem(await sendRaw(route, 'code=x', form)).code).toBe('media_type_unsupported')
    })
  })

  describe.each(formRoutes)('the form of $method $path', (route) => {
    const valid = new URLSearchParams(sample(route.body) as Record<string, string>)

    it.each(fieldsOf(route.body))('may not repeat %s (RFC 6749 section 3.2)', async (name) => {
      const body = `${valid.toString()}&${name}=canary-value`
      expect(bodyInvalid(await sendRaw(route, body, form))).toMatch(named(name))
    })

    it('may hold fields that nobody knows, once or twice (RFC 6749 section 3.2)', async () => {
      const unknown = 'scope=a&scope=b&__proto__=x&constructor=y&%ff=%&resource'
      const plain = await sendRaw(route, valid.toString(), form)
      const more = await sendRaw(route, `${unknown}&${valid.toString()}`, form)
      expect([more.status, more.text]).toEqual([plain.status, plain.text])
    })

    it('treats a field without a value as left out (RFC 6749 section 3.2)', async () => {
      for (const [name, schema] of fieldsOf(route.body)) {
        const empty = new URLSearchParams(valid)
        empty.set(name, '')
        const absent = new URLSearchParams(valid)
        absent.delete(name)
        const [one, other] = [
          await sendRaw(route, empty.toString(), form),
          await sendRaw(route, absent.toString(), form),
        ]
        expect([one.status, one.text]).toEqual([other.status, other.text])
        if (!isOptional(schema)) expect(bodyInvalid(one)).toMatch(named(name))
      }
    })

    it('is refused beyond 64 KB', async () => {
      const body = `${valid.toString()}&canary=${'x'.repeat(megabyte)}`
      expect(readProblem(await sendRaw(route, body, form)).code).toBe('body_too_large')
    })
  })

  describe('sign-in with the code of wx.login', () => {
    const signInWith = (body: object, headers: Record<string, string> = {}) =>
      world.send('POST', '/v1/sign-in/wechat', { json: body, headers: { ...english, ...headers } })

    it.each([
      'wx0000000000000000',
      'x',
      '__proto__',
      'constructor',
      '',
      '../',
      'wx0a1b2c3d4e5f0002',
    ])('knows no app %j that a mini program could be, and spends no code on it', async (app_id) => {
      const code = await world.wxLogin()
      const exchanges = await world.exchanges()
      expect(readProblem(await signInWith({ app_id, code })).code).toBe(
        app_id === '' ? 'body_invalid' : 'app_unknown',
      )
      expect(await world.exchanges()).toBe(exchanges)
    })

    it('asks for the app where the server has several mini programs', async () => {
      expect(readProblem(await signInWith({ code: await world.wxLogin() })).code).toBe(
        'app_unknown',
      )
    })

    it.each([
      'x&appid=wx0a1b2c3d4e5f0004',
      'x&secret=1#',
      'x%26appid=y',
      'x\r\nHost: evil',
      'x HTTP/1.1\r\n\r\nGET /',
      '../../cgi-bin/token',
      'x y',
      'ｃｏｄｅ',
      '编码',
      '💥',
      '\ud800',
      '\0',
      '\u202e',
      ' ',
      'x?',
      "'; drop table users; --",
    ])('[WX-4] a code like %j is refused before WeChat is asked', async (code) => {
      const exchanges = await world.exchanges()
      const reply = await signInWith({ app_id: openAppId, code })
      expect(readProblem(reply).code).toBe('code_invalid')
      expect(reply.text).not.toContain('evil')
      expect(await world.exchanges()).toBe(exchanges)
    })

    it('[WX-4] a code of 129 characters, 60 KB or 1 MB is refused before WeChat is asked', async () => {
      const exchanges = await world.exchanges()
      const sizes: [number, ErrorCode][] = [
        [129, 'body_invalid'],
        [60_000, 'body_invalid'],
        [megabyte, 'body_too_large'],
      ]
      for (const [size, problem] of sizes) {
        expect(
          readProblem(await signInWith({ app_id: openAppId, code: 'x'.repeat(size) })).code,
        ).toBe(problem)
      }
      expect(await world.exchanges()).toBe(exchanges)
    })

    it('a code that WeChat never issued is invalid, in either app', async () => {
      for (const app_id of [openAppId, phoneAppId]) {
        const problem = expectProblem(
          await signInWith({ app_id, code: `0${'x'.repeat(31)}` }),
          'code_invalid',
        )
        expect(problem.wechat?.errcode).toBe(40029)
      }
    })

    it('a code of another app is invalid', async () => {
      const code = await world.wxLogin(undefined, phoneAppId)
      expect(readProblem(await signInWith({ app_id: openAppId, code })).code).toBe('code_invalid')
    })

    it.each(['', 'x'.repeat(129), 'a b', 'a\tb', 'é', '\x7f'])(
      'the Idempotency-Key %j is refused, and the code is not spent',
      async (key) => {
        const exchanges = await world.exchanges()
        const code = await world.wxLogin()
        const reply = await signInWith({ app_id: openAppId, code }, { 'idempotency-key': key })
        expect(expectProblem(reply, 'body_invalid').detail).toContain('Idempotency-Key')
        expect(await world.exchanges()).toBe(exchanges)
      },
    )
  })

  describe('tokens', () => {
    const b64 = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
    const mint = (
      payload: object,
      { header = {}, key = privateKey }: { header?: object; key?: KeyObject } = {},
    ) => {
      const input = `${b64({ alg: 'ES256', typ: 'at+jwt', kid, ...header })}.${b64(payload)}`
      const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
      return `${input}.${signature.toString('base64url')}`
    }
    const parts = () => signedIn.access_token.split('.') as [string, string, string]
    const claims = () =>
      JSON.parse(Buffer.from(parts()[1], 'base64url').toString()) as Record<string, unknown>
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })

    const cases: [name: string, authorization: () => string | undefined, code: ErrorCode][] = [
      ['no header', () => undefined, 'token_invalid'],
      ['an empty header', () => '', 'token_invalid'],
      ['Bearer alone', () => 'Bearer', 'token_invalid'],
      ['Basic credentials', () => `Basic ${btoa('user:pass')}`, 'token_invalid'],
      ['a token under Basic', () => `Basic ${signedIn.access_token}`, 'token_invalid'],
      ['a bare token', () => signedIn.access_token, 'token_invalid'],
      [
        'two tokens',
        () => `Bearer ${signedIn.access_token} ${signedIn.access_token}`,
        'token_invalid',
      ],
      ['a list of credentials', () => `Basic x, Bearer ${signedIn.access_token}`, 'token_invalid'],
      ['garbage', () => 'Bearer garbage', 'token_invalid'],
      ['three dots', () => 'Bearer ...', 'token_invalid'],
      ['10 kB', () => `Bearer ${'x'.repeat(10_240)}`, 'token_invalid'],
      [
        'a good token, padded to 10 kB',
        () => `Bearer ${mint({ ...claims(), pad: 'x'.repeat(8000) })}`,
        'token_invalid',
      ],
      ['the refresh token', () => `Bearer ${signedIn.refresh_token}`, 'token_invalid'],
      ['the session id', () => `Bearer ${signedIn.session_id}`, 'token_invalid'],
      [
        'an expired token',
        () => `Bearer ${mint({ ...claims(), iat: 1, exp: 2 })}`,
        'token_expired',
      ],
      [
        'another key under our kid',
        () => `Bearer ${mint(claims(), { key: stranger.privateKey })}`,
        'token_invalid',
      ],
      ['another kid', () => `Bearer ${mint(claims(), { header: { kid: 'x' } })}`, 'token_invalid'],
      [
        'kid __proto__',
        () => `Bearer ${mint(claims(), { header: { kid: '__proto__' } })}`,
        'token_invalid',
      ],
      [
        'kid as a list',
        () => `Bearer ${mint(claims(), { header: { kid: [kid] } })}`,
        'token_invalid',
      ],
      [
        'another typ',
        () => `Bearer ${mint(claims(), { header: { typ: 'JWT' } })}`,
        'token_invalid',
      ],
      [
        'a crit that nobody knows',
        () => `Bearer ${mint(claims(), { header: { crit: ['x'], x: 1 } })}`,
        'token_invalid',
      ],
      [
        'alg none',
        () => `Bearer ${b64({ alg: 'none', typ: 'at+jwt', kid })}.${parts()[1]}.`,
        'token_invalid',
      ],
      [
        'alg HS256',
        () => `Bearer ${b64({ alg: 'HS256', typ: 'at+jwt', kid })}.${parts()[1]}.${b64(kid)}`,
        'token_invalid',
      ],
      ['no signature', () => `Bearer ${parts()[0]}.${parts()[1]}.`, 'token_invalid'],
      [
        'a signature in DER',
        () =>
          `Bearer ${parts()[0]}.${parts()[1]}.${sign('sha256', Buffer.from(`${parts()[0]}.${parts()[1]}`), privateKey).toString('base64url')}`,
        'token_invalid',
      ],
      [
        'another payload',
        () => `Bearer ${parts()[0]}.${b64({ ...claims(), sub: 'usr_00000000001' })}.${parts()[2]}`,
        'token_invalid',
      ],
      [
        'another issuer',
        () => `Bearer ${mint({ ...claims(), iss: 'http://kaimen.test/' })}`,
        'token_invalid',
      ],
      [
        'another audience',
        () => `Bearer ${mint({ ...claims(), aud: 'http://other.test' })}`,
        'token_invalid',
      ],
      ['no audience', () => `Bearer ${mint({ ...claims(), aud: undefined })}`, 'token_invalid'],
      ['no expiry', () => `Bearer ${mint({ ...claims(), exp: undefined })}`, 'token_invalid'],
      [
        'an expiry in text',
        () => `Bearer ${mint({ ...claims(), exp: '9999999999' })}`,
        'token_invalid',
      ],
      [
        'a subject that is no user id',
        () => `Bearer ${mint({ ...claims(), sub: 'admin' })}`,
        'token_invalid',
      ],
      [
        'a session id in a list',
        () => `Bearer ${mint({ ...claims(), sid: [claims()['sid']] })}`,
        'token_invalid',
      ],
      ['a payload that is a list', () => `Bearer ${mint([claims()])}`, 'token_invalid'],
      [
        'another user’s session',
        () => `Bearer ${mint({ ...claims(), sub: 'usr_00000000001' })}`,
        'session_ended',
      ],
    ]

    describe.each(bearerRoutes)('$method $path', (route) => {
      it.each(cases)(
        'refuses %s and says how to authenticate [TK-1] [TK-2] [TK-3] [TK-7]',
        async (_, authorization, code) => {
          const value = authorization()
          const reply = await world.send(route.method, fill(route), {
            headers: value === undefined ? {} : { authorization: value },
          })
          expect(readProblem(reply).code).toBe(code)
          expect(reply.status).toBe(401)
          expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer\b/)
        },
      )

      it('does not take a token from the query (RFC 6750 section 5.3)', async () => {
        const path = fill(route)
        const joint = path.includes('?') ? '&' : '?'
        const reply = await world.send(
          route.method,
          `${path}${joint}access_token=${signedIn.access_token}`,
        )
        expect(readProblem(reply).code).toBe('token_invalid')
      })
    })

    it('a token that this file mints with the server’s key is let in, so the cases above fail for their own reason', async () => {
      const reply = await world.send('GET', '/v1/me', { token: mint(claims()) })
      expect(reply.status).toBe(200)
    })

    it.each(['kmr_', 'kmr_x', 'x', 'kmr_' + 'A'.repeat(63), 'kmr_' + 'A'.repeat(64), 'é', ' '])(
      '[RT-6] the refresh token %j is refused without a read of the store',
      async (refresh_token) => {
        const read = vi.spyOn(world.store, 'findSession')
        const body = { grant_type: 'refresh_token', refresh_token }
        expect(readProblem(await world.send('POST', '/v1/token', { json: body })).code).toBe(
          'token_invalid',
        )
        expect(read).not.toHaveBeenCalled()
        read.mockRestore()
      },
    )

    it('[RT-6] [CR-2] a refresh token with any one bit changed is refused without a read of the store', async () => {
      const bytes = Buffer.from(signedIn.refresh_token.slice('kmr_'.length), 'base64url')
      const read = vi.spyOn(world.store, 'findSession')
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const forged = Buffer.from(bytes)
        forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const refresh_token = `kmr_${forged.toString('base64url')}`
        const body = { grant_type: 'refresh_token', refresh_token }
        const reply = await world.send('POST', '/v1/token', { json: body })
        expect(readProblem(reply).code).toBe('token_invalid')
      }
      expect(read).not.toHaveBeenCalled()
      read.mockRestore()
    })

    it.each(['x', 'kmr_x', 'a.b.c', `kmr_${'A'.repeat(63)}`, '💥'])(
      '[OA-2] revoking %j is answered as any other',
      async (token) => {
        const reply = await world.send('POST', '/v1/revoke', { json: { token } })
        expect([reply.status, reply.text]).toEqual([200, '{}'])
      },
    )
  })

  describe('languages', () => {
    const chinese = [
      undefined,
      '',
      'zh',
      'zh-CN,en;q=0.9',
      'zh-TW',
      'fr',
      '*',
      'en;q=0',
      'en;q=0.5,zh;q=0.8',
      ';;,,q=',
      'enx',
      ','.repeat(8000),
    ]
    const notChinese = ['en', 'EN-gb', 'en-US,zh;q=0.9', 'fr, en;q=0.1', 'zh;q=0,en', ' en ;q=1.0']

    const ask: [string, (headers: Record<string, string>) => Promise<Reply>][] = [
      ['not_found', (headers) => world.send('GET', '/nothing', { headers })],
      ['method_not_allowed', (headers) => world.send('PUT', '/v1/me', { headers })],
      ['token_invalid', (headers) => world.send('GET', '/v1/me', { headers })],
      ['media_type_unsupported', (headers) => world.send('POST', '/v1/token', { headers })],
      ['body_invalid', (headers) => world.send('POST', '/v1/token', { json: {}, headers })],
    ]

    it.each(ask)(
      '%s is told in English to whoever asks for that first, else in Chinese',
      async (_, send) => {
        for (const [language, values] of [
          ['zh-CN', chinese],
          ['en', notChinese],
        ] as const) {
          for (const value of values) {
            const reply = await send(value === undefined ? {} : { 'accept-language': value })
            const { title, detail } = readProblem(reply)
            expect([value, reply.headers.get('content-language')]).toEqual([value, language])
            const isChinese = /\p{Script=Han}/u
            expect(isChinese.test(title) && isChinese.test(detail)).toBe(language === 'zh-CN')
          }
        }
      },
    )
  })

  describe('whatever is sent', () => {
    const runs = { numRuns: 150 }

    it.each(bodyRoutes)('any JSON at $path gets a problem or a success', async (route) => {
      const names = fieldsOf(route.body).map(([name]) => name)
      const near = fc.dictionary(fc.constantFrom(...names, '__proto__', 'x'), fc.jsonValue())
      const mixed = fc
        .tuple(fc.constant(sample(route.body) as object), near)
        .map(([good, bad]) => ({ ...good, ...bad }))
      await fc.assert(
        fc.asyncProperty(fc.oneof(fc.jsonValue(), near, mixed), async (body) => {
          expect(statusOf(await sendJson(route, body))).toBeLessThan(500)
        }),
        runs,
      )
    })

    it.each(formRoutes)('any form at $path gets a problem or a success', async (route) => {
      const body = fc.oneof(fc.string({ unit: 'binary' }), fc.webQueryParameters())
      await fc.assert(
        fc.asyncProperty(body, async (text) => {
          expect(statusOf(await sendRaw(route, text, form))).toBeLessThan(500)
        }),
        runs,
      )
    })

    it('any method, path and headers get a problem or a success', async () => {
      const bytes = fc.string({
        unit: fc.oneof(
          fc.integer({ min: 0x20, max: 0x7e }).map((n) => String.fromCharCode(n)),
          fc.integer({ min: 0x80, max: 0xff }).map((n) => String.fromCharCode(n)),
        ),
        maxLength: 200,
      })
      const headers = fc.dictionary(
        fc.constantFrom(
          'authorization',
          'accept-language',
          'content-type',
          'idempotency-key',
          'accept',
          'origin',
          'x-forwarded-for',
          'cookie',
          'host',
          'range',
          'if-match',
        ),
        fc.oneof(
          bytes,
          bytes.map((text) => `Bearer ${text}`),
          fc.constant('application/json'),
        ),
      )
      const known = fc.constantFrom(...paths)
      const piece = fc.oneof(
        known,
        fc.webPath(),
        fc.constantFrom('%', '%00', '%ff', '//', '/..', '\\', ';'),
      )
      const path = fc
        .tuple(
          piece,
          fc.oneof(fc.constant(''), piece),
          fc.oneof(
            fc.constant(''),
            fc.webQueryParameters().map((q) => `?${q}`),
          ),
        )
        .map((each) => `/${each.join('')}`.replace(/^\/+/, '/'))
      const method = fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'BREW')
      await fc.assert(
        fc.asyncProperty(
          method,
          path,
          headers,
          fc.option(bytes),
          async (verb, where, given, body) => {
            const hasBody = body !== null && !['GET', 'HEAD'].includes(verb)
            expect(
              statusOf(await world.send(verb, where, { headers: given, ...(hasBody && { body }) })),
            ).toBeLessThan(500)
          },
        ),
        { numRuns: 400 },
      )
    })
  })
})
