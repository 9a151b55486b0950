import { createPrivateKey, randomBytes, sign } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet, type JWK } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openOperations } from '@kaimen/server'
import { readKeyRing } from '../../src/key-ring.ts'
import { openSigningKey } from '../../src/session/signing-keys.ts'
import { testClock, type TestClock } from '../support/clock.ts'
import {
  openWorld,
  testSecret,
  type SignedInBody,
  type World,
  type WorldOptions,
} from '../support/world.ts'

const secondMs = 1000
const dayMs = 24 * 60 * 60 * secondMs
/** The least there are for tokens of 15 minutes. */
const publishMs = 680 * secondMs
const overlapMs = 980 * secondMs
const maxAgeMs = 600 * secondMs

let folder: string
let clock: TestClock
let nodes: World[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaimen-rotation-'))
  clock = testClock()
  nodes = []
})
afterEach(async () => {
  vi.restoreAllMocks()
  for (const node of nodes.toReversed()) await node.close()
  await rm(folder, { recursive: true, force: true })
})

/** A server on the same file and clock as the others. */
async function openNode(options: WorldOptions = {}): Promise<World> {
  const path = join(folder, 'kaimen.db')
  const node = await openWorld({ storeKind: 'sqlite', path, clock, ...options })
  nodes.push(node)
  await node.auth.ready()
  return node
}

const me = async (node: World, token: string) => {
  const { status, body } = await node.send('GET', '/v1/me', { token })
  return status === 200 ? 'ok' : body['code']
}
const header = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }
const kidOf = async (node: World, slot: string) =>
  (await node.auth.keys.list()).find((key) => key.slot === slot)?.kid
const jwksOf = async (node: World) => {
  const { body, headers } = await node.send('GET', '/.well-known/jwks.json')
  expect(headers.get('cache-control')).toBe('public, max-age=600')
  return body as unknown as JSONWebKeySet
}
const publishedBy = async (node: World) => (await jwksOf(node)).keys.map(({ kid }) => kid)

async function refresh(node: World, { refresh_token }: SignedInBody): Promise<SignedInBody> {
  const json = { grant_type: 'refresh_token', refresh_token }
  const { status, text, body } = await node.send('POST', '/v1/token', { json })
  if (status !== 200) throw new Error(`not refreshed: ${text}`)
  return body as SignedInBody
}

/** A token that whoever stole the current key would make: it lives for a year. */
async function forge(node: World, token: string): Promise<string> {
  const ring = readKeyRing(testSecret)
  const key = (await node.store.listSigningKeys()).find(({ slot }) => slot === 'current')
  if (typeof ring === 'string' || !key) throw new Error('no signing key')
  const jwk = JSON.parse(openSigningKey(ring, key)) as JWK
  const claims = JSON.parse(
    Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
  ) as object
  const exp = clock.now() / 1000 + 365 * 24 * 3600
  const payload = Buffer.from(JSON.stringify({ ...claims, exp })).toString('base64url')
  const head = { alg: 'ES256', typ: 'at+jwt', kid: key.kid }
  const input = `${Buffer.from(JSON.stringify(head)).toString('base64url')}.${payload}`
  const privateKey = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
  const signature = sign('sha256', Buffer.from(input), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  })
  return `${input}.${signature.toString('base64url')}`
}

/** Checks tokens with a JWK set that it fetches only when its max-age is over. */
function openVerifier() {
  let held: { jwks: JSONWebKeySet; atMs: number } | undefined
  return async (token: string, from: World) => {
    if (!held || clock.now() - held.atMs >= maxAgeMs) {
      held = { jwks: await jwksOf(from), atMs: clock.now() }
    }
    try {
      const currentDate = new Date(clock.now())
      await jwtVerify(token, createLocalJWKSet(held.jwks), { currentDate })
      return 'ok'
    } catch (error) {
      return error instanceof Error ? error.name : 'refused'
    }
  }
}

const rotations = async (node: World) =>
  (await node.auth.events.list({ limit: 1000 })).filter(
    ({ kind }) => kind === 'signing_key_rotated',
  ).length

