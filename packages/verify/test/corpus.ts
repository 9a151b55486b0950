import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'

/** Tokens that nobody may take, each with what is wrong with it. [TK-1] [TK-2] [TK-3] [TK-7] */
export type Forgery = {
  readonly name: string
  readonly token: string
  /** Default: `token_invalid`. */
  readonly code?: 'token_expired'
}

export type Mint = {
  /** The key that good tokens are signed with (ES256), so that only what is named is wrong. */
  readonly privateKey: KeyObject
  readonly kid: string
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly nowSeconds: number
}

type Json = Readonly<Record<string, unknown>>

/** A token of a good header and good claims, but for what is changed; `undefined` leaves out. */
export function mint(from: Mint, header: Json = {}, claims: Json = {}): string {
  return signParts(
    from,
    encode({ ...from.header, ...header }),
    encode({ ...from.claims, ...claims }),
  )
}

export function encode(part: unknown): string {
  const text = typeof part === 'string' ? part : JSON.stringify(part)
  return Buffer.from(text).toString('base64url')
}

function signParts({ privateKey }: Pick<Mint, 'privateKey'>, head: string, body: string): string {
  const input = `${head}.${body}`
  return `${input}.${signEs256(privateKey, input).toString('base64url')}`
}

function signEs256(key: KeyObject, input: string): Buffer {
  return sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
}

export function forgeTokens(from: Mint): Forgery[] {
  return [
    ...forgeAlgorithms(from),
    ...forgeSignatures(from),
    ...forgeKeys(from),
    ...forgeTypes(from),
    ...forgeClaims(from),
    ...forgeTimes(from),
    ...forgeText(from),
    ...forgeShapes(from),
  ]
}

function forgeAlgorithms(from: Mint): Forgery[] {
  const { privateKey, header, claims } = from
  const publicKey = createPublicKey(privateKey)
  const jwk = publicKey.export({ format: 'jwk' })
  const body = encode(claims)
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const secrets: Record<string, string | Buffer> = {
    'the public key as PEM': publicKey.export({ type: 'spki', format: 'pem' }),
    'the public key as PEM without its last line break': publicKey
      .export({ type: 'spki', format: 'pem' })
      .toString()
      .trim(),
    'the public key as DER': publicKey.export({ type: 'spki', format: 'der' }),
    'the public key as JWK': JSON.stringify(jwk),
    'the published JWK': JSON.stringify({ ...jwk, kid: from.kid, alg: 'ES256', use: 'sig' }),
    'x of the public key': Buffer.from(jwk.x ?? '', 'base64url'),
    'an empty text': '',
    'a weak text': 'secret',
  }
  const nones = ['none', 'None', 'NONE', 'nOnE', 'none ', '']
  const others =
    'HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES384 ES512 ES256K EdDSA Ed25519 Ed448'
  return [
    ...nones.flatMap((alg) => {
      const head = encode({ ...header, alg })
      return [
        { name: `alg "${alg}" and no signature`, token: `${head}.${body}.` },
        { name: `alg "${alg}" and the signature of ES256`, token: signParts(from, head, body) },
      ]
    }),
    ...Object.entries(secrets).flatMap(([name, secret]) =>
      ['HS256', 'HS384', 'HS512'].map((alg) => {
        const input = `${encode({ ...header, alg })}.${body}`
        const digest = createHmac(alg.replace('HS', 'sha'), secret).update(input)
        return {
          name: `${alg} with ${name} for a secret`,
          token: `${input}.${digest.digest('base64url')}`,
        }
      }),
    ),
    ...[...others.split(' '), 'es256', 'ES256 ', 'A128KW', 'dir'].map((alg) => ({
      name: `ES256 under the name of "${alg}"`,
      token: mint(from, { alg }),
    })),
    ...[null, 1, true, [], {}, ['ES256'], undefined].map((alg) => ({
      name: `alg ${JSON.stringify(alg) ?? 'missing'}`,
      token: mint(from, { alg }),
    })),
    ...['RS256', 'ES256'].map((alg) => {
      const input = `${encode({ ...header, alg })}.${body}`
      const signature = sign('sha256', Buffer.from(input), rsa.privateKey)
      return {
        name: `an RSA signature under the name of ${alg}`,
        token: `${input}.${signature.toString('base64url')}`,
      }
    }),
  ]
}

