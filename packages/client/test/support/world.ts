import {
  createClient,
  wechat,
  type Client,
  type ClientOptions,
  type Platform,
} from '../../src/index.ts'
import { createAuthServer, type AuthServer } from './auth-server.ts'
import { createClock, type Clock } from './clock.ts'
import { createTypedWx, WxFailure, type Phone, type Received, type Sent } from './typed-wx.ts'

export const authUrl = 'https://auth.example.com'
export const shopUrl = 'https://shop.example.com'
export const foreignUrl = 'https://elsewhere.example.net'

/** A phone, the servers it talks to, and a clock for all of them. */
export interface World {
  readonly clock: Clock
  readonly server: AuthServer
  readonly phone: { -readonly [K in keyof Phone]: Phone[K] }
  readonly wx: ReturnType<typeof createTypedWx>
  readonly platform: Platform
  /** What reached a host other than Kaimen's. */
  readonly elsewhere: Sent[]
  /** `wx.login` calls so far, and those that somebody may wait for: 10 s, as the client does. */
  readonly logins: { total: number; open: number; mostOpen: number }
  online: boolean
  /** The next `wx.login` stops until released. */
  holdLogin(): { release: () => void }
  client(options?: Partial<ClientOptions>): Client
  /** The mini program was closed and is opened again: memory is gone, storage is not. */
  restart(): World
}

export function createWorld(
  kept?: Pick<World, 'clock' | 'server'> & { storage: Phone['storage'] },
): World {
  const clock = kept?.clock ?? createClock()
  const server = kept?.server ?? createAuthServer(clock.trueMs)
  const elsewhere: Sent[] = []
  const logins = { total: 0, open: 0, mostOpen: 0 }
  const gates: Array<Promise<void>> = []
  let seals = 0

  const phone: { -readonly [K in keyof Phone]: Phone[K] } = {
    appId: 'wx0000000000000001',
    envVersion: 'develop',
    scene: 1001,
    model: 'iPhone 15',
    system: 'iOS 18.0',
    storage: kept?.storage ?? new Map(),
    async login() {
      logins.total++
      logins.open++
      logins.mostOpen = Math.max(logins.mostOpen, logins.open)
      const cancel = clock.after(10_000, () => logins.open--)
      await gates.shift()
      if (cancel()) logins.open--
      if (!world.online) throw new WxFailure('login:fail network error', 600001)
      return server.issueCode()
    },
    files: new Map(),
    getUserInfo: async () => ({
      rawData: '{}',
      signature: 'signed',
      encryptedData: `sealed-${++seals}`,
      iv: 'iv',
      cloudID: '',
      errMsg: 'getUserInfo:ok',
      userInfo: {
        nickName: '微信用户',
        avatarUrl: '',
        gender: 0,
        language: 'zh_CN',
        city: '',
        province: '',
        country: '',
      },
    }),
    tapPhoneButton: async () => ({
      detail: { code: server.issueCode(), errMsg: 'getPhoneNumber:ok' },
    }),
    async send(sent) {
      if (!world.online) throw new WxFailure('request:fail', 600001)
      const reply = sent.url.startsWith(`${authUrl}/`) ? await server.answer(sent) : visit(sent)
      if (reply === 'hang') return await new Promise<never>(() => {})
      if (reply === 'unreached' || reply === 'lost')
        throw new WxFailure('request:fail network change, cancel all task', 600001)
      return reply
    },
  }

  /** A back end that checks tokens by itself, or somebody else's. */
  function visit(sent: Sent): Received {
    elsewhere.push(sent)
    const admitted = sent.url.startsWith(`${foreignUrl}/`) || server.admits(sent)
    return admitted
      ? { status: 200, header: {}, body: '{"ok":true}' }
      : { status: 401, header: {}, body: '{"error":"unauthorized"}' }
  }

  const wx = createTypedWx(phone)
  const platform = { ...wechat(wx), now: clock.now, after: clock.after }
  const world: World = {
    clock,
    server,
    phone,
    wx,
    platform,
    elsewhere,
    logins,
    online: true,
    holdLogin() {
      let release = () => {}
      gates.push(
        new Promise<void>((resolve) => {
          release = resolve
        }),
      )
      return { release }
    },
    client: (options) =>
      createClient({ baseUrl: authUrl, apiOrigins: [shopUrl], platform, ...options }),
    restart: () => createWorld({ clock, server, storage: phone.storage }),
  }
  return world
}
