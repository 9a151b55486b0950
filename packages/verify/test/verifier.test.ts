import { generateKeyPairSync, sign } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock, type ManualClock } from '../../server/test/support/manual-clock.ts'
import {
  ConfigError,
  createVerifier,
  VerifyError,
  type Verifier,
  type VerifierOptions,
  type VerifierStatus,
} from '../src/index.ts'
import { encode } from './corpus.ts'
import {
  introspectPath,
  jwksPath,
  makeKey,
  makeToken,
  page,
  revocationsPath,
  startIssuer,
  type Issuer,
} from './support/issuer.ts'

let issuer: Issuer
let clock: ManualClock
let key: ReturnType<typeof makeKey>
const verifiers: Verifier[] = []

beforeEach(async () => {
  issuer = await startIssuer()
  clock = manualClock()
  key = makeKey('key-1')
  issuer.publish([key.jwk])
  tell()
})
afterEach(async () => {
  for (const verifier of verifiers.splice(0)) verifier.close()
  await issuer.close()
})

/** Revocations: the first page, then nothing for as long as one may wait. */
function tell(first = page([], 'c')) {
  issuer.put(revocationsPath, (query) => {
    if (!query.has('after')) return first
    return query.get('wait') === '0' ? page([], 'c') : 'hold'
  })
}

function open(options: Partial<VerifierOptions> = {}): Verifier {
  const verifier = createVerifier({ issuer: issuer.url, clock, random: () => 1, ...options })
  verifiers.push(verifier)
  return verifier
}

const token = (claims: Record<string, unknown> = {}, from = key) =>
  makeToken(from, { issuer: issuer.url, nowMs: clock.now(), ...claims })

async function outcome(
  verifier: Verifier,
  text: string,
  options: { strict?: boolean } = {},
): Promise<string> {
  try {
    await verifier.verify(text, options)
    return 'taken'
  } catch (error) {
    if (!(error instanceof VerifyError)) throw error
    return error.code
  }
}

/** Lets whoever sleeps so long wake up, and waits until they sleep again. */
async function passSleep(milliseconds: number) {
  await expect.poll(() => clock.sleeping()).toContain(milliseconds)
  clock.advance(milliseconds)
}

