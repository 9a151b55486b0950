import { readFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { seedWorld } from '@kaimen/emulator'
import { secret } from '@kaimen/wechat'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readKeyRing } from '../src/key-ring.ts'
import { open } from '../src/seal.ts'
import { everyPrint, findCanaries, type Canary } from './support/canary.ts'
import {
  liHua,
  openAppId,
  openWorld,
  phoneAppId,
  testSecret,
  wangFang,
  type Reply,
  type SendOptions,
  type World,
} from './support/world.ts'

type WechatReply = { openid: string; unionid?: string; session_key: string }

/** The seeded apps that a mini program signs in to. */
const appids = [openAppId, phoneAppId] as const
const people = [liHua, wangFang] as const

let world: World
/** Never to be found anywhere: not in replies, logs or files. */
const secrets: Canary[] = []
/** Never to be found outside the database. */
const identities: Canary[] = []
/** What the server itself hands out: fine in the reply that brings it, and nowhere else. */
const handedOut: Canary[] = []
/** All that left the server towards clients. */
const replies: { what: string; text: string; printed: string }[] = []
/** All that was printed. */
const printed: string[] = []

beforeAll(async () => {
  const print = (chunk: unknown) => {
    printed.push(typeof chunk === 'string' ? chunk : everyPrint(chunk))
    return true
  }
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation(print)
  }
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const) {
    vi.spyOn(console, method).mockImplementation((...each: unknown[]) => void print(each))
  }
  const warned = (warning: Error) => void printed.push(everyPrint(warning))
  process.on('warning', warned)

  world = await openWorld({
    storeKind: 'sqlite',
    sharedEphemeral: true,
    wechat: { timeoutMs: 600 },
    claims: () => ({ plan: 'gold' }),
    admit: ({ proof }) =>
      proof.openid === 'nobody' ? { refuse: { 'zh-CN': '不', en: 'No' } } : undefined,
  })
  for (const { appid, secret: appSecret } of seedWorld.apps) {
    secrets.push({ what: `AppSecret of ${appid}`, value: appSecret })
    await keepKeys(appid)
  }
  secrets.push({ what: 'KAIMEN_SECRET', value: testSecret })
  for (const person of people) for (const appid of appids) await learn(person, appid)
  await tellTheStory()
  process.off('warning', warned)
  vi.restoreAllMocks()
}, 30_000)
afterAll(() => world.close())

/** A session_key that stays is one that this test knows. */
async function keepKeys(appid: string) {
  await world.control('PATCH', `/emulator/apps/${appid}`, { session_key_rotation: 'never' })
}

/** Asks WeChat itself, as only a server may. */
async function exchange(person: string, appid: string): Promise<WechatReply> {
  const app = seedWorld.apps.find((each) => each.appid === appid)
  const url = new URL('/sns/jscode2session', world.emulator.url)
  const code = await world.wxLogin(person, appid)
  url.search = new URLSearchParams({
    appid,
    secret: app?.secret ?? '',
    js_code: code,
    grant_type: 'authorization_code',
  }).toString()
  return JSON.parse(await (await fetch(url)).text()) as WechatReply
}

async function learn(person: string, appid: string) {
  const { openid, unionid, session_key } = await exchange(person, appid)
  secrets.push({ what: `session_key of ${person} in ${appid}`, value: session_key })
  identities.push({ what: `openid of ${person} in ${appid}`, value: openid })
  if (unionid !== undefined) identities.push({ what: `unionid of ${person}`, value: unionid })
}