function forgeSignatures(from: Mint): Forgery[] {
  const good = mint(from)
  const at = good.lastIndexOf('.')
  const input = good.slice(0, at)
  const signature = Buffer.from(good.slice(at + 1), 'base64url')
  const flipped = Buffer.from(signature)
  flipped[63] = (flipped[63] ?? 0) ^ 1
  const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
  const n = Buffer.from(order, 'hex')
  const bytes: Record<string, Buffer> = {
    'no signature': Buffer.alloc(0),
    'r and s of zero': Buffer.alloc(64),
    'r of zero': Buffer.concat([Buffer.alloc(32), signature.subarray(32)]),
    's of zero': Buffer.concat([signature.subarray(0, 32), Buffer.alloc(32)]),
    'r of the order of the curve': Buffer.concat([n, signature.subarray(32)]),
    'r and s of the order of the curve': Buffer.concat([n, n]),
    'r and s of one': Buffer.from('1'.padStart(64, '0').repeat(2), 'hex'),
    'all bits of the signature set': Buffer.alloc(64, 0xff),
    'one byte less of the signature': signature.subarray(0, 63),
    'half of the signature': signature.subarray(0, 32),
    'one byte more of the signature': Buffer.concat([signature, Buffer.from([0])]),
    'the signature twice': Buffer.concat([signature, signature]),
    'one bit of the signature changed': flipped,
    'r and s changed places': Buffer.concat([signature.subarray(32), signature.subarray(0, 32)]),
    'a signature in DER': sign('sha256', Buffer.from(input), from.privateKey),
    'a signature of another digest': sign('sha512', Buffer.from(input), {
      key: from.privateKey,
      dsaEncoding: 'ieee-p1363',
    }),
    'a signature of another text': signEs256(from.privateKey, `${input} `),
    'a random signature': randomBytes(64),
  }
  // One in 256 has an s that begins with a zero.
  let short = mint(from)
  const sOf = (token: string) => Buffer.from(token.split('.')[2] ?? '', 'base64url').subarray(32)
  for (let i = 0; sOf(short)[0] !== 0; i++) short = mint(from, {}, { jti: String(i) })
  const cut = short.lastIndexOf('.')
  const whole = Buffer.from(short.slice(cut + 1), 'base64url')
  const dropped = Buffer.concat([whole.subarray(0, 32), whole.subarray(33)])
  return [
    {
      name: 's without its zero',
      token: `${short.slice(0, cut)}.${dropped.toString('base64url')}`,
    },
    ...Object.entries(bytes).map(([name, value]) => ({
      name,
      token: `${input}.${value.toString('base64url')}`,
    })),
  ]
}