describe('a verifier', () => {
  it('gives the claims, and asks for the keys once for a thousand tokens', async () => {
    const verifier = open()
    const good = token({ plan: 'gold', deep: { list: [1] } })
    const claims = await verifier.verify(good)
    expect(claims).toMatchObject({ iss: issuer.url, client_id: 'wx-app', plan: 'gold' })
    for (let i = 0; i < 1000; i++) expect(await verifier.verify(good)).toBe(claims)
    expect(await outcome(verifier, token())).toBe('taken')
    expect(issuer.asked).toHaveLength(1)
    expect(() => Object.assign(claims, { sub: 'usr_other' })).toThrow(TypeError)
    expect(() => Object.assign(claims['deep'] as object, { list: [] })).toThrow(TypeError)
  })

  it('[TK-3] refuses a token that it has seen as soon as it runs out, with the skew that was set', async () => {
    for (const [skewSeconds, cacheSize] of [
      [30, 100],
      [30, 0],
      [0, 100],
      [60, 100],
    ] as const) {
      const verifier = open({ skewSeconds, cacheSize })
      const short = token()
      expect(await outcome(verifier, short)).toBe('taken')
      clock.advance((900 + skewSeconds) * 1000 - 1)
      expect(await outcome(verifier, short)).toBe('taken')
      clock.advance(1)
      expect(await outcome(verifier, short)).toBe('token_expired')
    }
  })

  it('[TK-3] takes no token from a future beyond the skew, nor one that lives longer than any server lets it', async () => {
    const verifier = open()
    const now = Math.floor(clock.now() / 1000)
    expect(await outcome(verifier, token({ iat: now + 30, exp: now + 100 }))).toBe('taken')
    expect(await outcome(verifier, token({ iat: now + 31, exp: now + 100 }))).toBe('token_invalid')
    expect(await outcome(verifier, token({ nbf: now + 30 }))).toBe('taken')
    expect(await outcome(verifier, token({ nbf: now + 31 }))).toBe('token_invalid')
    expect(await outcome(verifier, token({ exp: now + 3600 }))).toBe('taken')
    for (const exp of [now + 3601, 4_102_444_800, 1e15, 2 ** 53, -1, 0, 1.5, now]) {
      expect([exp, await outcome(verifier, token({ exp }))]).toEqual([exp, 'token_invalid'])
    }
    for (const auth_time of ['1', null, -1, 1.5]) {
      expect(await outcome(verifier, token({ auth_time }))).toBe('token_invalid')
    }
  })

  it('[TK-3] takes the audiences that were set, and no other', async () => {
    const verifier = open({ audience: ['https://shop.test', 'https://pay.test'] })
    for (const aud of [
      'https://shop.test',
      ['https://pay.test'],
      ['https://x.test', 'https://pay.test'],
    ]) {
      expect(await outcome(verifier, token({ aud }))).toBe('taken')
    }
    for (const aud of [
      issuer.url,
      ['https://x.test'],
      [1, 'https://pay.test'],
      'https://shop.test/',
    ]) {
      expect([aud, await outcome(verifier, token({ aud }))]).toEqual([aud, 'token_invalid'])
    }
  })

  it('[TK-1] reads no name that becomes a prototype, and nothing that two readers read differently', async () => {
    const verifier = open()
    const [head = '', body = ''] = token().split('.')
    const claims = Buffer.from(body, 'base64url').toString()
    for (const text of [
      claims.replace('{', '{"__proto__":{"admin":true},'),
      claims.replace('{', '{"sub":"usr_00000000001",'),
      claims.replace('{', '{"deep":{"a":1,"a":2},'),
      claims.replace('{', '{ '),
      claims.replace('usr', '\\u0075sr'),
      claims.replace(/"iat":\d+/, '"iat":1e9'),
    ]) {
      const input = `${head}.${encode(text)}`
      const signed = sign('sha256', Buffer.from(input), {
        key: key.privateKey,
        dsaEncoding: 'ieee-p1363',
      })
      expect([text, await outcome(verifier, `${input}.${signed.toString('base64url')}`)]).toEqual([
        text,
        'token_invalid',
      ])
    }
  })

  it('[TK-1] [TK-4] takes ES256, EdDSA and RS256 of 3072 bits, each only from a key of its own', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 3072 })
    const ed = generateKeyPairSync('ed25519')
    issuer.publish([
      key.jwk,
      { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa', alg: 'RS256' },
      { ...ed.publicKey.export({ format: 'jwk' }), kid: 'ed', alg: 'EdDSA', key_ops: ['verify'] },
    ])
    const verifier = open()
    const [, body = ''] = token().split('.')
    const signed = (alg: string, kid: string) => {
      const input = `${encode({ alg, typ: 'at+jwt', kid })}.${body}`
      const [digest, with_] = kid === 'ed' ? [null, ed.privateKey] : ['sha256', rsa.privateKey]
      return `${input}.${sign(digest, Buffer.from(input), with_).toString('base64url')}`
    }
    expect(await outcome(verifier, token())).toBe('taken')
    expect(await outcome(verifier, signed('RS256', 'rsa'))).toBe('taken')
    expect(await outcome(verifier, signed('EdDSA', 'ed'))).toBe('taken')
    for (const [alg, kid] of [
      ['RS256', 'ed'],
      ['EdDSA', 'rsa'],
      ['RS256', 'key-1'],
      ['ES256', 'rsa'],
    ] as const) {
      expect([alg, kid, await outcome(verifier, signed(alg, kid))]).toEqual([
        alg,
        kid,
        'token_invalid',
      ])
    }
  })

  it('says what is wrong with its options, and never shows the credential', () => {
    const wrong: Partial<VerifierOptions>[] = [
      { issuer: 'auth.example.com' },
      { serverUrl: 'http://auth.example.com' },
      { serverUrl: 'https://user:word@auth.example.com' },
      { jwksUrl: 'file:///etc/passwd' },
      { audience: [] },
      { audience: '' },
      { credential: 'kmc_secret\n' },
      { skewSeconds: 61 },
      { cacheSize: -1 },
      { maxRevocations: 0 },
    ]
    for (const options of wrong) {
      expect(() => open(options)).toThrow(ConfigError)
      expect(() => open(options)).toThrow(/^(?!.*(kmc_|word))/)
    }
  })
})

