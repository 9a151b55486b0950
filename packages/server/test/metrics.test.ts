import { routes, adminRoutes, errorTable } from '@kaimen/protocol'
import { KaimenError, type Store } from '@kaimen/server'
import { createMemoryEphemeralStore, createMemoryStore } from '@kaimen/server/store/memory'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseId } from '../src/id.ts'
import { testClock } from './support/clock.ts'
import { findCanaries, type Canary } from './support/canary.ts'
import { expectProblem } from './support/problem.ts'
import {
  liHua,
  openAppId,
  openWorld,
  phoneAppId,
  wangFang,
  type SignedInBody,
  type World,
  type WorldOptions,
} from './support/world.ts'

let world: World
afterEach(async () => {
  vi.restoreAllMocks()
  await world.close()
})

async function open(options: WorldOptions = {}) {
  world = await openWorld(options)
  const { secret } = await world.auth.credentials.create({
    name: 'prometheus',
    scopes: ['metrics'],
  })
  const token = secret.reveal()
  const ask = () => world.send('GET', '/metrics', { token })
  return {
    token,
    ask,
    async scrape() {
      const reply = await ask()
      expect(reply.status).toBe(200)
      return readMetrics(reply.text)
    },
  }
}

type Sample = { name: string; labels: Record<string, string>; value: number }

/** Prometheus' text format, strictly: what is read as nothing is an error. */
function readMetrics(text: string) {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('# '))
  const samples = lines.map((line): Sample => {
    const [, name = '', inside = '', value = ''] =
      /^([a-z_0-9]+)(?:\{([^}]*)\})? (\S+)$/.exec(line) ?? []
    if (name === '' || (Number.isNaN(Number(value)) && value !== 'Nan'))
      throw new Error(`unreadable: ${line}`)
    const labels = [...inside.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, key = '', text = '']) => [
      key,
      text,
    ])
    return { name, labels: Object.fromEntries(labels) as Record<string, string>, value: +value }
  })
  const value = (name: string, labels: Record<string, string> = {}) =>
    samples.find(
      (each) =>
        each.name === name &&
        Object.entries(labels).every(([label, of]) => each.labels[label] === of),
    )?.value
  return { samples, value }
}

const refresh = (refresh_token: string) =>
  world.send('POST', '/v1/token', { json: { grant_type: 'refresh_token', refresh_token } })
const signInWith = (code: string) =>
  world.send('POST', '/v1/sign-in/wechat', { json: { app_id: openAppId, code } })

