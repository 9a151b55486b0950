import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { createEmulator, type Emulator } from '@kaimen/emulator'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseId } from '../src/id.ts'
import type { ServerProcessOptions } from './support/server-process.ts'
import { openAppId, openWorld, testSecret, type SignedInBody, type World } from './support/world.ts'

const rounds = 4
/** People who sign in at the same time. */
const parallel = 24
/** A round is cut off when so many requests were answered, give or take. */
const answersARound = 100

/** What one person was told: the newest tokens, and how many answers brought them. */
type Told = {
  person: string
  user_id: string
  session_id: string
  access_token: string
  refresh_token: string
  refreshes: number
}

let folder: string
let path: string
let emulator: Emulator
let child: ChildProcess | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaimen-durability-'))
  path = join(folder, 'kaimen.db')
  emulator = await createEmulator({ port: 0 })
})
afterEach(async () => {
  await kill()
  await emulator.close()
  await rm(folder, { recursive: true, force: true })
})

/** @returns The URL of a server on the same file as the one before. */
async function start(): Promise<string> {
  const options: ServerProcessOptions = { path, secret: testSecret, wechatUrl: emulator.url }
  const script = join(import.meta.dirname, 'support/server-process.ts')
  child = spawn(
    process.execPath,
    ['--conditions=@kaimen/source', script, JSON.stringify(options)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`the server exited with ${String(code)} before it listened`)
  })
  exited.catch(() => undefined)
  if (!child.stdout) throw new Error('no stdout')
  const line = once(createInterface(child.stdout), 'line') as Promise<[string]>
  const [url] = await Promise.race([line, exited])
  return url
}

/** Gives the process no chance to do anything more. */
async function kill() {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

async function post(url: string, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  })
  return { status: response.status, ...((await response.json()) as object) }
}

async function get(url: string, token: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  return { ...((await response.json()) as object), status: response.status }
}

const refresh = (server: string, refresh_token: string) =>
  post(`${server}/v1/token`, { grant_type: 'refresh_token', refresh_token })

/**
 * Many people sign in and refresh until the server is killed in the midst of it.
 *
 * @returns What was answered in full, and nothing else.
 */
async function loadUntilKilled(
  server: string,
  { answers, killAtOnce }: { answers: number; killAtOnce: boolean },
): Promise<Told[]> {
  const told: Told[] = []
  let answered = 0
  const killed = new AbortController()
  const count = () => {
    answered += 1
    if (answered !== answers) return
    killed.abort()
    // At once, while the answer is still warm; or a little later, with others at every stage.
    if (killAtOnce) child?.kill('SIGKILL')
    else setTimeout(() => child?.kill('SIGKILL'), Math.random() * 8)
  }

  const live = async () => {
    while (!killed.signal.aborted) {
      const { id } = (await post(`${emulator.url}/emulator/people`, {})) as { id: string }
      const login = { appid: openAppId, person: id }
      const { code } = await post(`${emulator.url}/emulator/wx/login`, login)
      const body = await post(`${server}/v1/sign-in/wechat`, { app_id: openAppId, code })
      if (body['status'] !== 'signed_in') throw new Error(`not signed in: ${String(body['code'])}`)
      const { user, session_id, access_token, refresh_token } = body as unknown as SignedInBody
      const mine: Told = {
        person: id,
        user_id: user.id,
        session_id,
        access_token,
        refresh_token,
        refreshes: 0,
      }
      told.push(mine)
      count()
      for (let i = 0; i < 3; i++) {
        const { status, ...next } = await refresh(server, mine.refresh_token)
        if (status !== 200) throw new Error(`not refreshed: ${String(next['code'])}`)
        Object.assign(mine, {
          access_token: next['access_token'],
          refresh_token: next['refresh_token'],
          refreshes: mine.refreshes + 1,
        })
        count()
      }
    }
  }
  const lives = await Promise.allSettled(Array.from({ length: parallel }, live))
  // Only a connection that broke may end a life.
  for (const life of lives) {
    if (life.status === 'rejected' && !(life.reason instanceof TypeError)) throw life.reason
  }
  expect(killed.signal.aborted).toBe(true)
  await kill()
  return told
}