describe('the keys', () => {
  it('[TK-7] are asked for once in 30 s for ten thousand unknown kids', async () => {
    const verifier = open()
    await verifier.ready()
    const flood = async () => {
      const outcomes = new Set<string>()
      const forgeries = Array.from({ length: 5000 }, (_, i) => {
        return `${encode({ alg: 'ES256', typ: 'at+jwt', kid: `kid ${i} ${clock.now()}` })}.e30.${'A'.repeat(86)}`
      })
      for (const each of await Promise.all(forgeries.map((text) => outcome(verifier, text)))) {
        outcomes.add(each)
      }
      expect([...outcomes]).toEqual(['token_invalid'])
      return issuer.count(jwksPath)
    }
    expect(await flood()).toBe(1)
    clock.advance(29_999)
    expect(await flood()).toBe(1)
    clock.advance(1)
    expect(await flood()).toBe(2)
    expect(await flood()).toBe(2)
    clock.advance(29_999)
    expect(await flood()).toBe(2)
  })

  it('[TK-5] that are new are found by their first token, and those that are gone take theirs with them', async () => {
    const verifier = open()
    const before = token()
    expect(await outcome(verifier, before)).toBe('taken')
    const next = makeKey('key-2')
    issuer.publish([key.jwk, next.jwk])
    clock.advance(30_000)
    expect(await outcome(verifier, token({}, next))).toBe('taken')
    expect(await outcome(verifier, before)).toBe('taken')

    issuer.publish([next.jwk])
    clock.advance(30_000)
    expect(await outcome(verifier, token({}, makeKey('key-3')))).toBe('token_invalid')
    expect(await outcome(verifier, before)).toBe('token_invalid')
    expect(await outcome(verifier, token({}, next))).toBe('taken')
  })

  it('of the same kid, but another key, take the tokens of the first with them', async () => {
    const verifier = open()
    const before = token()
    expect(await outcome(verifier, before)).toBe('taken')
    const other = makeKey('key-1')
    issuer.publish([other.jwk])
    clock.advance(30_000)
    expect(await outcome(verifier, token({}, makeKey('unknown')))).toBe('token_invalid')
    expect(await outcome(verifier, before)).toBe('token_invalid')
    expect(await outcome(verifier, token({}, other))).toBe('taken')
  })

  it('are fetched again when max-age is over, in the background', async () => {
    issuer.publish([key.jwk], { 'cache-control': 'public, max-age=120' })
    const verifier = open()
    await verifier.ready()
    const next = makeKey('key-2')
    issuer.publish([next.jwk], { 'cache-control': 'public, max-age=1' })
    await passSleep(120_000)
    await expect.poll(() => issuer.count(jwksPath)).toBe(2)
    // No less than a minute, whatever the server says.
    await passSleep(60_000)
    await expect.poll(() => issuer.count(jwksPath)).toBe(3)
    expect(await outcome(verifier, token({}, next))).toBe('taken')
  })

  const wrongSets: Record<string, () => { body: string; type?: string; status?: number }> = {
    'no JSON': () => ({ body: '{"keys":' }),
    HTML: () => ({ body: '<html>', type: 'text/html' }),
    'JSON under the name of HTML': () => ({
      body: JSON.stringify({ keys: [key.jwk] }),
      type: 'text/html',
    }),
    'an error': () => ({ body: JSON.stringify({ keys: [key.jwk] }), status: 500 }),
    'more than 64 KB': () => ({
      body: JSON.stringify({ keys: [makeKey('key-2').jwk], more: 'x'.repeat(65_536) }),
    }),
    'no set': () => ({ body: '[]' }),
    'keys that are no list': () => ({ body: '{"keys":{}}' }),
    'no key': () => ({ body: '{"keys":[]}' }),
    'a key that is no object': () => ({ body: '{"keys":["key"]}' }),
    'a private key': () => ({
      body: JSON.stringify({
        keys: [{ ...key.privateKey.export({ format: 'jwk' }), kid: 'key-2', alg: 'ES256' }],
      }),
    }),
    'a symmetric key': () => ({
      body: JSON.stringify({
        keys: [makeKey('key-2').jwk, { kty: 'oct', k: 'c2VjcmV0', kid: 'key-3', alg: 'HS256' }],
      }),
    }),
    'a kid twice': () => ({
      body: JSON.stringify({ keys: [makeKey('key-2').jwk, makeKey('key-2').jwk] }),
    }),
    'a key without kid': () => ({
      body: JSON.stringify({ keys: [{ ...makeKey('key-2').jwk, kid: undefined }] }),
    }),
    'a point that is not on the curve': () => ({
      body: JSON.stringify({ keys: [{ ...makeKey('key-2').jwk, x: key.jwk.x }] }),
    }),
    'a key of another type than its alg': () => ({
      body: JSON.stringify({
        keys: [
          {
            ...generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({
              format: 'jwk',
            }),
            kid: 'key-2',
            alg: 'ES256',
          },
        ],
      }),
    }),
    'an RSA key that is too short': () => ({
      body: JSON.stringify({
        keys: [
          {
            ...generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
              format: 'jwk',
            }),
            kid: 'key-2',
            alg: 'RS256',
          },
        ],
      }),
    }),
    'only keys for something else': () => ({
      body: JSON.stringify({ keys: [{ ...makeKey('key-2').jwk, use: 'enc' }] }),
    }),
    'thirty-three keys': () => ({
      body: JSON.stringify({ keys: Array.from({ length: 33 }, (_, i) => makeKey(`key-${i}`).jwk) }),
    }),
  }
  it.each(Object.entries(wrongSets))(
    '[TK-4] are kept where the server publishes %s instead',
    async (_, answer) => {
      const verifier = open()
      await verifier.ready()
      issuer.put(jwksPath, answer)
      clock.advance(30_000)
      // A kid that is asked for while the server makes no sense is neither good nor bad.
      expect(await outcome(verifier, token({}, makeKey('key-2')))).toBe('unavailable')
      expect(await outcome(verifier, token())).toBe('taken')
      expect(verifier.status()).toMatchObject({
        keysAgeSeconds: 30,
        problems: { keys: expect.any(String) },
      })
    },
  )

  it('[TK-7] are read no further than 64 KB', async () => {
    issuer.put(jwksPath, () => ({
      body: JSON.stringify({ keys: [key.jwk], more: 'x'.repeat(65_536) }),
    }))
    const verifier = open()
    await verifier.ready()
    expect(verifier.status().problems.keys).toBe('the answer is longer than 65536 bytes')
  })

  it('follow no redirect', async () => {
    const elsewhere = await startIssuer()
    try {
      elsewhere.publish([key.jwk])
      issuer.put(jwksPath, () => ({
        status: 302,
        body: '',
        headers: { location: `${elsewhere.url}${jwksPath}` },
      }))
      expect(await outcome(open(), token())).toBe('unavailable')
      expect(elsewhere.asked).toEqual([])
    } finally {
      await elsewhere.close()
    }
  })

  it('that never came make every token unavailable, not invalid, until they come', async () => {
    issuer.put(jwksPath, () => 'destroy')
    const verifier = open()
    expect(await outcome(verifier, token())).toBe('unavailable')
    expect(verifier.status().keysAgeSeconds).toBeUndefined()
    issuer.publish([key.jwk])
    await passSleep(1000)
    await expect.poll(() => verifier.status().keysAgeSeconds).toBe(0)
    expect(await outcome(verifier, token())).toBe('taken')
  })

  it('go on verifying while the server is away, and say how old they are', async () => {
    const told: VerifierStatus[] = []
    const verifier = open({ onStale: (status) => void told.push(status) })
    await verifier.ready()
    issuer.put(jwksPath, () => ({ status: 503, body: '' }))
    await passSleep(600_000)
    // From a second on, doubled up to half a minute.
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) await passSleep(seconds * 1000)
    clock.advance(1_800_000)
    await expect.poll(() => told.at(-1)?.stale).toEqual(['keys'])
    expect(await outcome(verifier, token())).toBe('taken')
    issuer.publish([key.jwk])
    await passSleep(30_000)
    await expect.poll(() => told.at(-1)?.stale).toEqual([])
    expect(told).toHaveLength(2)
  })
})

