import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import { readKeyRing, type KeyRing } from '../../src/key-ring.ts'
import { systemRandom } from '../../src/random.ts'
import { accessTokens } from '../../src/session/access-token.ts'
import { checkRotation } from '../../src/session/rotation.ts'
import { loadSigningKeys } from '../../src/session/signing-keys.ts'
import {
  openAppId,
  openWorld,
  testSecret,
  type SignedInBody,
  type World,
} from '../support/world.ts'

let world: World
let signedIn: SignedInBody
let privateKey: KeyObject
let jwks: JSONWebKeySet

beforeAll(async () => {
  world = await openWorld()
  signedIn = await world.signIn()
  const ring = readKeyRing(testSecret)
  if (typeof ring === 'string') throw new Error(ring)
  const keys = await loadSigningKeys({ ...world, ...keyParts(ring) })
  privateKey = keys.current.privateKey
  jwks = (await world.send('GET', '/.well-known/jwks.json')).body as unknown as JSONWebKeySet
})
afterAll(() => world.close())

const encode = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
const part = (token: string, index: number) =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >

const keyParts = (ring: KeyRing) => ({
  ring,
  random: systemRandom,
  rotation: checkRotation({}, 900_000),
  report: () => undefined,
})

/** A token signed with the server's own key, but for what is changed. */
function forge(
  header: Record<string, unknown>,
  claims: Record<string, unknown>,
  key: KeyObject = privateKey,
): string {
  const input = `${encode({ ...part(signedIn.access_token, 0), ...header })}.${encode({
    ...part(signedIn.access_token, 1),
    ...claims,
  })}`
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

const outcome = async (token: string) => {
  const { status, body } = await world.send('GET', '/v1/me', { token })
  return [status, body['code'] ?? 'ok']
}
const invalid = [401, 'token_invalid']

describe('an access token', () => {
  it('the forger of these tests can sign a good one', async () => {
    expect(await outcome(forge({}, {}))).toEqual([200, 'ok'])
  })

  it('[TK-3] has the claims of RFC 9068, and verifies with the published keys by a library of others', async () => {
    const { payload, protectedHeader } = await jwtVerify(
      signedIn.access_token,
      createLocalJWKSet(jwks),
      { currentDate: new Date(world.clock.now()), typ: 'at+jwt', issuer: 'http://kaimen.test' },
    )
    expect(protectedHeader).toEqual({
      alg: 'ES256',
      typ: 'at+jwt',
      kid: expect.stringMatching(/^[\w-]{43}$/) as string,
    })
    expect(Object.keys(payload).sort()).toEqual([
      'aud',
      'auth_time',
      'client_id',
      'exp',
      'iat',
      'iss',
      'jti',
      'sid',
      'sub',
    ])
    expect(payload).toMatchObject({
      sub: signedIn.user.id,
      sid: signedIn.session_id,
      client_id: openAppId,
      aud: 'http://kaimen.test',
    })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900)
  })

  it('has a signature that verifies whatever r and s are: 2,000 of them', async () => {
    const ring = readKeyRing(testSecret)
    if (typeof ring === 'string') throw new Error(ring)
    const keys = await loadSigningKeys({ ...world, ...keyParts(ring) })
    const [issuer, audience] = ['http://kaimen.test', 'http://kaimen.test']
    const lifetimeMs = 900_000
    const tokens = accessTokens({
      ...world,
      keys,
      random: systemRandom,
      issuer,
      audience,
      lifetimeMs,
    })
    const publicKey = createPublicKey(keys.current.privateKey)
    const lengths = new Set<number>()
    for (let i = 0; i < 2000; i++) {
      const token = tokens.sign({
        user_id: i,
        session_id: i,
        app_id: openAppId,
        signedInAt: 0,
        lifetimeMs,
      })
      const [head, body, signature = ''] = token.split('.')
      const bytes = Buffer.from(signature, 'base64url')
      lengths.add(bytes.length)
      // A leading zero is where a conversion goes wrong; among 2,000 there are some sixteen.
      lengths.add(bytes[0] === 0 || bytes[32] === 0 ? -1 : 64)
      const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
      expect(verify('sha256', Buffer.from(`${head}.${body}`), key, bytes)).toBe(true)
    }
    expect(lengths).toEqual(new Set([64, -1]))
  })

  it('[TK-6] lives 15 minutes, and is refused at the second after', async () => {
    const fresh = await openWorld()
    try {
      const { access_token } = await fresh.signIn()
      const status = async () =>
        (await fresh.send('GET', '/v1/me', { token: access_token })).body['code']
      fresh.clock.advance(899_000)
      expect(await status()).toBeUndefined()
      fresh.clock.advance(1_000)
      expect(await status()).toBe('token_expired')
    } finally {
      await fresh.close()
    }
  })

  it('[TK-6] fits the 1,024 characters that WeChat keeps for a prefetch token', () => {
    expect(signedIn.access_token.length).toBeLessThan(1024)
  })

  it('[TK-1] under any algorithm but ES256 is refused', async () => {
    for (const alg of [
      'none',
      'None',
      'NONE',
      'nOnE',
      '',
      'HS256',
      'HS384',
      'HS512',
      'RS256',
      'RS384',
      'RS512',
      'PS256',
      'ES384',
      'ES512',
      'ES256K',
      'EdDSA',
      'es256',
      'ES256 ',
      'A128KW',
      'dir',
    ]) {
      expect([alg, ...(await outcome(forge({ alg }, {})))]).toEqual([alg, ...invalid])
    }
    for (const alg of [null, 1, true, [], {}, ['ES256']]) {
      expect([JSON.stringify(alg), ...(await outcome(forge({ alg }, {})))]).toEqual([
        JSON.stringify(alg),
        ...invalid,
      ])
    }
  })

  it('[TK-1] without a signature, or with the public key taken for a secret, is refused', async () => {
    const [head, body] = signedIn.access_token.split('.')
    for (const header of [{ alg: 'none' }, { alg: 'none', typ: 'at+jwt' }]) {
      expect(await outcome(`${encode(header)}.${body}.`)).toEqual(invalid)
      expect(await outcome(`${encode(header)}.${body}`)).toEqual(invalid)
    }
    expect(await outcome(`${head}.${body}.`)).toEqual(invalid)
    for (const secret of [
      JSON.stringify(jwks.keys[0]),
      String(jwks.keys[0]?.['x']),
      '',
      'secret',
    ]) {
      const input = `${encode({ ...part(signedIn.access_token, 0), alg: 'HS256' })}.${body}`
      const mac = createHmac('sha256', secret).update(input).digest('base64url')
      expect(await outcome(`${input}.${mac}`)).toEqual(invalid)
    }
  })

  it('[TK-1] that brings its own key is refused', async () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = pair.publicKey.export({ format: 'jwk' })
    for (const header of [
      { jwk },
      { jwk, kid: undefined },
      { jku: 'http://127.0.0.1:1/jwks.json' },
      { x5u: 'http://127.0.0.1:1/cert.pem' },
      { x5c: ['MIIB'] },
      { kid: 'another' },
      { kid: '../../etc/passwd' },
      { kid: "' or 1=1 --" },
      { kid: '__proto__' },
      { kid: null },
      {},
    ]) {
      expect([
        JSON.stringify(header),
        ...(await outcome(forge(header, {}, pair.privateKey))),
      ]).toEqual([JSON.stringify(header), ...invalid])
    }
  })

  it('[TK-1] with an unknown critical header, or b64, is refused', async () => {
    for (const header of [
      { crit: ['exp'], exp: 1 },
      { crit: ['unknown'], unknown: true },
      { crit: [] },
      { crit: 'exp' },
      { crit: ['b64'], b64: false },
    ]) {
      expect([JSON.stringify(header), ...(await outcome(forge(header, {})))]).toEqual([
        JSON.stringify(header),
        ...invalid,
      ])
    }
  })

  it('[TK-2] of any other type is refused', async () => {
    for (const typ of [
      'JWT',
      'jwt',
      'id+jwt',
      'at',
      'refresh+jwt',
      'logout+jwt',
      '',
      null,
      1,
      undefined,
    ]) {
      expect([String(typ), ...(await outcome(forge({ typ }, {})))]).toEqual([
        String(typ),
        ...invalid,
      ])
    }
    expect(await outcome(signedIn.refresh_token)).toEqual(invalid)
  })

  it('[TK-3] with a claim missing or altered is refused', async () => {
    for (const name of ['iss', 'aud', 'sub', 'client_id', 'sid', 'iat', 'exp', 'jti']) {
      expect([name, ...(await outcome(forge({}, { [name]: undefined })))]).toEqual([
        name,
        ...invalid,
      ])
    }
    for (const claims of [
      { iss: 'http://kaimen.test/' },
      { iss: 'http://another.test' },
      { iss: ['http://kaimen.test'] },
      { aud: 'http://another.test' },
      { aud: [] },
      { aud: {} },
      { exp: 'tomorrow' },
      { exp: null },
      { exp: Number.MAX_VALUE.toString() },
      { nbf: Math.floor(world.clock.now() / 1000) + 120 },
      { sub: 'usr_nonsense' },
      { sub: 1 },
      { sid: 'ses_nonsense' },
      { sid: signedIn.user.id },
      { client_id: 1 },
    ]) {
      expect([JSON.stringify(claims), ...(await outcome(forge({}, claims)))]).toEqual([
        JSON.stringify(claims),
        ...invalid,
      ])
    }
    const past = Math.floor(world.clock.now() / 1000) - 1
    expect(await outcome(forge({}, { exp: past }))).toEqual([401, 'token_expired'])
    expect(await outcome(forge({}, { sub: 'usr_00000000001' }))).toEqual([401, 'session_ended'])
    expect(await outcome(forge({}, { sid: 'ses_00000000001' }))).toEqual([401, 'session_ended'])
  })

  it('with any one character of its signature or payload changed is refused', async () => {
    const token = signedIn.access_token
    for (let at = 0; at < token.length; at += 7) {
      const changed = token.slice(0, at) + (token[at] === 'Q' ? 'g' : 'Q') + token.slice(at + 1)
      expect(changed).not.toBe(token)
      expect([at, (await outcome(changed))[0]]).toEqual([at, 401])
    }
  })

  it('that is no token at all is refused', async () => {
    const [head, body, signature] = signedIn.access_token.split('.')
    for (const token of [
      'x',
      '..',
      '...',
      `${head}.${body}`,
      `${head}.${body}.${signature}.x`,
      `${head}..${signature}`,
      `.${body}.${signature}`,
      `${encode('not json')}.${body}.${signature}`,
      `${encode('null')}.${body}.${signature}`,
      `${encode('[]')}.${body}.${signature}`,
      `${head}.${encode('null')}.${signature}`,
      `${head}.${body}.${signature}=`,
      `${signedIn.access_token}${signedIn.access_token}`,
    ]) {
      expect([token.slice(0, 40), ...(await outcome(token))]).toEqual([
        token.slice(0, 40),
        ...invalid,
      ])
    }
  })

  it('[TK-7] over 8 kB is refused before it is parsed', async () => {
    const long = forge({}, { padding: 'x'.repeat(8000) })
    expect(long.length).toBeGreaterThan(8192)
    expect(await outcome(long)).toEqual(invalid)
    expect(await outcome(forge({}, { padding: 'x'.repeat(4000) }))).toEqual([200, 'ok'])
  })
})