describe('rotation', () => {
  it('[TK-5] under load no token is refused: three nodes, two verifiers, ten rotations', async () => {
    const a = await openNode()
    const all = [a, await openNode(), await openNode()]
    const verifiers = [openVerifier(), openVerifier()]
    const stepMs = 49 * secondMs
    const at = (index: number) => all[index % all.length] ?? a
    let clients: SignedInBody[] = []
    const refusals: unknown[] = []
    let expiresAtMs = 0
    let rotated = 0
    for (let step = 0; rotated < 10; step++) {
      // One node at a time has no requests for minutes.
      const sleeps = Math.floor(step / 12) % all.length
      const awake = all.filter((_, index) => index !== sleeps)
      const pick = (index: number) => awake[index % awake.length] ?? a
      if (clock.now() >= expiresAtMs) {
        // Tokens are used until their last second.
        clients = await Promise.all(
          clients.map((client, index) => refresh(pick(index + step), client)),
        )
        expiresAtMs = clock.now() + 900 * secondMs
      }
      if (step % 7 === 0 && clients.length < 8) clients.push(await a.signIn())
      const [outcomes] = await Promise.all([
        Promise.all([0, 1, 2].map((index) => at(index + step).auth.keys.rotate())),
        ...clients.flatMap(({ access_token }, index) => [
          me(pick(index + step), access_token).then((said) => refusals.push(said)),
          ...verifiers.map((verify, each) =>
            verify(access_token, pick(step + each)).then((said) => refusals.push(said)),
          ),
        ]),
      ])
      rotated += outcomes.filter(({ outcome }) => outcome === 'rotated').length
      clock.advance(stepMs)
    }
    expect(new Set(refusals)).toEqual(new Set(['ok']))
    expect(refusals.length).toBeGreaterThan(2000)
    expect(await rotations(a)).toBe(10)
  })

  it('[TK-5] of six operators at three nodes one rotates, and all nodes sign with the same key', async () => {
    const a = await openNode()
    const all = [a, await openNode(), await openNode()]
    clock.advance(publishMs)
    const next = await kidOf(a, 'next')
    const outcomes = await Promise.all([...all, ...all].map(({ auth }) => auth.keys.rotate()))
    expect(outcomes.filter(({ outcome }) => outcome === 'rotated')).toEqual([
      { outcome: 'rotated', kid: next },
    ])
    clock.advance(20 * secondMs)
    for (const node of all) {
      expect(header((await node.signIn()).access_token).kid).toBe(next)
      expect(await publishedBy(node)).toHaveLength(3)
    }
  })

  it('[TK-5] a key is published for as long as verifiers hold a JWK set, before it signs', async () => {
    const a = await openNode()
    const next = await kidOf(a, 'next')
    expect(await publishedBy(a)).toContain(next)
    const at = new Date(clock.now() + publishMs)
    clock.advance(publishMs - 1)
    expect(await a.auth.keys.rotate()).toEqual({ outcome: 'too_soon', at })
    clock.advance(1)
    expect(await a.auth.keys.rotate()).toEqual({ outcome: 'rotated', kid: next })
  })

  it('[TK-5] a key that signed is refused when its overlap is over, also where its token is remembered', async () => {
    const [a, b] = [await openNode(), await openNode()]
    clock.advance(publishMs)
    const { access_token } = await a.signIn()
    const forged = await forge(a, access_token)
    const verify = openVerifier()
    const { kid } = header(forged)
    await a.auth.keys.rotate()
    for (const node of [a, b]) expect(await me(node, forged)).toBe('ok')
    clock.advance(overlapMs - 1)
    for (const node of [a, b]) expect(await me(node, forged)).toBe('ok')
    expect(await verify(forged, b)).toBe('ok')
    clock.advance(1)
    for (const node of [a, b]) {
      expect(await me(node, forged)).toBe('token_invalid')
      expect(await publishedBy(node)).not.toContain(kid)
    }
    clock.advance(maxAgeMs)
    expect(await verify(forged, b)).toBe('JWKSNoMatchingKey')
    await b.auth.tidy()
    expect((await a.store.listSigningKeys()).map((key) => key.kid)).not.toContain(kid)
    expect((await a.auth.events.list()).at(-1)).toMatchObject({
      kind: 'signing_key_retired',
      detail: { kid },
    })
  })

  it('[TK-4] a key that signs no more keeps no private part in the store', async () => {
    const a = await openNode()
    clock.advance(publishMs)
    await a.auth.keys.rotate()
    const lengths = (await a.store.listSigningKeys()).map(({ slot, sealed }) => [
      slot,
      sealed.length > 100 ? 'sealed' : sealed.length,
    ])
    expect(Object.fromEntries(lengths)).toEqual({ next: 'sealed', current: 'sealed', previous: 0 })
  })

  it('[TK-5] comes by itself after 90 days, by one of the nodes, and not a moment before', async () => {
    const a = await openNode()
    const all = [a, await openNode(), await openNode()]
    clock.advance(90 * dayMs - 1)
    await Promise.all(all.map(({ auth }) => auth.tidy()))
    expect(await rotations(a)).toBe(0)
    const next = await kidOf(a, 'next')
    clock.advance(1)
    await Promise.all(all.map(({ auth }) => auth.tidy()))
    expect(await rotations(a)).toBe(1)
    expect(await kidOf(a, 'current')).toBe(next)
    expect(all.flatMap(({ events }) => events).map(({ kind }) => kind)).toEqual([
      'signing_key_rotated',
    ])
  })

  it('comes only by an operator where rotateDays is 0', async () => {
    const a = await openNode({ signingKeys: { rotateDays: 0 } })
    clock.advance(3650 * dayMs)
    await a.auth.tidy()
    expect(await rotations(a)).toBe(0)
    expect((await a.auth.keys.list()).map(({ moves_at }) => moves_at === null)).toEqual([
      false,
      true,
    ])
    expect(await a.auth.keys.rotate()).toMatchObject({ outcome: 'rotated' })
  })

  it('[TK-5] goes on where a server is started again in its midst, under a rolled secret too', async () => {
    const newer = 'another-Secret-Of-40-Characters-At-Least!'
    const a = await openNode()
    clock.advance(publishMs)
    const { access_token } = await a.signIn()
    await a.auth.keys.rotate()
    await a.auth.close()
    const b = await openNode({ secret: `2:${newer},1:${testSecret}` })
    expect(await me(b, access_token)).toBe('ok')
    const c = await openNode({ secret: `2:${newer}` })
    expect(await me(c, access_token)).toBe('ok')
    clock.advance(overlapMs)
    expect(await c.auth.keys.rotate()).toMatchObject({ outcome: 'rotated' })
    const fresh = await c.signIn()
    clock.advance(20 * secondMs)
    expect(await me(b, fresh.access_token)).toBe('ok')
  })

  it('a node without the secret of the new key goes on with the one it has, and says so once', async () => {
    const a = await openNode()
    clock.advance(publishMs)
    const b = await openNode({ secret: `2:another-Secret-Of-40-Characters!!,1:${testSecret}` })
    // Twice, so that the key that signs was made and sealed by b.
    await b.auth.keys.rotate()
    clock.advance(overlapMs)
    await b.auth.keys.rotate()
    clock.advance(20 * secondMs)
    const signed = await a.signIn()
    expect(await me(b, signed.access_token)).toBe('ok')
    expect(await me(a, (await b.signIn()).access_token)).toBe('ok')
    clock.advance(20 * secondMs)
    expect(await me(a, signed.access_token)).toBe('ok')
    expect(a.reports.map(([message]) => message)).toEqual([
      'The signing keys could not be read anew',
    ])
  })
})

