import { randomBytes } from 'node:crypto'
import { createEmulator, seedWorld } from '@kaimen/emulator'
import { createAuth, systemClock, type Auth, type Clock } from '@kaimen/server'
import { createMemoryStore } from '@kaimen/server/store/memory'

export const [liHua, wangFang] = seedWorld.people

/** Where Kaimen says it is; the page is on a sub-domain of the same site. */
export const authUrl = 'http://kaimen.test'
export const shopOrigin = 'http://shop.kaimen.test'

const appOf = (kind: string) => {
  const app = seedWorld.apps.find((each) => each.kind === kind)
  if (!app) throw new Error(`the seeded world has no ${kind}`)
  return app
}
export const serviceAccount = appOf('service_account')
export const website = appOf('website')
export const miniProgram = appOf('mini_program')

/** A Kaimen server before an emulated WeChat, on a clock that is given. */
export interface Servers {
  readonly auth: Auth
  readonly emulatorUrl: string
  /** Asks the emulator's control plane. */
  control(method: string, path: string, body: object): Promise<Record<string, unknown>>
  close(): Promise<void>
}

export async function startServers(now: () => number): Promise<Servers> {
  const clock: Clock = { ...systemClock, now }
  const emulator = await createEmulator({ port: 0 })
  const store = createMemoryStore(clock)
  const auth = createAuth({
    publicUrl: authUrl,
    secret: randomBytes(36).toString('base64url'),
    apps: [serviceAccount, website, miniProgram].map(({ appid, secret, open_platform, kind }) => ({
      app_id: appid,
      secret,
      open_platform,
      kind,
    })),
    store,
    clock,
    wechat: { baseUrl: emulator.url },
    web: { origins: [shopOrigin], openUrl: emulator.url },
    report: () => {},
  })
  async function control(method: string, path: string, body: object) {
    const response = await fetch(emulator.url + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await response.json()) as Record<string, unknown>
  }
  for (const { appid } of [serviceAccount, website])
    await control('PATCH', `/emulator/apps/${appid}`, {
      redirect_domain: new URL(authUrl).hostname,
    })
  return {
    auth,
    emulatorUrl: emulator.url,
    control,
    async close() {
      await auth.close()
      await store.close()
      await emulator.close()
    },
  }
}