describe('revocations', () => {
  const credential = 'kmc_test-credential'
  const sid = (text: string) => {
    const claims = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as {
      sid: string
    }
    return claims.sid
  }
  /** Until the verifier waits for news. */
  async function waits() {
    await expect
      .poll(() => {
        if (clock.sleeping().includes(100)) clock.advance(100)
        return issuer.waiting()
      })
      .toBe(1)
  }

  it('are known before the first token is verified', async () => {
    const ended = token()
    const pages = [page([sid(token())], '1'), page([sid(ended)], '2'), page([], '3')]
    issuer.put(revocationsPath, () => pages.shift() ?? 'hold')
    const verifier = open({ credential })
    const pending = outcome(verifier, ended)
    for (let i = 0; i < 2; i++) await passSleep(100)
    expect(await pending).toBe('session_ended')
    expect(issuer.asked.find(({ path }) => path === revocationsPath)?.authorization).toBe(
      `Bearer ${credential}`,
    )
  })

  it('[SE-5] end a token that was seen, by the answer that a long poll waited for', async () => {
    const verifier = open({ credential })
    const [ended, other] = [token(), token()]
    expect(await outcome(verifier, ended)).toBe('taken')
    await waits()
    const last = issuer.asked.at(-1)
    expect([last?.query.get('after'), last?.query.get('wait')]).toEqual(['c', '20'])
    issuer.release(page([sid(ended)], 'd'))
    await expect.poll(() => outcome(verifier, ended)).toBe('session_ended')
    expect(await outcome(verifier, other)).toBe('taken')
    await waits()
    expect(issuer.asked.at(-1)?.query.get('after')).toBe('d')
  })

  it('of whole apps end what began before, by auth_time, also where the token is younger', async () => {
    const at = Math.floor(clock.now() / 1000)
    const cutoffs = [{ app_id: 'wx-app', at: new Date(at * 1000).toISOString() }]
    tell(page([], 'c', cutoffs))
    const verifier = open({ credential })
    const pending = outcome(verifier, token({ auth_time: at - 1 }))
    await passSleep(100)
    expect(await pending).toBe('session_ended')
    expect(await outcome(verifier, token({ auth_time: at }))).toBe('taken')
    expect(await outcome(verifier, token({ iat: at - 1 }))).toBe('session_ended')
    expect(await outcome(verifier, token({ iat: at }))).toBe('taken')
    expect(await outcome(verifier, token({ auth_time: at - 1, client_id: 'wx-b' }))).toBe('taken')

    await waits()
    const seen = token({ auth_time: at, client_id: 'wx-b' })
    expect(await outcome(verifier, seen)).toBe('taken')
    const all = [{ app_id: null, at: new Date((at + 1) * 1000).toISOString() }]
    issuer.release(page([], 'd', all))
    await expect.poll(() => outcome(verifier, seen)).toBe('session_ended')
    expect(await outcome(verifier, token({ auth_time: at + 1, client_id: 'wx-b' }))).toBe('taken')
  })

  it('are asked for ever more slowly by a server that repeats itself, up to every 2 s', async () => {
    const known = page([sid(token())], 'c')
    issuer.put(revocationsPath, () => known)
    open({ credential })
    await passSleep(100)
    for (const pause of [100, 200, 400, 800, 1600, 2000, 2000]) await passSleep(pause)
    await expect.poll(() => issuer.count(revocationsPath)).toBe(9)
  })

  it('are asked for again after a failure, within 4 s, and from the beginning where the cursor is refused', async () => {
    const verifier = open({ credential })
    await verifier.ready()
    issuer.put(revocationsPath, () => 'destroy')
    await passSleep(100)
    for (const pause of [500, 1000, 2000, 4000, 4000]) await passSleep(pause)
    await expect.poll(() => clock.sleeping()).toContain(4000)
    issuer.put(revocationsPath, (query) =>
      query.has('after') ? { status: 400, body: '{}' } : 'hold',
    )
    await passSleep(4000)
    await expect.poll(() => verifier.status().problems.revocations).toContain('400')
    await passSleep(4000)
    await waits()
    expect(issuer.asked.at(-1)?.query.has('after')).toBe(false)
    expect(await outcome(verifier, token())).toBe('taken')
  })

  it.each([
    '{}',
    '[]',
    '{"revocations":[{}],"cursor":"1"}',
    '{"revocations":[],"cursor":1}',
    '{"revocations":[],"cutoffs":[{"app_id":null,"at":"soon"}],"cursor":"1"}',
  ])('that are %s are taken for a failure', async (body) => {
    issuer.put(revocationsPath, () => ({ body }))
    const verifier = open({ credential })
    await verifier.ready()
    expect(verifier.status()).toMatchObject({
      revocationsAgeSeconds: undefined,
      problems: { revocations: 'the answer is no list of revocations' },
    })
  })

  it('that cannot be had are said so, and stop no token', async () => {
    const told: VerifierStatus[] = []
    issuer.put(revocationsPath, () => ({ status: 401, body: '{}' }))
    const verifier = open({ credential, onStale: (status) => void told.push(status) })
    expect(await outcome(verifier, token())).toBe('taken')
    expect(verifier.status().problems.revocations).toContain('the credential is not valid')
    clock.advance(36_000)
    await expect.poll(() => told.at(-1)?.stale).toEqual(['revocations'])
    expect(await outcome(verifier, token())).toBe('taken')
  })

  it('are not followed without a credential, and the status says so', async () => {
    const verifier = open()
    expect(await outcome(verifier, token())).toBe('taken')
    expect(issuer.count(revocationsPath)).toBe(0)
    expect(verifier.status()).toEqual({
      keysAgeSeconds: 0,
      revocationsAgeSeconds: undefined,
      revocationsFollowed: false,
      revokedSessions: 0,
      stale: [],
      problems: {},
    })
  })

  it('are forgotten when the longest token that they could concern has run out', async () => {
    const ended = token({ exp: Math.floor(clock.now() / 1000) + 3600 })
    tell(page([sid(ended)], 'c'))
    const verifier = open({ credential, skewSeconds: 60 })
    await waits()
    expect(verifier.status().revokedSessions).toBe(1)
    for (const [ms, size] of [
      [3_660_000, 1],
      [59_000, 1],
      [2_000, 0],
    ] as const) {
      clock.advance(ms)
      issuer.release(page([], 'd'))
      await expect.poll(() => clock.sleeping()).toContain(100)
      await waits()
      expect([ms, verifier.status().revokedSessions]).toEqual([ms, size])
    }
    expect(await outcome(verifier, ended)).toBe('token_expired')
  })

  it('that are more than there is room for make older tokens be renewed, and none of an ended session be taken', async () => {
    const [first, second, third, good] = [token(), token(), token(), token()]
    tell(page([first, second, third].map(sid), 'c'))
    const verifier = open({ credential, maxRevocations: 2 })
    await waits()
    expect(verifier.status().revokedSessions).toBe(2)
    expect(await outcome(verifier, first)).toBe('token_expired')
    expect(await outcome(verifier, second)).toBe('session_ended')
    expect(await outcome(verifier, good)).toBe('token_expired')
    clock.advance(1000)
    expect(await outcome(verifier, token())).toBe('taken')
  })
})