describe('a key that leaked', () => {
  it('[TK-5] is gone at once where it is revoked, and at the other nodes within 20 seconds', async () => {
    const [a, b] = [await openNode(), await openNode()]
    const signedIn = await a.signIn()
    const forged = await forge(a, signedIn.access_token)
    for (const node of [a, b]) expect(await me(node, forged)).toBe('ok')
    const before = (await a.auth.keys.list()).map(({ kid }) => kid)
    const { kid, revoked } = await a.auth.keys.revoke()
    expect([...revoked].sort()).toEqual(before.sort())
    expect(await me(a, forged)).toBe('token_invalid')
    expect(await me(a, signedIn.access_token)).toBe('token_invalid')
    clock.advance(20 * secondMs)
    expect(await me(b, forged)).toBe('token_invalid')
    const after = await refresh(b, signedIn)
    expect(header(after.access_token).kid).toBe(kid)
    for (const node of [a, b]) {
      expect(await me(node, after.access_token)).toBe('ok')
      const published = await publishedBy(node)
      expect(published).toContain(kid)
      expect(published.filter((each) => before.includes(each ?? ''))).toEqual([])
    }
    const verify = openVerifier()
    expect(await verify(forged, b)).toBe('JWKSNoMatchingKey')
    expect((await a.auth.events.list()).at(-1)).toMatchObject({
      kind: 'signing_keys_revoked',
      detail: { kid, revoked },
    })
  })

  it('[TK-5] that two operators revoke at once is revoked once', async () => {
    const [a, b] = [await openNode(), await openNode()]
    const outcomes = await Promise.all([a, b, a].map(({ auth }) => auth.keys.revoke()))
    expect(new Set(outcomes.map(({ kid }) => kid))).toEqual(new Set([await kidOf(a, 'current')]))
    expect(outcomes.flatMap(({ revoked }) => revoked)).toHaveLength(2)
  })

  it('[TK-5] a token of the fresh key is taken at once by a node that has not heard of it', async () => {
    const [a, b] = [await openNode(), await openNode()]
    await b.signIn()
    await a.auth.keys.revoke()
    expect(await me(b, (await a.signIn()).access_token)).toBe('ok')
  })
})

