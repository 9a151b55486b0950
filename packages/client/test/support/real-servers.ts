import { randomBytes } from 'node:crypto'
import { createEmulator, seedWorld } from '@kaimen/emulator'
import { createAuth, systemClock, type Auth, type Clock } from '@kaimen/server'
import { listen } from '@kaimen/server/node'
import { createMemoryStore } from '@kaimen/server/store/memory'
import { freePort } from '../../../../tools/support/free-port.ts'
import { WxFailure, type Phone, type Received, type Sent } from './typed-wx.ts'

const [openApp, , , phoneApp] = seedWorld.apps
/** Where the example mini program confirms what was scanned, released or not. */
const scan = { page: 'pages/confirm/confirm', check_path: false }
const [liHua] = seedWorld.people

/** The mini program that anybody may register with, and the one that wants a phone. */
const openAppId = openApp.appid
export const phoneAppId = phoneApp.appid

/** As both consoles have them. */
const pushSecrets = {
  token: 'mini0program0push',
  encoding_aes_key: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
}

/** A Kaimen server before an emulated WeChat, both on ports of this machine. */
export interface RealServers {
  readonly url: string
  readonly wechatUrl: string
  readonly auth: Auth
  /** What the server's log was given. */
  readonly reports: unknown[]
  /** Every code that was sent by SMS, with its number. */
  readonly texts: Array<{ phone: string; otp: string }>
  /** Calls the emulator's control plane. */
  control(method: string, path: string, body?: object): Promise<Record<string, unknown>>
  /** Sets a fault of WeChat's, as the emulator's control plane has it. */
  setSwitches(appId: string, switches: object): Promise<void>
  /**
   * WeChat tells the server of an event about a person.
   *
   * @param revoke_info Which data, as WeChat's page numbers it.
   */
  push(person: string, event: string, revoke_info?: string): Promise<void>
  /** The server's. */
  readonly clock: Clock
  /** Moves the server's clock. */
  advance(ms: number): void
  /** A phone in the hand of one of the emulator's people. */
  phone(app?: { appId?: string; person?: string }): { -readonly [K in keyof Phone]: Phone[K] }
  /** What was asked of WeChat. */
  exchanges(): Promise<number>
  /** Everything that the phones sent to the server. */
  readonly sent: Sent[]
  readonly received: Received[]
  close(): Promise<void>
}

/**
 * Knows the apps that `kaimen dev` does.
 *
 * @param options.origins Of the pages that people sign in from.
 * @param options.scansBy The mini program that confirms what was scanned.
 * @param options.publicUrl Where a proxy before the server is. Default: the server itself.
 */
export async function startServers({
  origins = [],
  scansBy = openAppId,
  publicUrl,
}: { origins?: string[]; scansBy?: string; publicUrl?: string } = {}): Promise<RealServers> {
  let aheadMs = 0
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + aheadMs }
  const emulator = await createEmulator({ port: 0 })
  const store = createMemoryStore(clock)
  const reports: unknown[] = []
  const texts: RealServers['texts'] = []
  const port = await freePort()
  const auth = createAuth({
    publicUrl: publicUrl ?? `http://127.0.0.1:${port}`,
    secret: randomBytes(32).toString('base64url'),
    apps: seedWorld.apps.map(({ kind, appid, secret, open_platform }) => ({
      kind,
      app_id: appid,
      secret,
      open_platform,
      registration: appid === phoneAppId ? 'phone' : 'open',
      push: pushSecrets,
      ...(appid === scansBy && { scan }),
    })),
    web: { origins, openUrl: emulator.url },
    store,
    clock,
    wechat: { baseUrl: emulator.url },
    sms: {
      kind: 'test',
      send(message) {
        texts.push(message)
        return Promise.resolve('sent')
      },
    },
    report: (...report) => void reports.push(report),
  })
  const listener = await listen(auth, { port })
  const pushUrl = `${listener.url}/v1/wechat/push/${openAppId}`
  const push = { ...pushSecrets, url: pushUrl, mode: 'secure', format: 'json' }
  const sent: Sent[] = []
  const received: Received[] = []

  const control = async (method: string, path: string, body?: object) => {
    const response = await fetch(emulator.url + path, {
      method,
      ...(body && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    })
    return (await response.json()) as Record<string, unknown>
  }

  await control('PATCH', `/emulator/apps/${openAppId}`, { push })

  return {
    url: listener.url,
    wechatUrl: emulator.url,
    auth,
    control,
    reports,
    texts,
    sent,
    received,
    clock,
    advance(ms) {
      aheadMs += ms
    },
    phone: ({ appId = openAppId, person = liHua.id } = {}) => ({
      appId,
      envVersion: 'develop',
      scene: 1001,
      model: 'iPhone 15',
      system: 'iOS 18.0',
      storage: new Map(),
      async login() {
        const { code } = await control('POST', '/emulator/wx/login', { appid: appId, person })
        return String(code)
      },
      async tapPhoneButton() {
        const where = { appid: appId, person }
        const detail = await control('POST', '/emulator/wx/getPhoneNumber', where)
        return { detail: detail as { errMsg: string } }
      },
      files: new Map(),
      async getUserInfo() {
        const where = { appid: appId, person }
        const result: unknown = await control('POST', '/emulator/wx/getUserInfo', where)
        return result as WechatMiniprogram.GetUserInfoSuccessCallbackResult
      },
      async send(request) {
        sent.push(request)
        const { url, method, header, redirect } = request
        const body = request.bytes ?? request.body
        try {
          const response = await fetch(url, {
            method,
            headers: header,
            redirect,
            ...(body !== undefined && { body }),
          })
          const reply = {
            status: response.status,
            header: Object.fromEntries(response.headers),
            body: await response.text(),
          }
          received.push(reply)
          return reply
        } catch {
          throw new WxFailure('request:fail', 600001)
        }
      },
    }),
    async push(person, event, revoke_info) {
      const about = { appid: openAppId, person, event, ...(revoke_info && { revoke_info }) }
      const { deliveries } = await control('POST', '/emulator/push', about)
      const [delivery] = deliveries as Array<{ ok: boolean }>
      if (!delivery?.ok) throw new Error('the server did not take the push')
    },
    async setSwitches(appId, switches) {
      await control('PATCH', `/emulator/apps/${appId}`, switches)
    },
    async exchanges() {
      const { calls } = await control('GET', '/emulator/calls')
      return (calls as Array<{ path: string }>).filter(({ path }) => path === '/sns/jscode2session')
        .length
    },
    async close() {
      await listener.close()
      await auth.close()
      await store.close()
      await emulator.close()
    },
  }
}
