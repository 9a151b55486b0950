import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openOperations } from '../src/operate.ts'
import { believedMs } from '../src/credential/check-credential.ts'
import { hashCredentialSecret, mintCredentialSecret } from '../src/credential/credential-secret.ts'
import { systemRandom } from '../src/random.ts'
import { formatId, parseId } from '../src/id.ts'
import { readKeyRing } from '../src/key-ring.ts'
import { parsePhone } from '../src/phone-number.ts'
import { KaimenError } from '../src/errors.ts'
import { signIn } from '../src/store/suite/builders.ts'
import { storedPhone } from '../src/user/phone.ts'
import { expectProblem } from './support/problem.ts'
import {
  openAppId,
  openWorld,
  testSecret,
  wangFang,
  type SignedInBody,
  type StoreKind,
  type World,
} from './support/world.ts'

const dayMs = 24 * 60 * 60 * 1000
const hourMs = 60 * 60 * 1000

describe.each<StoreKind>(['memory', 'sqlite'])('a service credential, on %s', (storeKind) => {
  let world: World
  let me: SignedInBody
  beforeEach(async () => {
    world = await openWorld({ storeKind })
    me = await world.signIn()
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await world.close()
  })

  const create = async (
    options: Partial<Parameters<World['auth']['credentials']['create']>[0]> = {},
  ) => {
    const { id, secret } = await world.auth.credentials.create({
      name: 'shop',
      scopes: ['introspect'],
      ...options,
    })
    return { id, secret: secret.reveal() }
  }
  const ask = (authorization?: string, token = me.access_token) =>
    world.send('POST', '/v1/introspect', {
      json: { token },
      headers: { ...(authorization !== undefined && { authorization }) },
    })
  const statusOf = async (secret: string) => (await ask(`Bearer ${secret}`)).status
  const basic = (id: string, secret: string) =>
    `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

  it('[OA-1] lets a back end in as a bearer token, and by HTTP Basic with its id', async () => {
    const { id, secret } = await create()
    for (const header of [`Bearer ${secret}`, `bearer ${secret}`, basic(id, secret)]) {
      const { status, body } = await ask(header)
      expect([status, body['active']]).toEqual([200, true])
    }
  })

  it('[OA-1] is asked for: whatever else is sent is refused, with a challenge', async () => {
    const { id, secret } = await create()
    const other = await create()
    // So that it is believed.
    expect(await statusOf(secret)).toBe(200)
    const forged = mintCredentialSecret(systemRandom, parseId('crd', id) ?? 0)
    for (const header of [
      undefined,
      'Bearer',
      `Bearer ${secret.slice(0, -1)}`,
      `Bearer ${secret}x`,
      `Bearer ${forged}`,
      `Bearer ${hashCredentialSecret(secret)}`,
      `Bearer ${me.access_token}`,
      `Bearer ${me.refresh_token}`,
      `Digest ${secret}`,
      basic(other.id, secret),
      basic('', secret),
      basic(id, hashCredentialSecret(secret)),
      basic(id, ''),
      'Basic !!!',
      `Basic ${secret}`,
    ]) {
      const reply = await ask(header)
      expectProblem(reply, 'credential_invalid')
      expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer .*, Basic realm="/)
      expect(reply.text).not.toContain(secret.slice(4))
    }
  })

  it('does only what its scopes name', async () => {
    const calls = {
      introspect: (token: string) =>
        world.send('POST', '/v1/introspect', { json: { token: 'x' }, token }),
      users: (token: string) => world.send('GET', `/v1/users/${me.user.id}`, { token }),
      revocations: (token: string) => world.send('GET', '/v1/revocations', { token }),
    } as const
    const names = ['introspect', 'users', 'revocations'] as const
    for (const scope of names) {
      const { secret } = await create({ scopes: [scope] })
      for (const name of names) {
        const reply = await calls[name](secret)
        if (name === scope) {
          expect([name, reply.status]).toEqual([name, 200])
          continue
        }
        const { detail } = expectProblem(reply, 'scope_missing')
        expect(detail).toContain(name)
        expect(reply.headers.get('www-authenticate')).toContain('insufficient_scope')
      }
    }
  })

  it('[SE-1] has 256 random bits behind a prefix that secret scanners find', async () => {
    const secrets = new Set<string>()
    for (let i = 0; i < 100; i++) secrets.add((await create()).secret)
    expect(secrets.size).toBe(100)
    for (const secret of secrets) expect(secret).toMatch(/^kmc_[A-Za-z0-9_-]{54}$/)
    // The first eight bytes are the id.
    const random = [...secrets].map((each) => Buffer.from(each.slice(4), 'base64url').subarray(8))
    expect(random[0]).toHaveLength(32)
    expect(new Set(random.map((each) => each.subarray(0, 4).toString('hex'))).size).toBe(100)
  })

  it('[SE-2] is nowhere in the store, and nothing that is there lets anybody in', async () => {
    const { id, secret } = await create()
    const rotated = await world.auth.credentials.rotate(id)
    if (rotated === 'not_found') throw new Error('not rotated')
    await ask(`Bearer ${secret}`)
    const stored = JSON.stringify([
      await world.store.listCredentials(),
      await world.store.listEvents({ limit: 100 }),
      world.events,
      world.reports,
      ...(world.path ? new DatabaseSync(world.path).prepare('select * from events').all() : []),
    ])
    for (const text of [secret, rotated.secret.reveal()]) {
      expect(stored).not.toContain(text.slice(4))
      expect(stored).not.toContain(text.slice(16, 40))
    }
    const [credential] = await world.store.listCredentials()
    for (const value of Object.values(credential ?? {})) {
      for (const header of [`Bearer ${value}`, `Bearer kmc_${value}`, basic(id, String(value))]) {
        expect((await ask(header)).status).toBe(401)
      }
    }
  })

  it('is shown once, wrapped: printing it gives nothing away', async () => {
    const made = await world.auth.credentials.create({ name: 'shop', scopes: ['users'] })
    expect(JSON.stringify(made)).toBe(`{"id":"${made.id}","secret":"[secret]"}`)
    expect(made.secret.reveal()).toMatch(/^kmc_/)
  })

  it('expires after a year, or when it was said, or never', async () => {
    const year = await create()
    const day = await create({ expiresInDays: 1 })
    const never = await create({ expiresInDays: null })
    world.clock.advance(dayMs - 1)
    expect(await statusOf(day.secret)).toBe(200)
    world.clock.advance(1)
    expect(await statusOf(day.secret)).toBe(401)
    world.clock.advance(364 * dayMs - 1)
    expect(await statusOf(year.secret)).toBe(200)
    world.clock.advance(1)
    expect(await statusOf(year.secret)).toBe(401)
    expect(await statusOf(never.secret)).toBe(200)
    expect(await world.auth.credentials.rotate(year.id)).toBe('not_found')
  })

  it('has a second secret beside the first, until the overlap is over', async () => {
    const { id, secret } = await create()
    const rotated = await world.auth.credentials.rotate(id, { overlapSeconds: 3600 })
    if (rotated === 'not_found') throw new Error('not rotated')
    const next = rotated.secret.reveal()
    expect([await statusOf(secret), await statusOf(next)]).toEqual([200, 200])
    world.clock.advance(hourMs - 1)
    expect([await statusOf(secret), await statusOf(next)]).toEqual([200, 200])
    world.clock.advance(1)
    expect([await statusOf(secret), await statusOf(next)]).toEqual([401, 200])
  })

  it('lets go of the first secret early, and of one that leaked at once', async () => {
    const { id, secret } = await create()
    const rotated = await world.auth.credentials.rotate(id)
    if (rotated === 'not_found') throw new Error('not rotated')
    expect(await world.auth.credentials.end(id, { previous: true })).toBe('ended')
    expect(await world.auth.credentials.end(id, { previous: true })).toBe('not_found')
    const next = rotated.secret.reveal()
    expect([await statusOf(secret), await statusOf(next)]).toEqual([401, 200])
    const again = await world.auth.credentials.rotate(id, { overlapSeconds: 0 })
    world.clock.advance(believedMs)
    expect(again).not.toBe('not_found')
    expect(await statusOf(next)).toBe(401)
  })

  it('of two who rotate it at once one is refused, and no secret is lost', async () => {
    const { id } = await create()
    const both = await Promise.all([0, 1].map(() => world.auth.credentials.rotate(id)))
    for (const each of both) {
      if (each !== 'not_found') expect(await statusOf(each.secret.reveal())).toBe(200)
    }
    expect(both).toContain('not_found')
  })

  it('[SE-5] is refused within two seconds of its end, on a node that has just believed it', async () => {
    const { id, secret } = await create()
    expect(await statusOf(secret)).toBe(200)
    // Another process ends it.
    expect(await openOperations({ store: world.store }).credentials.end(id)).toBe('ended')
    world.clock.advance(believedMs - 1)
    expect(await statusOf(secret)).toBe(200)
    world.clock.advance(1)
    expect(await statusOf(secret)).toBe(401)
    expect(believedMs).toBeLessThanOrEqual(5000)
    expect(await world.auth.credentials.end(id)).toBe('not_found')
    expect(await world.auth.credentials.rotate(id)).toBe('not_found')
  })

  it('is read once in two seconds, and its use is written once an hour', async () => {
    const { secret } = await create()
    const find = vi.spyOn(world.store, 'findCredential')
    const note = vi.spyOn(world.store, 'noteCredentialUse')
    for (let i = 0; i < 50; i++) await ask(`Bearer ${secret}`)
    expect(find).toHaveBeenCalledTimes(1)
    for (let minute = 0; minute < 120; minute++) {
      world.clock.advance(60_000)
      await ask(`Bearer ${secret}`, 'x')
    }
    expect(find).toHaveBeenCalledTimes(121)
    expect(note).toHaveBeenCalledTimes(3)
    const [credential] = await world.auth.credentials.list()
    const hour = Math.floor(world.clock.now() / hourMs) * hourMs
    expect(credential?.last_used_at).toEqual(new Date(hour))
  })

  it('is never looked for where the text has not its form', async () => {
    const find = vi.spyOn(world.store, 'findCredential')
    for (const text of ['kmc_', 'x'.repeat(58), `kmc_${'!'.repeat(54)}`, `kmc_${'A'.repeat(55)}`]) {
      expect(await statusOf(text)).toBe(401)
    }
    expect(find).not.toHaveBeenCalled()
  })

  it('is listed with all that is no secret, also when it has ended', async () => {
    const { id } = await create({ name: '商城', scopes: ['users:phone', 'users', 'users'] })
    await world.auth.credentials.end(id)
    expect(await world.auth.credentials.list()).toEqual([
      {
        id,
        name: '商城',
        scopes: ['users', 'users:phone'],
        created_at: new Date(world.clock.now()),
        expires_at: new Date(world.clock.now() + 365 * dayMs),
        ended_at: new Date(world.clock.now()),
        last_used_at: null,
        previous_ends_at: null,
      },
    ])
  })

  it.each([
    [{ name: '' }, /name/],
    [{ name: 'two\nlines' }, /name/],
    [{ name: 'x'.repeat(65) }, /name/],
    [{ scopes: [] }, /scopes/],
    [{ scopes: ['everything' as 'users'] }, /scopes/],
    [{ expiresInDays: 0 }, /expiresInDays/],
    [{ expiresInDays: 3651 }, /expiresInDays/],
    [{ expiresInDays: 1.5 }, /expiresInDays/],
  ])('is not made of %j', async (options, message) => {
    await expect(create(options)).rejects.toThrow(message)
    expect(await world.store.listCredentials()).toEqual([])
  })

  it('[LG-1] is in the audit log when it is made, rotated and ended', async () => {
    const { id } = await create()
    await world.auth.credentials.rotate(id)
    await world.auth.credentials.end(id, { previous: true })
    await world.auth.credentials.end(id)
    const told = [
      { kind: 'credential_created', credential_id: id, name: 'shop', scopes: ['introspect'] },
      { kind: 'credential_rotated', credential_id: id },
      { kind: 'credential_ended', credential_id: id, which: 'previous' },
      { kind: 'credential_ended', credential_id: id, which: 'whole' },
    ]
    const logged = (await world.auth.events.list()).slice(-4)
    expect(logged.map(({ kind, detail }) => ({ kind, ...detail }))).toEqual(told)
    await vi.waitFor(() => expect(world.events.slice(-4)).toEqual(told))
  })
})

describe.each<StoreKind>(['memory', 'sqlite'])('introspection, on %s', (storeKind) => {
  let world: World
  let me: SignedInBody
  let secret: string
  beforeEach(async () => {
    world = await openWorld({ storeKind, claims: () => ({ role: 'clerk', active: false }) })
    me = await world.signIn()
    const made = await world.auth.credentials.create({ name: 'shop', scopes: ['introspect'] })
    secret = made.secret.reveal()
  })
  afterEach(() => world.close())

  const ask = (fields: Record<string, string>) =>
    world.send('POST', '/v1/introspect', {
      body: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      token: secret,
    })
  const inactive = async (token: string) => {
    const { status, text, headers } = await ask({ token })
    expect([status, text]).toEqual([200, '{"active":false}'])
    expect(headers.get('cache-control')).toBe('no-store')
  }

  it('[OA-1] tells of an access token what is in it, and of what the host added', async () => {
    const { body, headers } = await ask({ token: me.access_token })
    const now = Math.floor(world.clock.now() / 1000)
    expect(body).toEqual({
      active: true,
      token_type: 'Bearer',
      sub: me.user.id,
      sid: me.session_id,
      client_id: openAppId,
      iss: 'http://kaimen.test',
      aud: 'http://kaimen.test',
      iat: now,
      exp: now + 900,
      auth_time: now,
      jti: expect.any(String) as string,
      role: 'clerk',
    })
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('[OA-1] tells a refresh token from an access token', async () => {
    const { body } = await ask({ token: me.refresh_token })
    const now = Math.floor(world.clock.now() / 1000)
    expect(body).toEqual({
      active: true,
      token_type: 'refresh_token',
      sub: me.user.id,
      sid: me.session_id,
      client_id: openAppId,
      iss: 'http://kaimen.test',
      exp: now + 30 * 24 * 60 * 60,
      auth_time: now,
    })
  })

  it('[OA-1] does not take a store that is away for a sign-out', async () => {
    await ask({ token: me.access_token })
    vi.spyOn(world.store, 'findSession').mockRejectedValue(new KaimenError('unavailable'))
    for (const token of [me.access_token, me.refresh_token]) {
      const { status, body } = await ask({ token })
      expect([status, body['code']]).toEqual([503, 'unavailable'])
    }
  })

  it('[OA-1] heeds no token_type_hint', async () => {
    for (const token of [me.access_token, me.refresh_token]) {
      const plain = await ask({ token })
      for (const token_type_hint of ['access_token', 'refresh_token', 'nonsense']) {
        expect((await ask({ token, token_type_hint })).body).toEqual(plain.body)
      }
    }
  })

  it('[OA-1] of a token that does not count it tells nothing but that', async () => {
    const other = await world.signIn({ person: wangFang })
    await inactive('nonsense')
    await inactive(secret)
    await inactive(`${me.access_token}x`)
    await inactive(me.session_id)
    await world.send('POST', '/v1/revoke', { json: { token: other.refresh_token } })
    await inactive(other.access_token)
    await inactive(other.refresh_token)
    world.clock.advance(900_000)
    await inactive(me.access_token)
    expect((await ask({ token: me.refresh_token })).body).toHaveProperty('active', true)
    await world.auth.users.disable(me.user.id)
    await inactive(me.refresh_token)
  })

  it('[SE-5] asks the store: a sign-out counts at once', async () => {
    expect((await ask({ token: me.access_token })).body).toHaveProperty('active', true)
    await world.send('POST', '/v1/revoke', { json: { token: me.refresh_token } })
    await inactive(me.access_token)
  })

  it('of a used refresh token tells what the exchange would: active within the grace', async () => {
    const exchange = { grant_type: 'refresh_token', refresh_token: me.refresh_token }
    const next = (await world.send('POST', '/v1/token', { json: exchange })).body
    expect((await ask({ token: me.refresh_token })).body).toHaveProperty('active', true)
    world.clock.advance(31_000)
    await inactive(me.refresh_token)
    expect((await ask({ token: String(next['refresh_token']) })).body).toHaveProperty(
      'active',
      true,
    )
    // Asking ends nothing, whatever is asked of.
    const again = { ...exchange, refresh_token: String(next['refresh_token']) }
    expect((await world.send('POST', '/v1/token', { json: again })).status).toBe(200)
    await inactive(me.refresh_token)
    expect((await world.send('GET', '/v1/me', { token: me.access_token })).status).toBe(200)
  })

  it('needs a token', async () => {
    expectProblem(await ask({}), 'body_invalid')
    expectProblem(await ask({ token: '' }), 'body_invalid')
  })
})

describe.each<StoreKind>(['memory', 'sqlite'])('a user for a back end, on %s', (storeKind) => {
  let world: World
  let me: SignedInBody
  beforeEach(async () => {
    world = await openWorld({ storeKind })
    me = await world.signIn()
  })
  afterEach(() => world.close())

  const look = async (
    scopes: Parameters<World['auth']['credentials']['create']>[0]['scopes'],
    id = me.user.id,
  ) => {
    const { secret } = await world.auth.credentials.create({ name: 'shop', scopes })
    return world.send('GET', `/v1/users/${id}`, { token: secret.reveal() })
  }
  const created_at = '2026-01-15T08:00:00.000Z'
  const bare = () => ({
    id: me.user.id,
    status: 'active',
    nickname: null,
    avatar_url: null,
    phone: null,
    created_at,
    gone_at: null,
    merged_into: null,
  })

  it('has no openid without the scope for it', async () => {
    const { status, body, headers } = await look(['users', 'users:phone'])
    expect([status, body]).toEqual([200, bare()])
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('has openid and unionid with users:identities', async () => {
    const { body } = await look(['users', 'users:identities'])
    const [identity] = body['identities'] as Record<string, unknown>[]
    const stored = await world.store.listIdentities(parseId('usr', me.user.id) ?? 0)
    expect(identity).toEqual({
      app_id: openAppId,
      openid: stored[0]?.openid,
      unionid: stored[0]?.unionid,
      created_at,
    })
    expect(String(identity?.['openid'])).toMatch(/^o/)
    expect(String(identity?.['unionid'])).toMatch(/^o/)
  })

  it('[PI-3] has the whole phone number with users:phone alone, and every look is written down', async () => {
    const ring = readKeyRing(testSecret)
    const number = parsePhone('+8613800138001')
    if (typeof ring === 'string' || !number) throw new Error('no key ring')
    const user_id = parseId('usr', me.user.id) ?? 0
    await world.store.changePhone({ user_id, phone: storedPhone(ring, systemRandom, number) })
    const seen = async (scopes: ('users' | 'users:phone' | 'users:identities')[]) =>
      (await look(scopes)).body['phone']
    expect(await seen(['users', 'users:identities'])).toBe('+86 138****8001')
    expect(await world.auth.events.list({ user_id: me.user.id })).toHaveLength(1)
    expect(await seen(['users', 'users:phone'])).toBe('+8613800138001')
    const [credential] = await world.auth.credentials.list()
    const { kind, detail } = (await world.auth.events.list({ user_id: me.user.id })).at(-1) ?? {}
    expect([kind, detail]).toEqual(['phone_revealed', { credential_id: credential?.id }])
  })

  it('says of a merged user who they are now', async () => {
    const wechat = { app_id: 'other', openid: 'other' }
    const { user_id } = await signIn(world.store, { app_id: 'other', wechat })
    const from = formatId('usr', user_id)
    const merged = await world.auth.users.merge({ from, into: me.user.id })
    expect(merged.outcome).toBe('merged')
    expect((await look(['users', 'users:identities'], from)).body).toEqual({
      ...bare(),
      id: from,
      status: 'merged',
      gone_at: '2026-02-14T08:00:00.000Z',
      merged_into: me.user.id,
    })
  })

  it('says who is disabled, who was deleted and until when, and who became whom', async () => {
    await world.auth.users.disable(me.user.id)
    expect((await look(['users'])).body).toEqual({ ...bare(), status: 'disabled' })
    await world.auth.users.enable(me.user.id)
    const other = await world.signIn({ person: wangFang, app_id: openAppId })
    await world.auth.users.delete(other.user.id)
    expect((await look(['users', 'users:identities'], other.user.id)).body).toEqual({
      ...bare(),
      id: other.user.id,
      status: 'deleted',
      gone_at: '2026-01-22T08:00:00.000Z',
    })
  })

  it('is not_found for one whom nobody knows, or who was erased', async () => {
    for (const id of ['usr_00000000000', 'nonsense', me.session_id, '1']) {
      expectProblem(await look(['users'], id), 'not_found')
    }
  })
})
