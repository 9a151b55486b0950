import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { createEmulator, type Emulator } from '@kaimen/emulator'
import { listen } from '@kaimen/server/node'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ServerProcessOptions } from './support/server-process.ts'
import { liHua, openAppId, openWorld, testSecret } from './support/world.ts'

describe('[OP-2] a node that is told to stop', () => {
  it('says first that it is not ready, and goes on with all else', async () => {
    const world = await openWorld()
    const server = await listen(world.auth, { port: 0, drainSeconds: 1 })
    const { access_token } = await world.signIn()
    const get = (path: string) =>
      fetch(server.url + path, { headers: { authorization: `Bearer ${access_token}` } })
    const ready = await get('/readyz')
    expect([ready.status, ready.headers.get('connection')]).toEqual([200, 'keep-alive'])

    const closing = server.close()
    expect((await get('/readyz')).status).toBe(503)
    for (const path of ['/healthz', '/v1/me', '/.well-known/jwks.json']) {
      const reply = await get(path)
      expect([path, reply.status, reply.headers.get('connection')]).toEqual([path, 200, 'close'])
    }
    await closing
    await expect(get('/healthz')).rejects.toThrow('fetch failed')
    await world.close()
  })

  it('is not ready either when its listener is the host’s own', async () => {
    const world = await openWorld()
    expect((await world.send('GET', '/readyz')).status).toBe(200)
    world.auth.drain()
    expect((await world.send('GET', '/readyz')).status).toBe(503)
    expect((await world.send('GET', '/healthz')).status).toBe(200)
    await world.signIn()
    expect(world.reports).toEqual([])
    await world.close()
  })
})

describe('[OP-2] SIGTERM in the midst of load, on a process of its own', () => {
  let folder: string
  let emulator: Emulator
  const children: ChildProcess[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaimen-draining-'))
    emulator = await createEmulator({ port: 0 })
  })
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await emulator.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function start() {
    const path = join(folder, 'kaimen.db')
    const options: ServerProcessOptions = {
      path,
      secret: testSecret,
      wechatUrl: emulator.url,
      drainSeconds: 1,
    }
    const script = join(import.meta.dirname, 'support/server-process.ts')
    const child = spawn(
      process.execPath,
      ['--conditions=@kaimen/source', script, JSON.stringify(options)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    children.push(child)
    const [url] = (await once(createInterface(child.stdout), 'line')) as [string]
    return { child, url, path }
  }

  it('loses no request: each is answered in full, and what was answered is kept', async () => {
    const { child, url, path } = await start()
    const exited = once(child, 'exit')
    const agent = new Agent({ keepAlive: true })
    const ask = async (to: string, body: object, through?: Agent) => {
      const outgoing = request(to, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        ...(through && { agent: through }),
      })
      outgoing.end(JSON.stringify(body))
      const [reply] = (await once(outgoing, 'response')) as [IncomingMessage]
      const answer = JSON.parse(await text(reply)) as Record<string, string>
      return { ...answer, http: reply.statusCode }
    }

    // As a balancer does, everybody stays away from a node that is not ready; nobody else does.
    const balancer = { isReady: true }
    const watch = setInterval(() => {
      void fetch(`${url}/readyz`).then(
        ({ status }) => void (balancer.isReady &&= status === 200),
        () => undefined,
      )
    }, 100)
    let answered = 0
    let answeredWhileDraining = 0
    let signIns = 0
    let isTold = false
    const live = async () => {
      while (balancer.isReady) {
        const login = { appid: openAppId, person: liHua }
        const { code } = (await ask(`${emulator.url}/emulator/wx/login`, login)) as unknown as {
          code: string
        }
        const signedIn = await ask(`${url}/v1/sign-in/wechat`, { app_id: openAppId, code }, agent)
        expect(signedIn).toMatchObject({ http: 200, status: 'signed_in' })
        signIns += 1
        const { refresh_token } = signedIn as unknown as { refresh_token: string }
        const body = { grant_type: 'refresh_token', refresh_token }
        expect(await ask(`${url}/v1/token`, body, agent)).toMatchObject({ http: 200 })
        answered += 2
        if (isTold) answeredWhileDraining += 2
      }
    }
    const lives = Array.from({ length: 16 }, live)
    await Promise.race([
      vi.waitFor(() => expect(answered).toBeGreaterThan(100), 15_000),
      Promise.all(lives),
    ])
    isTold = true
    child.kill('SIGTERM')
    await Promise.all(lives).finally(() => clearInterval(watch))
    const [code, signal] = (await exited) as [number | null, string | null]

    expect([code, signal]).toEqual([0, null])
    expect(answeredWhileDraining).toBeGreaterThan(0)
    const database = new DatabaseSync(path, { readOnly: true })
    const count = (query: string) => Number(database.prepare(query).get()?.['n'])
    expect(count('select count(*) n from sessions')).toBe(signIns)
    expect(count('select count(*) n from sessions where generation = 1')).toBe(signIns)
    expect(count(`select count(*) n from events where kind = 'signed_in'`)).toBe(signIns)
    database.close()
    agent.destroy()
  }, 60_000)

  it('a request that is still under way is answered after the port is closed', async () => {
    const { child, url } = await start()
    const exited = once(child, 'exit')
    const control = (method: string, at: string, body?: object) =>
      fetch(emulator.url + at, {
        method,
        ...(body && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      })
    const login = { appid: openAppId, person: liHua }
    const { code } = (await (await control('POST', '/emulator/wx/login', login)).json()) as {
      code: string
    }
    await control('POST', '/emulator/faults', { path: '*', fault: 'delay', delay_ms: 2_500 })
    const signingIn = fetch(`${url}/v1/sign-in/wechat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ app_id: openAppId, code }),
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    child.kill('SIGTERM')
    await vi.waitFor(() => expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed'), 10_000)
    expect(child.exitCode).toBeNull()
    const reply = await signingIn
    expect([reply.status, reply.headers.get('connection')]).toEqual([200, 'close'])
    expect(await exited).toEqual([0, null])
  }, 30_000)
})