describe('a node', () => {
  it('[TK-7] reads the keys once in ten seconds for 10,000 tokens of made-up keys', async () => {
    const a = await openNode()
    const { access_token } = await a.signIn()
    const [, payload] = access_token.split('.')
    const list = vi.spyOn(a.store, 'listSigningKeys')
    for (let i = 0; i < 10_000; i++) {
      const head = { alg: 'ES256', typ: 'at+jwt', kid: randomBytes(32).toString('base64url') }
      const token = `${Buffer.from(JSON.stringify(head)).toString('base64url')}.${payload}.AAAA`
      if ((await me(a, token)) !== 'token_invalid') throw new Error('not refused')
    }
    expect(list).toHaveBeenCalledTimes(1)
  })

  it('that cannot reach the store goes on with the keys it has, and tells of it once', async () => {
    const [a, b] = [await openNode(), await openNode()]
    const { access_token } = await b.signIn()
    vi.spyOn(b.store, 'listSigningKeys').mockRejectedValue(new Error('away'))
    clock.advance(30 * secondMs)
    for (let i = 0; i < 3; i++) expect(await me(b, access_token)).toBe('ok')
    expect(await publishedBy(b)).toHaveLength(2)
    expect(b.reports).toHaveLength(1)
    vi.restoreAllMocks()
    const { kid } = await a.auth.keys.revoke()
    expect(await publishedBy(b)).toContain(kid)
  })

  it('that waits for a store which does not answer goes on after a moment', async () => {
    const a = await openNode()
    const { access_token } = await a.signIn()
    let answer = () => {}
    vi.spyOn(a.store, 'listSigningKeys').mockReturnValue(
      new Promise((resolve) => (answer = () => resolve([]))),
    )
    clock.advance(30 * secondMs)
    expect(await me(a, access_token)).toBe('ok')
    answer()
  })

  it('adds no key under a secret that cannot open the one that signs', async () => {
    const a = await openNode()
    const [kid = '', replaces = ''] = (await a.auth.keys.list()).map((key) => key.kid)
    await a.store.promoteSigningKey({ kid, replaces, now_ms: clock.now() })
    const secret = 'some-Other-Secret-Of-40-Characters-Here!'
    const { keys } = openOperations({ store: a.store, clock, secret })
    await expect(keys.rotate()).rejects.toThrow(/another KAIMEN_SECRET/)
    expect((await keys.list()).map(({ slot }) => slot)).toEqual(['current', 'previous'])
  })

  it('[TK-4] never publishes a private part, whatever slot a key is in', async () => {
    const a = await openNode()
    clock.advance(publishMs)
    await a.auth.keys.rotate()
    const { keys } = await jwksOf(a)
    expect(keys).toHaveLength(3)
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(3)
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
      expect(key.crv).toBe('P-256')
    }
  })
})