/** The answered tokens still work, and those that they give are taken over. */
async function expectKept(server: string, told: Told) {
  const me = await get(`${server}/v1/me`, told.access_token)
  expect(me).toMatchObject({ status: 200, id: told.user_id })
  // Of a generation that the store did not keep, this token would be refused as ended.
  const next = await refresh(server, told.refresh_token)
  expect(next).toMatchObject({ status: 200, session_id: told.session_id })
  told.access_token = String(next['access_token'])
  told.refresh_token = String(next['refresh_token'])
}

describe('SIGKILL in the midst of load, on a SQLite file', () => {
  it('whatever was answered is there after it, and works on', async () => {
    const everybody = new Map<string, Told>()
    let keys: unknown
    let server = await start()
    for (let round = 0; round < rounds; round++) {
      const answers = answersARound + Math.floor(Math.random() * 50)
      const killAtOnce = round % 2 === 0
      for (const told of await loadUntilKilled(server, { answers, killAtOnce }))
        everybody.set(told.person, told)

      server = await start()
      const jwks = await (await fetch(`${server}/.well-known/jwks.json`)).json()
      expect(jwks).toEqual((keys ??= jwks))
      await Promise.all([...everybody.values()].map((told) => expectKept(server, told)))
      expectWhole(everybody)
    }
    expect(everybody.size).toBeGreaterThan(parallel * rounds)
    expect([...everybody.values()].some(({ refreshes }) => refreshes === 3)).toBe(true)

    // Each of them is still known to WeChat as the same user.
    for (const { person, user_id } of [...everybody.values()].slice(0, 20)) {
      const { code } = await post(`${emulator.url}/emulator/wx/login`, { appid: openAppId, person })
      const body = await post(`${server}/v1/sign-in/wechat`, { app_id: openAppId, code })
      expect(body).toMatchObject({ is_new_user: false, user: { id: user_id } })
    }
  }, 60_000)
})

describe('an answer, on a SQLite file', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld({ storeKind: 'sqlite' })
    await world.auth.ready()
  })
  afterEach(() => world.close())

  it('is given when another connection sees what it tells of, and not before', async () => {
    const database = new DatabaseSync(world.path ?? '', { readOnly: true })
    const generation = database.prepare('select generation, ended_at from sessions where id = ?')
    const look = (session_id: string) => generation.get(parseId('ses', session_id) ?? 0)

    const signInRefreshAndOut = async () => {
      const { session_id, refresh_token } = await world.signIn()
      // Without a pause between answer and look: nothing can slip in.
      expect(look(session_id)).toEqual({ generation: 0, ended_at: null })
      const json = { grant_type: 'refresh_token', refresh_token }
      const { body } = await world.send('POST', '/v1/token', { json })
      expect(look(session_id)).toEqual({ generation: 1, ended_at: null })
      await world.send('POST', '/v1/revoke', { json: { token: body['refresh_token'] } })
      expect(look(session_id)?.['ended_at']).toBe(world.clock.now())
    }
    await Promise.all(Array.from({ length: 20 }, signInRefreshAndOut))
    database.close()
  })
})

/** The file is sound, and nobody in it is half there. */
function expectWhole(everybody: ReadonlyMap<string, Told>) {
  const database = new DatabaseSync(path, { readOnly: true })
  const count = (text: string) => Number(database.prepare(text).get()?.['n'])
  expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
  expect(database.prepare('pragma foreign_key_check').all()).toEqual([])
  const users = count('select count(*) n from users')
  expect(users).toBeGreaterThanOrEqual(everybody.size)
  // One transaction a sign-in: user, identity, unionid, session and event, or none of them.
  expect(count('select count(distinct user_id) n from identities')).toBe(users)
  expect(count('select count(distinct user_id) n from unionids')).toBe(users)
  expect(count('select count(distinct user_id) n from sessions')).toBe(users)
  const sessions = count('select count(*) n from sessions')
  expect(count(`select count(*) n from events where kind = 'signed_in'`)).toBe(sessions)
  database.close()
}
