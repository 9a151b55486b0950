import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { KaimenError, type Store } from '@kaimen/server'
import { createMemoryStore } from '@kaimen/server/store/memory'
import { afterEach, describe, expect, it } from 'vitest'
import { testClock } from './support/clock.ts'
import { expectProblem } from './support/problem.ts'
import { openAppId, openWorld, type World } from './support/world.ts'

let world: World
afterEach(() => world.close())

/** A store whose verbs all fail while it is away, as the contract says that they do. */
function storeThatGoesAway() {
  const clock = testClock()
  const store = createMemoryStore(clock)
  let isAway = false
  const away: Store = new Proxy(store, {
    get(target, name, receiver) {
      const verb: unknown = Reflect.get(target, name, receiver)
      if (!isAway || typeof verb !== 'function' || name === 'newId' || name === 'close') return verb
      return () => Promise.reject(new KaimenError('unavailable', { retryAfterSeconds: 2 }))
    },
  })
  return {
    store: away,
    clock,
    goAway: () => void (isAway = true),
    comeBack: () => void (isAway = false),
  }
}

describe('[OP-2] while the database is away', () => {
  it('the node lives, is not ready, shows its keys, and answers 503 to what needs it', async () => {
    const { goAway, comeBack, ...parts } = storeThatGoesAway()
    world = await openWorld(parts)
    const { access_token: token, refresh_token } = await world.signIn()
    const refresh = () =>
      world.send('POST', '/v1/token', { json: { grant_type: 'refresh_token', refresh_token } })
    goAway()

    expect((await world.send('GET', '/healthz')).status).toBe(200)
    expect((await world.send('GET', '/.well-known/jwks.json')).status).toBe(200)
    expectProblem(await world.send('GET', '/readyz'), 'unavailable')
    const json = { app_id: openAppId, code: await world.wxLogin() }
    expectProblem(await world.send('POST', '/v1/sign-in/wechat', { json }), 'unavailable')
    expectProblem(await refresh(), 'unavailable')
    for (const path of ['/v1/me', '/v1/me/sessions', '/v1/me/preferences']) {
      expectProblem(await world.send('GET', path, { token }), 'unavailable')
    }
    // Tokens are refused for what is wrong with them, whatever the database does.
    expectProblem(await world.send('GET', '/v1/me', { token: `${token}x` }), 'token_invalid')

    comeBack()
    expect((await world.send('GET', '/readyz')).status).toBe(200)
    expect((await refresh()).status).toBe(200)
    expect((await world.send('GET', '/v1/me', { token })).status).toBe(200)
    await world.signIn()
  })

  it('a node that starts lives and waits, and works when it is there', async () => {
    const { goAway, comeBack, ...parts } = storeThatGoesAway()
    goAway()
    world = await openWorld(parts)
    await expect(world.auth.ready()).rejects.toThrow('unavailable')
    expect((await world.send('GET', '/healthz')).status).toBe(200)
    for (const path of ['/readyz', '/.well-known/jwks.json', '/v1/me']) {
      expectProblem(await world.send('GET', path), 'unavailable')
    }
    comeBack()
    expect((await world.send('GET', '/readyz')).status).toBe(200)
    await world.signIn()
  })

  it('a lost sign-in is made good with the next code, as one user and one session', async () => {
    const { goAway, comeBack, ...parts } = storeThatGoesAway()
    world = await openWorld(parts)
    await world.auth.ready()
    goAway()
    const json = { app_id: openAppId, code: await world.wxLogin() }
    const headers = { 'idempotency-key': 'k' }
    const send = () => world.send('POST', '/v1/sign-in/wechat', { json, headers })
    expectProblem(await send(), 'unavailable')
    comeBack()
    expect((await world.signIn()).is_new_user).toBe(true)
    expect(world.events.filter(({ kind }) => kind === 'signed_in')).toHaveLength(1)
  })
})

describe('[OP-2] while another process holds the SQLite file', () => {
  it('writes are answered with 503 in the end, reads go on, and all is well afterwards', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kaimen-away-'))
    const path = join(folder, 'kaimen.db')
    world = await openWorld({ storeKind: 'sqlite', path })
    const { access_token: token } = await world.signIn()
    const other = new DatabaseSync(path)
    other.exec('begin immediate')
    const json = { app_id: openAppId, code: await world.wxLogin() }
    expectProblem(await world.send('POST', '/v1/sign-in/wechat', { json }), 'unavailable')
    expect((await world.send('GET', '/v1/me', { token })).status).toBe(200)
    other.exec('rollback')
    other.close()
    await world.signIn()
    await rm(folder, { recursive: true })
  }, 30_000)
})

describe('[WX-5] while WeChat is away', () => {
  it('nobody new signs in by it, and everybody else stays signed in', async () => {
    world = await openWorld({ wechat: { timeoutMs: 300 } })
    const { access_token: token, refresh_token } = await world.signIn()
    await world.control('POST', '/emulator/faults', { path: '*', fault: 'reset' })
    for (let i = 0; i < 15; i++) {
      const json = { app_id: openAppId, code: await world.wxLogin() }
      const reply = await world.send('POST', '/v1/sign-in/wechat', { json })
      expectProblem(reply, 'wechat_unreachable')
      expect(reply.headers.get('retry-after')).toBe('5')
    }
    for (const path of ['/readyz', '/healthz', '/.well-known/jwks.json']) {
      expect((await world.send('GET', path)).status).toBe(200)
    }
    expect((await world.send('GET', '/v1/me', { token })).status).toBe(200)
    const json = { grant_type: 'refresh_token', refresh_token }
    expect((await world.send('POST', '/v1/token', { json })).status).toBe(200)
    // The circuit spares whoever comes the wait.
    expect(await world.exchanges()).toBeLessThan(15)
  })
})