async function send(method: string, path: string, options: SendOptions = {}): Promise<Reply> {
  const reply = await world.send(method, path, options)
  const headers = Object.fromEntries(reply.headers)
  const { access_token, refresh_token, ticket } = reply.body
  for (const [what, value] of Object.entries({ access_token, refresh_token, ticket })) {
    if (typeof value === 'string') handedOut.push({ what: `${what} of ${path}`, value })
  }
  // A reply may bring a token; but not in a header, and no other member of it repeats one.
  const rest = { ...reply.body, access_token: '', refresh_token: '', ticket: '' }
  replies.push({
    what: `${method} ${path} ${reply.status}`,
    text: `${reply.text}\n${JSON.stringify(headers)}`,
    printed: JSON.stringify([rest, headers]),
  })
  return reply
}

async function signIn(person: string, app_id: string, options: { key?: string } = {}) {
  const code = await world.wxLogin(person, app_id)
  secrets.push({ what: `login code of ${person}`, value: code })
  return send('POST', '/v1/sign-in/wechat', {
    json: { app_id, code, device: { model: 'P60', name: '李华的手机' } },
    headers: options.key === undefined ? {} : { 'idempotency-key': options.key },
  })
}

const refresh = (refresh_token: unknown) =>
  send('POST', '/v1/token', { json: { grant_type: 'refresh_token', refresh_token } })

async function tellTheStory() {
  const users: string[] = []
  for (const person of people) {
    const first = await signIn(person, openAppId, { key: `key-of-${person}` })
    expect(first.body).toMatchObject({ status: 'signed_in' })
    const { user } = first.body as { user: { id: string } }
    users.push(user.id)
    const token = String(first.body['access_token'])
    await send('GET', '/v1/me', { token })
    await send('GET', '/v1/me/sessions', { token })

    // The phone app: a ticket in place of an identity.
    expect((await signIn(person, phoneAppId, { key: 'ticket' })).body['status']).toBe(
      'phone_required',
    )

    // Rotation, reuse, sign-out.
    const second = await refresh(first.body['refresh_token'])
    const third = await refresh(second.body['refresh_token'])
    await refresh(first.body['refresh_token'])
    expect((await refresh(third.body['refresh_token'])).status).toBe(401)
    const other = await signIn(person, openAppId)
    await send('POST', '/v1/revoke', { json: { token: other.body['refresh_token'] } })
    await send('GET', '/v1/me', { token: String(other.body['access_token']) })
    await signIn(person, openAppId)
    const last = await signIn(person, openAppId)
    await send('DELETE', '/v1/me/sessions?others=true', {
      token: String(last.body['access_token']),
    })
  }

  // The same code again, with its key and without.
  const code = await world.wxLogin(liHua, openAppId)
  secrets.push({ what: 'a code sent twice', value: code })
  const json = { app_id: openAppId, code }
  for (const key of ['same', 'same', 'other']) {
    await send('POST', '/v1/sign-in/wechat', { json, headers: { 'idempotency-key': key } })
  }

  // WeChat fails in every way.
  for (const after of [false, true]) {
    for (const fault of [
      { fault: 'errcode', errcode: -1 },
      { fault: 'errcode', errcode: 40029 },
      { fault: 'errcode', errcode: 40125, errmsg: `invalid appsecret ${seedWorld.apps[0].secret}` },
      { fault: 'errcode', errcode: 45011 },
      { fault: 'errcode', errcode: 98765, errmsg: 'of this test' },
      { fault: 'status', status: 502 },
      { fault: 'html' },
      { fault: 'empty' },
      { fault: 'reset' },
      { fault: 'hang' },
      ...(after ? [{ fault: 'truncate' }] : []),
    ]) {
      await world.control('POST', '/emulator/faults', { path: '*', ...fault, after, times: 1 })
      for (const key of ['k', 'k']) await signIn(wangFang, openAppId, { key })
      await world.control('DELETE', '/emulator/faults')
    }
  }

  // Bad input that holds real secrets.
  for (const { value } of [...secrets, ...identities, ...handedOut]) {
    await send('POST', '/v1/sign-in/wechat', { json: { app_id: openAppId, code: `${value}!` } })
    await send('POST', '/v1/sign-in/wechat', { json: { app_id: value, code: 'x' } })
    await send('POST', '/v1/sign-in/wechat', {
      json: { app_id: openAppId, code: 'x', openid: value },
    })
    await send('POST', '/v1/sign-in/wechat', {
      body: `{"code":"${value}`,
      headers: { 'content-type': 'application/json' },
    })
    await send('POST', '/v1/token', { json: { grant_type: value, refresh_token: value } })
    await send('POST', '/v1/revoke', { json: { token: `${value}x` } })
    await send('GET', '/v1/me', { token: `${value}x` })
  }

  // The store fails.
  const broken = vi.spyOn(world.store, 'signIn').mockImplementation(() => {
    throw new Error('SQLITE_FULL: database or disk is full')
  })
  expect((await signIn(liHua, openAppId)).status).toBe(500)
  broken.mockRestore()

  for (const id of users) await world.auth.users.disable(id)
  expect((await signIn(liHua, openAppId)).status).toBe(403)
}