function forgeKeys(from: Mint): Forgery[] {
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  const k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey
  const ed25519 = generateKeyPairSync('ed25519').privateKey
  const jwk: JsonWebKey = stranger.publicKey.export({ format: 'jwk' })
  const theirs = { ...from, privateKey: stranger.privateKey }
  const place = 'http://127.0.0.1:1/jwks.json'
  const x5c = [stranger.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')]
  const kids: unknown[] = [
    undefined,
    null,
    '',
    0,
    true,
    {},
    [from.kid],
    'another',
    `${from.kid} `,
    `${from.kid}\0`,
    '../../../../dev/null',
    '/etc/passwd',
    "' or 1=1 --",
    `x' union select '${from.kid}`,
    '__proto__',
    'constructor',
    'toString',
    '| sleep 9',
    place,
    'k'.repeat(4000),
  ]
  const input = `${encode(from.header)}.${encode(from.claims)}`
  const eddsa = `${encode({ ...from.header, alg: 'EdDSA' })}.${encode(from.claims)}`
  return [
    { name: 'a key that is not published', token: mint(theirs) },
    { name: 'a key that is not published, brought as jwk', token: mint(theirs, { jwk }) },
    {
      name: 'a key that is not published, brought as jwk under its own kid',
      token: mint(theirs, { jwk: { ...jwk, kid: 'mine' }, kid: 'mine' }),
    },
    { name: 'a key brought as jku', token: mint(theirs, { jku: place }) },
    { name: 'a key brought as x5u', token: mint(theirs, { x5u: place }) },
    { name: 'a key brought as x5c', token: mint(theirs, { x5c }) },
    ...kids.map((kid) => ({
      name: `kid ${(JSON.stringify(kid) ?? 'missing').slice(0, 60)}`,
      token: mint(theirs, { kid }),
    })),
    {
      name: 'a key of P-384',
      token: `${input}.${sign('sha256', Buffer.from(input), { key: p384, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`,
    },
    { name: 'a key of secp256k1', token: `${input}.${signEs256(k1, input).toString('base64url')}` },
    {
      name: 'a key of Ed25519 under the kid of ES256',
      token: `${eddsa}.${sign(null, Buffer.from(eddsa), ed25519).toString('base64url')}`,
    },
    ...[
      { crit: ['exp'], exp: 1 },
      { crit: ['unknown'], unknown: true },
      { crit: [] },
      { crit: 'exp' },
      { crit: null },
      { crit: ['b64'], b64: false },
      { crit: ['b64'], b64: true },
    ].map((header) => ({
      name: `a header with ${JSON.stringify(header)}`,
      token: mint(from, header),
    })),
  ]
}

function forgeTypes(from: Mint): Forgery[] {
  const types = [
    'JWT',
    'jwt',
    'at',
    'id+jwt',
    'refresh+jwt',
    'rt+jwt',
    'logout+jwt',
    'secevent+jwt',
    'dpop+jwt',
    'token-introspection+jwt',
    'application/jwt',
    'text/at+jwt',
    'at+jwt ',
    'at+jwt;v=1',
    '',
    null,
    1,
    ['at+jwt'],
    undefined,
  ]
  return types.map((typ) => ({
    name: `typ ${JSON.stringify(typ) ?? 'missing'}`,
    token: mint(from, { typ }),
  }))
}

function forgeClaims(from: Mint): Forgery[] {
  const { iss, aud } = from.claims
  const missing = ['iss', 'aud', 'sub', 'client_id', 'sid', 'iat', 'exp', 'jti'].map((name) => ({
    name: `no ${name}`,
    token: mint(from, {}, { [name]: undefined }),
  }))
  const wrong: Json[] = [
    { iss: `${String(iss)}/` },
    { iss: String(iss).toUpperCase() },
    { iss: `${String(iss)}.evil.test` },
    { iss: String(iss).replace(/^https?:/, 'ftp:') },
    { iss: ` ${String(iss)}` },
    { iss: [iss] },
    { iss: null },
    { iss: '' },
    { aud: 'https://another.test' },
    { aud: `${String(aud)}/` },
    { aud: ['https://another.test'] },
    { aud: ['https://another.test', 'https://third.test'] },
    { aud: [[aud]] },
    { aud: [] },
    { aud: {} },
    { aud: { 0: aud, length: 1 } },
    { aud: null },
    { aud: true },
    { aud: '' },
    { sub: 'usr_nonsense' },
    { sub: 1 },
    { sub: null },
    { sub: '' },
    { sub: ['usr_00000000001'] },
    { sub: 'usr_zzzzzzzzzzz' },
    { sub: 'usr_vvvvvvvvvvv' },
    { sub: 'USR_00000000001' },
    { sub: 'ses_00000000001' },
    { sub: 'usr_00000000001 ' },
    { sid: 'ses_nonsense' },
    { sid: 'usr_00000000001' },
    { sid: 1 },
    { sid: null },
    { client_id: 1 },
    { client_id: null },
    { client_id: ['wx0'] },
    { jti: 1 },
    { jti: null },
  ]
  return [
    ...missing,
    ...wrong.map((claims) => ({
      name: `claims with ${JSON.stringify(claims)}`,
      token: mint(from, {}, claims),
    })),
  ]
}

function forgeTimes(from: Mint): Forgery[] {
  const { nowSeconds: now } = from
  const times: Json[] = [
    { exp: String(now + 900) },
    { exp: 'tomorrow' },
    { exp: '' },
    { exp: null },
    { exp: true },
    { exp: [now + 900] },
    { exp: {} },
    { nbf: now + 120 },
    { nbf: String(now) },
    { nbf: null },
    { nbf: 1e300 },
    { iat: 'now' },
    { iat: null },
    { iat: {} },
  ]
  // What is only more, or less, than any server writes.
  const raw = [`"exp":1e999`, `"exp":0x7fffffff`, `"exp":+${now + 900}`].map((text) => ({
    name: `claims with ${text}`,
    token: signParts(
      from,
      encode(from.header),
      encode(JSON.stringify(from.claims).replace(/"exp":\d+/, text)),
    ),
  }))
  const past: Json[] = [
    { iat: now - 1000, exp: now - 100 },
    { iat: now - 2_000_000, exp: now - 1_999_100 },
  ]
  return [
    ...times.map((claims) => ({
      name: `claims with ${JSON.stringify(claims)}`,
      token: mint(from, {}, claims),
    })),
    ...raw,
    ...past.map((claims) => ({
      name: `one that ran out: ${JSON.stringify(claims)}`,
      token: mint(from, {}, claims),
      code: 'token_expired' as const,
    })),
  ]
}

/** What one reader may read otherwise than another. */
function forgeText(from: Mint): Forgery[] {
  const good = mint(from)
  const [head = '', body = '', signature = ''] = good.split('.')
  const header = JSON.stringify(from.header)
  const claims = JSON.stringify(from.claims)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet[alphabet.indexOf(signature.at(-1) ?? '') ^ 1] ?? ''
  return [
    ...['=', '==', '%3D', '.'].map((end) => ({
      name: `${JSON.stringify(end)} after its signature`,
      token: `${good}${end}`,
    })),
    { name: 'white space in its signature', token: `${head}.${body}. ${signature}` },
    {
      name: 'spare bits at the end of its signature',
      token: `${head}.${body}.${signature.slice(0, -1)}${last}`,
    },
    {
      name: 'the standard alphabet in its signature',
      token: `${head}.${body}.${Buffer.alloc(64, 0xfb).toString('base64')}`,
    },
    { name: 'padding in its header', token: signParts(from, `${head}=`, body) },
    { name: 'padding in its payload', token: signParts(from, head, `${body}==`) },
    { name: 'white space in its payload', token: signParts(from, head, ` ${body}`) },
    { name: 'a character of no alphabet in its payload', token: signParts(from, head, `${body}!`) },
    ...Object.entries({
      'BOM before its payload': `\uFEFF${claims}`,
      'two objects for a payload': `${claims}${claims}`,
      'a list for a payload': `[${claims}]`,
      'null for a payload': 'null',
      'a number for a payload': '1',
      'a text for a payload': JSON.stringify(claims),
      'nothing for a payload': '{}',
      'no JSON for a payload': 'payload',
      'a comment in its payload': claims.replace('{', '{/**/'),
      'single quotes in its payload': claims.replaceAll('"', "'"),
      'a comma at the end of its payload': claims.replace(/}$/, ',}'),
    }).map(([name, text]) => ({ name, token: signParts(from, head, encode(text)) })),
    ...Object.entries({
      'BOM before its header': `\uFEFF${header}`,
      'a list for a header': `[${header}]`,
      'null for a header': 'null',
      'no JSON for a header': 'header',
      'another alg first in its header': header.replace('{', '{"alg":"none",'),
      'another alg last in its header': header.replace(/}$/, ',"alg":"none"}'),
      'another typ last in its header': header.replace(/}$/, ',"typ":"JWT"}'),
    }).map(([name, text]) => ({ name, token: signParts(from, encode(text), body) })),
    {
      name: 'another sub last in its payload, after it was signed',
      token: `${head}.${encode(claims.replace(/}$/, ',"sub":"usr_00000000001"}'))}.${signature}`,
    },
    {
      name: 'another header, after it was signed',
      token: `${encode(header.replace(/}$/, ' }'))}.${body}.${signature}`,
    },
  ]
}