describe('strict', () => {
  const credential = 'kmc_test-credential'
  const subject = (text: string) =>
    JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as object

  it('[SE-5] asks the server each time, and ends with the session at once', async () => {
    const verifier = open({ credential })
    const good = token()
    let body: object = { ...subject(good), active: true }
    issuer.put(introspectPath, () => ({ body: JSON.stringify(body) }))
    expect(await outcome(verifier, good, { strict: true })).toBe('taken')
    body = { active: false }
    expect(await outcome(verifier, good, { strict: true })).toBe('session_ended')
    expect(await outcome(verifier, good)).toBe('taken')
    const questions = issuer.asked.filter(({ path }) => path === introspectPath)
    expect(questions).toHaveLength(2)
    expect(questions[0]).toMatchObject({ authorization: `Bearer ${credential}` })
    expect(new URLSearchParams(questions[0]?.body).get('token')).toBe(good)
  })

  it('takes nothing where the server does not answer, or answers of something else', async () => {
    const verifier = open({ credential })
    const good = token()
    const answers = [
      'destroy',
      { status: 500, body: '{"active":true}' },
      { status: 401, body: '{"active":true}' },
      { body: '{"active":true}' },
      { body: JSON.stringify({ ...subject(good), active: 'true' }) },
      { body: JSON.stringify({ ...subject(good), active: 1 }) },
      { body: JSON.stringify(subject(good)) },
      { body: JSON.stringify({ ...subject(token()), active: true }) },
      { body: JSON.stringify({ ...subject(good), sid: 'ses_00000000001', active: true }) },
      { body: '[]' },
      { body: '<html>', type: 'text/html' },
    ] as const
    for (const answer of answers) {
      issuer.put(introspectPath, () => answer)
      expect([answer, await outcome(verifier, good, { strict: true })]).toEqual([
        answer,
        'unavailable',
      ])
    }
  })

  it('sends the server nothing that is no good token, and needs a credential', async () => {
    const verifier = open({ credential })
    expect(await outcome(verifier, 'nonsense', { strict: true })).toBe('token_invalid')
    expect(await outcome(verifier, token({}, makeKey('key-1')), { strict: true })).toBe(
      'token_invalid',
    )
    expect(issuer.count(introspectPath)).toBe(0)
    expect(await outcome(open(), token(), { strict: true })).toBe('unavailable')
  })
})