describe('the keys', () => {
  it('[TK-4] are P-256, published without the private part, and have unique ids', () => {
    expect(new Set(jwks.keys.map(({ kid }) => kid)).size).toBe(2)
    for (const key of jwks.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })
    }
  })

  it('[TK-4] stay the same when the server starts again, also under a rolled secret', async () => {
    const next = 'another-Secret-Of-40-Characters-At-Least!'
    const again = await openWorld({ store: world.store })
    const rolled = await openWorld({ store: world.store, secret: `2:${next},1:${testSecret}` })
    const dropped = await openWorld({ store: world.store, secret: `2:${next}` })
    try {
      for (const other of [again, rolled, dropped]) {
        const reply = await other.send('GET', '/.well-known/jwks.json')
        expect(reply.body).toEqual(jwks)
        expect((await other.send('GET', '/v1/me', { token: signedIn.access_token })).status).toBe(
          200,
        )
      }
    } finally {
      for (const other of [again, rolled, dropped]) await other.auth.close()
    }
  })

  it('sealed under a secret that is not given stop the start, and say how to mend it', async () => {
    const other = await openWorld()
    await other.auth.ready()
    const wrong = await openWorld({
      store: other.store,
      secret: 'some-Other-Secret-Of-40-Characters-Here!',
    })
    try {
      await expect(wrong.auth.ready()).rejects.toThrow(/KAIMEN_SECRET=2:new,1:old/)
      const reply = await wrong.send('GET', '/readyz')
      expect([reply.status, reply.body['code']]).toEqual([503, 'unavailable'])
    } finally {
      await wrong.auth.close()
      await other.close()
    }
  })
})