describe('GET /metrics', () => {
  it('[WB-4] is read with the scope metrics alone', async () => {
    const { token } = await open()
    const { access_token } = await world.signIn()
    const other = await world.auth.credentials.create({
      name: 'shop',
      scopes: ['introspect', 'revocations', 'users'],
    })
    const get = (token?: string) => world.send('GET', '/metrics', token ? { token } : {})
    expectProblem(await get(), 'credential_invalid')
    expectProblem(await get(access_token), 'credential_invalid')
    expectProblem(await get(`${token}x`), 'credential_invalid')
    expectProblem(await get(other.secret.reveal()), 'scope_missing')
    const reply = await get(token)
    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(reply.headers.get('cache-control')).toBe('no-store')
    for (const path of ['/v1/introspect', '/v1/revocations?wait=0', '/v1/users/usr_x'] as const) {
      const method = path === '/v1/introspect' ? 'POST' : 'GET'
      expectProblem(await world.send(method, path, { token }), 'scope_missing')
    }
  })

  it('counts sign-ins by way in and outcome, and refreshes by outcome', async () => {
    const { scrape } = await open()
    const { refresh_token } = await world.signIn()
    await world.signIn()
    expectProblem(await signInWith('nonsense'), 'code_invalid')
    expect((await refresh(refresh_token)).status).toBe(200)
    expectProblem(await refresh('kmr_nothing'), 'token_invalid')
    const { value } = await scrape()
    const signIns = (outcome: string) => value('kaimen_sign_ins_total', { by: 'wechat', outcome })
    expect([signIns('signed_up'), signIns('signed_in'), signIns('code_invalid')]).toEqual([1, 1, 1])
    expect(value('kaimen_refreshes_total', { outcome: 'refreshed' })).toBe(1)
    expect(value('kaimen_refreshes_total', { outcome: 'token_invalid' })).toBe(1)
    const requests = (route: string, status: string) =>
      value('kaimen_http_requests_total', { route, status })
    expect(requests('signInWechat', '200')).toBe(2)
    expect(requests('token', '200')).toBe(1)
    expect(requests('token', '401')).toBe(1)
    expect(value('kaimen_events_total', { kind: 'credential_created' })).toBe(1)
  })

  it('times requests by what they are for, long polls apart, and fills buckets from below', async () => {
    const clock = testClock()
    const { scrape } = await open({ clock })
    const { access_token } = await world.signIn()
    const find = world.store.findSession
    for (const ms of [0, 2, 3, 30_000]) {
      vi.spyOn(world.store, 'findSession').mockImplementationOnce((id) => {
        clock.advance(ms)
        return find(id)
      })
      await world.send('GET', '/v1/me', { token: access_token })
    }
    const { secret } = await world.auth.credentials.create({ name: 'v', scopes: ['revocations'] })
    await world.send('GET', '/v1/revocations?wait=0', { token: secret.reveal() })
    const { value } = await scrape()
    const of = (suffix: string, labels: Record<string, string> = {}) =>
      value(`kaimen_http_request_duration_seconds_${suffix}`, { kind: 'check', ...labels })
    expect(of('bucket', { le: '0.002' })).toBe(2)
    expect(of('bucket', { le: '0.005' })).toBe(3)
    expect(of('bucket', { le: '10' })).toBe(3)
    expect(of('bucket', { le: '+Inf' })).toBe(4)
    expect(of('count')).toBe(4)
    expect(of('sum')).toBe(30.005)
    const long = 'kaimen_http_request_duration_seconds_count'
    expect(value(long, { kind: 'long_poll' })).toBe(1)
  })

  it('counts calls to WeChat by errcode, and by why there was no answer', async () => {
    const { scrape } = await open({ wechat: { timeoutMs: 300 } })
    await world.signIn()
    await signInWith('nonsense')
    const faults = [
      { fault: 'errcode', errcode: 45011 },
      { fault: 'errcode', errcode: 987654, errmsg: 'new' },
      { fault: 'hang' },
    ]
    for (const fault of faults) {
      const code = await world.wxLogin()
      await world.control('POST', '/emulator/faults', { path: '*', times: 1, ...fault })
      expect((await signInWith(code)).status).toBeGreaterThan(299)
      await world.control('DELETE', '/emulator/faults')
    }
    const { value } = await scrape()
    const calls = (outcome: string) =>
      value('kaimen_wechat_calls_total', { call: 'code2Session', outcome })
    const outcomes = ['ok', '40029', '45011', 'other', 'timeout']
    expect(outcomes.map((outcome) => [outcome, calls(outcome)])).toEqual(
      outcomes.map((outcome) => [outcome, 1]),
    )
    expect(value('kaimen_wechat_call_duration_seconds_count', { call: 'code2Session' })).toBe(5)
    expect(value('kaimen_wechat_calls_in_flight')).toBe(0)
  })

  it('counts what is shed, and what is under way, and is answered in the midst of it', async () => {
    const { ask, scrape } = await open({ maxRequests: 2, wechat: { timeoutMs: 20_000 } })
    await ask()
    await world.control('POST', '/emulator/faults', { path: '*', fault: 'hang' })
    const held = await Promise.all([world.wxLogin(), world.wxLogin()]).then((codes) =>
      codes.map(signInWith),
    )
    await vi.waitFor(async () => expect(await world.exchanges()).toBe(2), 5_000)
    for (let time = 0; time < 3; time++) expectProblem(await refresh('kmr_x'), 'unavailable')
    const { value } = await scrape()
    expect(value('kaimen_http_requests_shed_total')).toBe(3)
    expect(value('kaimen_http_requests_total', { route: 'token', status: '503' })).toBe(3)
    expect(value('kaimen_refreshes_total', { outcome: 'unavailable' })).toBe(3)
    expect(value('kaimen_http_request_duration_seconds_count', { kind: 'refresh' })).toBeUndefined()
    // With the scrape itself.
    expect(value('kaimen_http_requests_in_flight')).toBe(3)
    expect(value('kaimen_wechat_calls_in_flight')).toBe(2)
    await world.control('DELETE', '/emulator/faults')
    await Promise.all(held)
    expect((await scrape()).value('kaimen_http_requests_in_flight')).toBe(1)
  })

  it('[OP-2] goes on for whoever scraped before while the stores are away, and says so', async () => {
    const clock = testClock()
    const store = createMemoryStore(clock)
    let isAway = false
    const away: Store = new Proxy(store, {
      get(target, name, receiver) {
        const verb: unknown = Reflect.get(target, name, receiver)
        if (!isAway || typeof verb !== 'function' || name === 'newId' || name === 'close') {
          return verb
        }
        return () => Promise.reject(new KaimenError('unavailable'))
      },
    })
    const ephemeral = createMemoryEphemeralStore(clock)
    const { ask, scrape, token } = await open({ clock, store: away, ephemeral })
    const second = await world.auth.credentials.create({ name: 'p', scopes: ['metrics'] })
    const up = async () => {
      const { value } = await scrape()
      return ['database', 'ephemeral'].map((name) => value('kaimen_store_up', { store: name }))
    }
    expect(await up()).toEqual([1, 1])

    isAway = true
    vi.spyOn(ephemeral, 'get').mockRejectedValue(new Error('away'))
    clock.advance(60 * 60_000)
    expect(await up()).toEqual([0, 0])
    const get = (of: string) => world.send('GET', '/metrics', { token: of })
    expectProblem(await get(second.secret.reveal()), 'unavailable')
    expectProblem(
      await get(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`),
      'unavailable',
    )

    isAway = false
    vi.mocked(ephemeral.get).mockRestore()
    clock.advance(60_000)
    expect(await up()).toEqual([1, 1])
    // Ended while it was heard of: what the store said last counts.
    const [{ id } = { id: '' }] = (await world.auth.credentials.list()).filter(
      ({ name }) => name === 'prometheus',
    )
    await world.auth.credentials.end(id)
    clock.advance(60_000)
    expectProblem(await ask(), 'credential_invalid')
    isAway = true
    expectProblem(await ask(), 'unavailable')
    isAway = false
  })

  it('keeps two servers of one process apart, but for what is the process’s', async () => {
    const { scrape } = await open()
    await world.signIn()
    const first = await scrape()
    await world.close()
    const again = await open()
    const second = await again.scrape()
    expect(first.value('kaimen_sign_ins_total')).toBe(1)
    expect(second.value('kaimen_sign_ins_total')).toBeUndefined()
    for (const { value } of [first, second]) {
      expect(value('process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
      expect(value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0)
    }
  })

  it('[WX-1] [PI-3] names nobody: every label is from a closed set', async () => {
    const { ask, token } = await open()
    const canaries: Canary[] = [{ what: 'the credential', value: token }]
    const people = [liHua, wangFang]
    for (const person of people) {
      const code = await world.wxLogin(person)
      const { body } = await signInWith(code)
      const { access_token, refresh_token, session_id, user } = body as unknown as SignedInBody
      const { id } = user
      const [identity] = await world.store.listIdentities(parseId('usr', id) ?? 0)
      const openid = identity?.openid ?? ''
      expect(openid).not.toBe('')
      const named = { code, access_token, refresh_token, session_id, id, openid }
      canaries.push(...Object.entries(named).map(([what, value]) => ({ what, value })))
      await world.send('DELETE', `/v1/me/sessions/${session_id}`, { token: access_token })
      await world.send('GET', '/v1/me/sessions/canary-in-a-path', { token: access_token })
      await world.send('GET', '/canary-in-a-path?canary-in-a-query', { token: access_token })
      await world.send('PROPFIND', '/v1/me', { headers: { 'x-canary': 'canary-in-a-header' } })
      await signInWith('canary-in-a-code')
      const ticket = { app_id: phoneAppId, code: await world.wxLogin(person, phoneAppId) }
      await world.send('POST', '/v1/sign-in/wechat', { json: ticket })
      const phone = { phone: '13800138000', password: 'canary-in-a-password', app_id: openAppId }
      await world.send('POST', '/v1/sign-in/password', { json: phone, address: '198.51.100.7' })
    }
    for (const value of [openAppId, phoneAppId, '13800138000', '198.51.100.7', 'canary-in']) {
      canaries.push({ what: value, value })
    }
    const { text } = await ask()
    expect(findCanaries(canaries, text)).toEqual([])

    const { samples } = readMetrics(text)
    const ours = samples.filter(({ name }) => name.startsWith('kaimen_'))
    const names = new Set(ours.flatMap(({ labels }) => Object.keys(labels)))
    const known = ['by', 'call', 'kind', 'le', 'outcome', 'route', 'state', 'status', 'store']
    expect([...names].filter((name) => !known.includes(name))).toEqual([])
    const routeNames = new Set([...Object.keys(routes), ...Object.keys(adminRoutes), 'console'])
    const outcomes = ['signed_in', 'signed_up', 'refreshed', 'ok', ...Object.keys(errorTable)]
    for (const { name, labels } of ours) {
      if (labels['route'] !== undefined) expect(routeNames).toContain(labels['route'])
      const { outcome } = labels
      if (outcome === undefined || (name.includes('wechat') && /^\d{5}$/.test(outcome))) continue
      expect(outcomes).toContain(outcome)
    }
  })

  it.each(['metrics.md', 'metrics.zh-CN.md'])(
    'is described in docs/%s: every metric of ours, and no other',
    async (file) => {
      const { ask } = await open()
      const { text } = await ask()
      const ours = [...text.matchAll(/^# TYPE (kaimen_\w+) /gm)].map(([, name = '']) => name)
      const page = await readFile(join(import.meta.dirname, '../../../docs', file), 'utf8')
      const rows = [...page.matchAll(/^\| `(kaimen_\w+)`/gm)].map(([, name = '']) => name)
      expect(rows.toSorted()).toEqual(ours.toSorted())
      const [, rules = ''] = page.split(/^groups:$/m)
      const watched = [...rules.matchAll(/\bkaimen_[a-z_]+/g)].map(([name]) =>
        name.replace(/_bucket$/, ''),
      )
      expect(watched.length).toBeGreaterThan(9)
      expect(watched.filter((name) => !ours.includes(name))).toEqual([])
    },
  )
})
