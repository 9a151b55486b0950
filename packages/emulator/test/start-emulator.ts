import { onTestFinished } from 'vitest'
import { createEmulator, seedWorld } from '../src/index.ts'
import type { EmulatorOptions } from '../src/index.ts'

/** The Unix time at which every test's world begins. */
export const startMs = Date.UTC(2026, 10, 20, 12, 0, 0)

export const [miniProgram, serviceAccount, website, otherMiniProgram] = seedWorld.apps
export const [liHua, wangFang, chenMei] = seedWorld.people

export type Fields = Record<string, unknown>
type Query = Record<string, string> | [string, string][]

/** An emulator of one test, closed at its end, whose clock stands still unless it is advanced. */
export async function startEmulator(options: EmulatorOptions = {}) {
  const emulator = await createEmulator({ port: 0, now: () => startMs, ...options })
  onTestFinished(() => emulator.close())
  const { url } = emulator

  const control = async (method: string, path: string, body?: object) => {
    const init = body ? { method, body: JSON.stringify(body) } : { method }
    const response = await fetch(`${url}/emulator/${path}`, init)
    return { status: response.status, body: readObject(await response.text()) }
  }
  const done = async (method: string, path: string, body?: object) => {
    const reply = await control(method, path, body)
    if (reply.status >= 300) throw new Error(JSON.stringify(reply.body))
    return reply.body
  }

  return {
    url,
    close: () => emulator.close(),
    control,
    world: () => done('GET', 'world'),
    post: (path: string, body?: object) => done('POST', path, body),
    deleteFaults: () => done('DELETE', 'faults'),
    switch: (switches: object, appid = miniProgram.appid) =>
      done('PATCH', `apps/${appid}`, switches),
    advance: (seconds: number) => done('POST', 'clock', { advance_seconds: seconds }),
    async login(appid = miniProgram.appid, person = liHua.id) {
      return String((await done('POST', 'wx/login', { appid, person })).code)
    },
    async checkSession(appid = miniProgram.appid, person = liHua.id) {
      return (await done('POST', 'wx/checkSession', { appid, person })).errMsg
    },
    async calls() {
      const { calls } = await done('GET', 'calls')
      return Array.isArray(calls) ? calls.map(toObject) : []
    },
    /** What WeChat answers to a code. */
    exchange: (code: string, query: Query = {}, app: App = miniProgram) =>
      exchange(url, code, query, app),
  }
}

type App = { readonly appid: string; readonly secret: string }
export type TestEmulator = Awaited<ReturnType<typeof startEmulator>>

/** The URL that a back end calls to exchange a code. */
export function exchangeUrl(url: string, code: string, query: Query = {}, app: App = miniProgram) {
  const asked = new URLSearchParams({
    appid: app.appid,
    secret: app.secret,
    js_code: code,
    grant_type: 'authorization_code',
  })
  for (const [name, value] of new URLSearchParams(query)) {
    if (value === '') asked.delete(name)
    else asked.set(name, value)
  }
  return `${url}/sns/jscode2session?${asked.toString()}`
}

async function exchange(url: string, code: string, query: Query, app: App): Promise<Fields> {
  const response = await fetch(exchangeUrl(url, code, query, app))
  return readObject(await response.text())
}

export function readObject(text: string): Fields {
  return toObject(JSON.parse(text))
}

export function toObject(value: unknown): Fields {
  if (typeof value !== 'object' || value === null) throw new Error('not an object')
  return { ...value }
}
