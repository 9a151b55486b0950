import { createDecipheriv, createHash, createHmac } from 'node:crypto'
import type { EmulatorOptions } from '../src/index.ts'
import { liHua, miniProgram, readObject, startEmulator, toObject } from './start-emulator.ts'
import type { Fields } from './start-emulator.ts'

type Query = Record<string, string>
type TestApp = { readonly appid: string; readonly secret: string }

/** An emulator whose server API is called as a back end calls it. */
export async function startServerApi(options: EmulatorOptions = {}) {
  const emulator = await startEmulator(options)
  const send = async (path: string, query: Query, init: RequestInit = {}) => {
    const search = new URLSearchParams(query).toString()
    const response = await fetch(`${emulator.url}${path}?${search}`, init)
    return readObject(await response.text())
  }
  const get = (path: string, query: Query = {}) => send(path, query)
  const post = (path: string, query: Query, body: unknown) =>
    send(path, query, { method: 'POST', body: JSON.stringify(body) })
  const token = (app: TestApp = miniProgram) =>
    get('/cgi-bin/token', {
      grant_type: 'client_credential',
      appid: app.appid,
      secret: app.secret,
    })
  const stableToken = (app: TestApp = miniProgram, more: object = {}) =>
    post(
      '/cgi-bin/stable_token',
      {},
      { grant_type: 'client_credential', appid: app.appid, secret: app.secret, ...more },
    )
  return {
    ...emulator,
    send,
    get,
    postJson: post,
    token,
    stableToken,
    /** An access_token. */
    tokenText: async (app: TestApp = miniProgram) => String((await token(app)).access_token),
    /** What a token is worth: `undefined` is a good one, else the errcode. */
    tryToken: async (text: string) => {
      const reply = await post(
        '/cgi-bin/openapi/quota/get',
        { access_token: text },
        { cgi_path: '/cgi-bin/token' },
      )
      return reply.errcode === 0 ? undefined : reply.errcode
    },
    /** A phone does something, by a name of `wx`. */
    wx: (name: string, more: object = {}) =>
      emulator.post(`wx/${name}`, { appid: miniProgram.appid, person: liHua.id, ...more }),
    /** Logs in and exchanges the code: openid and session_key. */
    async session(app: TestApp = miniProgram, person = liHua.id) {
      const reply = await emulator.exchange(await emulator.login(app.appid, person), {}, app)
      return { openid: String(reply.openid), session_key: String(reply.session_key) }
    },
  }
}

export type ServerApi = Awaited<ReturnType<typeof startServerApi>>

// In the tests' own words, sharing nothing with the emulator; the vectors below check them.

/** HMAC-SHA256 with the session_key as text. */
export function signState(sessionKey: string, body = ''): string {
  return createHmac('sha256', sessionKey).update(body).digest('hex')
}

export function signRawData(rawData: unknown, sessionKey: string): string {
  return createHash('sha1')
    .update(`${String(rawData)}${sessionKey}`)
    .digest('hex')
}

export function decrypt(sealed: Fields, sessionKey: string): Fields {
  const key = Buffer.from(sessionKey, 'base64')
  const iv = Buffer.from(String(sealed.iv), 'base64')
  const decipher = createDecipheriv('aes-128-cbc', key, iv)
  const data = Buffer.from(String(sealed.encryptedData), 'base64')
  return readObject(Buffer.concat([decipher.update(data), decipher.final()]).toString())
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** The lists and objects inside a reply. */
export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(toObject) : []
}

/** Random bytes as `randomBytes` gives them, but these first, each where its length is asked for. */
export function randomBeginningWith(...values: Uint8Array[]): (byteCount: number) => Uint8Array {
  let drawn = 0
  return (byteCount) => {
    const index = values.findIndex((value) => value.length === byteCount)
    const [value] = index === -1 ? [] : values.splice(index, 1)
    drawn += 1
    return value ?? createHash('shake256', { outputLength: byteCount }).update(`${drawn}`).digest()
  }
}