describe('[WX-1] [WX-2] [LG-1] the whole story, told on a database file', () => {
  it('is told with the person’s real session_key: the one that the database holds sealed', async () => {
    const ring = readKeyRing(testSecret)
    if (typeof ring === 'string') throw new Error(ring)
    for (const person of people) {
      const { openid, session_key } = await exchange(person, openAppId)
      const key = { app_id: openAppId, openid }
      const place = {
        table: 'identities',
        row: `${openAppId}/${openid}`,
        column: 'session_key',
      }
      const sealed = await world.store.findSessionKey(key)
      expect(sealed && open(ring, place, sealed)).toBe(session_key)
      expect(secrets).toContainEqual({
        what: `session_key of ${person} in ${openAppId}`,
        value: session_key,
      })
    }
  })

  it('went through sign-in, ticket, refresh, reuse, sign-out, faults, refusals and a disabled user', () => {
    const kinds = new Set(
      world.events.map((event) => ('reason' in event ? event.reason : event.kind)),
    )
    expect([...kinds].sort()).toEqual([
      'other_sessions_ended',
      'reused',
      'sign_in_failed',
      'signed_in',
      'signed_out',
      'user_status_changed',
    ])
    const codes = new Set(replies.map(({ printed: text }) => /"code":"(\w+)"/.exec(text)?.[1]))
    for (const code of [
      'wechat_busy',
      'wechat_config',
      'wechat_unreachable',
      'code_used',
      'refresh_reused',
      'session_ended',
      'user_disabled',
      'internal_error',
      'body_invalid',
      'app_unknown',
    ]) {
      expect(codes).toContain(code)
    }
    expect(handedOut.some(({ what }) => what.startsWith('ticket'))).toBe(true)
    expect(world.reports.length).toBeGreaterThan(10)
  })

  it('no reply holds a session_key, AppSecret, code, openid or unionid', () => {
    const found = replies.flatMap(({ what, text }) =>
      findCanaries([...secrets, ...identities], text).map((canary) => `${canary}: ${what}`),
    )
    expect(found).toEqual([])
  })

  it('no reply repeats a token outside the member that brings it', () => {
    const found = replies.flatMap(({ what, printed: text }) =>
      findCanaries(handedOut, text).map((canary) => `${canary}: ${what}`),
    )
    expect(found).toEqual([])
  })

  it('[TK-6] no access token carries a session_key, openid or unionid', () => {
    const payloads = handedOut
      .filter(({ what }) => what.startsWith('access_token'))
      .map(({ value }) => Buffer.from(value.split('.')[1] ?? '', 'base64url').toString())
    expect(payloads.length).toBeGreaterThan(5)
    expect(payloads.join()).toContain('"plan":"gold"')
    expect(findCanaries([...secrets, ...identities], payloads.join('\n'))).toEqual([])
  })

  it('no event and no report holds any of it, however it is printed', () => {
    const all = [...secrets, ...identities, ...handedOut]
    expect(findCanaries(all, everyPrint(world.events))).toEqual([])
    for (const report of world.reports) expect(findCanaries(all, everyPrint(report))).toEqual([])
  })

  it('nothing was printed', () => {
    expect(printed.join('')).toBe('')
  })

  it('[SE-2] no page of the database file holds a session_key, AppSecret, code, token or ticket', async () => {
    const all = [...secrets, ...handedOut]
    const [fresh, log] = await databaseBytes()
    expect(log.length).toBeGreaterThan(50_000)
    expect(findCanaries(all, fresh)).toEqual([])
    expect(findCanaries(all, log)).toEqual([])

    // The same once the log has been copied into the file.
    const other = new DatabaseSync(world.path ?? '')
    other.exec('pragma wal_checkpoint(full)')
    other.close()
    const [whole] = await databaseBytes()
    expect(whole.length).toBeGreaterThan(50_000)
    expect(findCanaries(all, whole)).toEqual([])
  })
})