function forgeShapes(from: Mint): Forgery[] {
  const good = mint(from)
  const [head = '', body = '', signature = ''] = good.split('.')
  const jwe = encode({ alg: 'dir', enc: 'A256GCM', typ: 'at+jwt', cty: 'JWT', kid: from.kid })
  const shapes: Record<string, string> = {
    'one part': head,
    'two parts': `${head}.${body}`,
    'four parts': `${good}.${signature}`,
    'five parts': `${good}.${signature}.${signature}`,
    'an empty header': `.${body}.${signature}`,
    'an empty payload': `${head}..${signature}`,
    'dots only': '..',
    'dots only, many': '.'.repeat(200),
    'a JWE': `${jwe}..${encode('0'.repeat(12))}.${encode(good)}.${encode('0'.repeat(16))}`,
    'a token in a token': signParts(from, encode({ ...from.header, cty: 'JWT' }), encode(good)),
    'a JWS in JSON': JSON.stringify({ protected: head, payload: body, signature }).replaceAll(
      ' ',
      '',
    ),
    'a refresh token': `kmr_${randomBytes(40).toString('base64url')}`,
    'a service credential': `kmc_${randomBytes(40).toString('base64url')}`,
    nonsense: 'nonsense',
    'the word undefined': 'undefined',
    'the word null': 'null',
    'more than 8 KB of claims': mint(from, {}, { big: 'x'.repeat(8192) }),
    'more than 8 KB of header': mint(from, { big: 'x'.repeat(8192) }),
    'more than 8 KB of signature': `${head}.${body}.${'A'.repeat(8192)}`,
    'deep lists for a payload': signParts(from, head, encode('['.repeat(5000))),
    'deep lists for a header': signParts(from, encode('['.repeat(5000)), body),
  }
  return Object.entries(shapes).map(([name, token]) => ({ name, token }))
}
