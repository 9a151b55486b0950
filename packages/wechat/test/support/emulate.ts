import { createEmulator, seedWorld } from '@kaimen/emulator'
import { onTestFinished } from 'vitest'
import { connect } from './serve.ts'
import { code2Session, getStableAccessToken } from '../../src/index.ts'
import type { Code2SessionReply, Secret, WechatOptions } from '../../src/index.ts'

interface Account {
  readonly appid: string
  readonly secret: string
}

/** An emulated WeChat with a client of it; both end with the test. */
export async function emulate(options: WechatOptions = {}, now: () => number = Date.now) {
  const emulator = await createEmulator({ port: 0, now })
  onTestFinished(() => emulator.close())
  const wechat = connect(emulator.url, options)

  async function control(method: string, path: string, body: object = {}): Promise<unknown> {
    const response = await fetch(`${emulator.url}/emulator${path}`, {
      method,
      ...(method !== 'GET' && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
    return response.json()
  }

  /** What `wx[name]` gives on the phone of `person`; what it does not give reads as "". */
  async function phone(
    name: string,
    appid: string,
    { person = seedWorld.people[0].id, ...more }: { person?: string; [name: string]: unknown } = {},
  ) {
    const reply = await control('POST', `/wx/${name}`, { appid, person, ...more })
    const texts = new Map<string, unknown>(Object.entries(reply ?? {}))
    const text = (key: string) => String(texts.get(key) ?? '')
    return {
      code: text('code'),
      encryptedData: text('encryptedData'),
      iv: text('iv'),
      cloudID: text('cloudID'),
      rawData: text('rawData'),
      signature: text('signature'),
      encryptKey: text('encryptKey'),
      transaction_id: text('transaction_id'),
    }
  }

  /** What wx.login gives on the phone of `person`. */
  async function login(appid: string, person?: string): Promise<string> {
    const { code } = await phone('login', appid, person === undefined ? {} : { person })
    if (code === '') throw new Error('no code')
    return code
  }

  /** A whole login of `person`. */
  async function logIn(app: Account, person?: string): Promise<Code2SessionReply> {
    return code2Session(wechat, { ...app, js_code: await login(app.appid, person) })
  }

  async function token({ appid, secret }: Account): Promise<Secret> {
    return (await getStableAccessToken(wechat, { appid, secret })).access_token
  }

  /** How often WeChat was asked for `path`. */
  async function countCalls(path: string): Promise<number> {
    const { calls } = Object(await control('GET', '/calls'))
    return JSON.stringify(calls).split(`"path":"${path}"`).length - 1
  }

  return { wechat, control, phone, login, logIn, token, countCalls, baseUrl: emulator.url }
}

const [bound, service, website, unbound] = seedWorld.apps
/** The mini programs of the first world: under the Open Platform account, and outside it. */
export { bound, unbound }
/** The service account and the website under the same Open Platform account. */
export { service, website }