/** The file and its write-ahead log. */
async function databaseBytes(): Promise<[Buffer, Buffer]> {
  const path = world.path ?? ''
  return [await readFile(path), await readFile(`${path}-wal`)]
}

describe('the search of this file', () => {
  const canary: Canary = { what: 'canary', value: 'a+b/c=canary&1==' }

  it.each<[string, (value: string) => unknown]>([
    ['in the message of an error', (value) => new Error(`request failed: ${value}`)],
    [
      'in the cause of a cause',
      (value) => new Error('a', { cause: new Error('b', { cause: { value } }) }),
    ],
    ['in an error of several', (value) => new AggregateError([new Error(value)])],
    [
      'in a member that does not enumerate',
      (value) => Object.defineProperty({}, 'hidden', { value }),
    ],
    ['in a map', (value) => new Map([[{ deep: [{ value }] }, 1]])],
    ['in a URL', (value) => new URL(`http://x.test/?secret=${encodeURIComponent(value)}`)],
    ['in a form', (value) => new URLSearchParams({ value }).toString()],
    ['in base64', (value) => btoa(value)],
    ['in hexadecimal', (value) => Buffer.from(value).toString('hex')],
    [
      'ten objects deep',
      (value) => Array.from({ length: 10 }).reduce((inner) => ({ inner }), value),
    ],
    ['behind a toJSON', (value) => ({ toJSON: () => value })],
  ])('finds a canary %s', (_, hide) => {
    expect(findCanaries([canary], everyPrint([hide(canary.value)]))).toEqual(['canary'])
    expect(findCanaries([canary], everyPrint([hide('nothing')]))).toEqual([])
  })

  it('does not find what is wrapped as a secret', () => {
    expect(findCanaries([canary], everyPrint([{ secret: secret(canary.value) }]))).toEqual([])
  })

  it('finds openids in the database, where they belong', async () => {
    const found = (await databaseBytes()).flatMap((bytes) => findCanaries(identities, bytes))
    expect(found).toContain(`openid of ${liHua} in ${openAppId}`)
    expect(found).toContain(`unionid of ${liHua}`)
  })

  it('finds a session_key, a token and a code that are put in the database on purpose', async () => {
    const wanted = [
      secrets.at(-1),
      handedOut[0],
      secrets.find(({ what }) => what.startsWith('session_key')),
    ]
    const planted = wanted.filter((each) => each !== undefined)
    expect(planted).toHaveLength(3)
    for (const { what, value } of planted) {
      await world.store.addSigningKey({
        kid: what,
        slot: null,
        slot_since: 0,
        sealed: new Uint8Array([1]),
        public_jwk: value,
        created_at: 0,
      })
    }
    const found = (await databaseBytes()).flatMap((bytes) => findCanaries(planted, bytes))
    expect([...new Set(found)].sort()).toEqual(planted.map(({ what }) => what).sort())
  })
})
