import { createEmulator, seedWorld } from '@kaimen/emulator'
import { onTestFinished } from 'vitest'
import { connect } from './serve.ts'
import type { WechatOptions } from '../../src/index.ts'

/** An emulated WeChat with a client of it; both end with the test. */
export async function emulate(options: WechatOptions = {}) {
  const emulator = await createEmulator({ port: 0 })
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

  /** What wx.login gives on the phone of `person`. */
  async function login(appid: string, person = seedWorld.people[0].id): Promise<string> {
    const reply = await control('POST', '/wx/login', { appid, person })
    if (typeof reply === 'object' && reply !== null && 'code' in reply) return String(reply.code)
    throw new Error('no code')
  }

  return { wechat, control, login, baseUrl: emulator.url }
}

const [bound, , , unbound] = seedWorld.apps
/** The mini programs of the first world: under the Open Platform account, and outside it. */
export { bound, unbound }
