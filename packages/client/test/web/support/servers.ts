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
  /** A person scans a picture, and the mini program opens on their phone. */
  scan(person: string, picture: Uint8Array): Promise<Confirming>
  close(): Promise<void>
}

/** The page of the mini program that a scan opened. Each gives the status of the reply. */
interface Confirming {
  claim(): Promise<number>
  approve(): Promise<number>
  reject(): Promise<number>
}

export async function startServers({
  now = systemClock.now,
  publicUrl = authUrl,
  origins = [shopOrigin],
}: { now?: () => number; publicUrl?: string; origins?: string[] } = {}): Promise<Servers> {
  const clock: Clock = { ...systemClock, now }
  const emulator = await createEmulator({ port: 0 })
  const store = createMemoryStore(clock)
  const auth = createAuth({
    publicUrl,
    secret: randomBytes(36).toString('base64url'),
    apps: [serviceAccount, website, miniProgram].map(({ appid, secret, open_platform, kind }) => ({
      app_id: appid,
      secret,
      open_platform,
      kind,
      ...(kind === 'mini_program' && {
        scan: { page: 'pages/confirm/confirm', check_path: false },
      }),
    })),
    store,
    clock,
    wechat: { baseUrl: emulator.url },
    web: { origins, openUrl: emulator.url },
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
      redirect_domain: new URL(publicUrl).host,
    })
  async function post(path: string, body: object, token?: string) {
    const headers = {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    }
    return await auth.handler(
      new Request(publicUrl + path, { method: 'POST', headers, body: JSON.stringify(body) }),
    )
  }

  return {
    auth,
    async scan(person, picture) {
      const image = Buffer.from(picture).toString('base64')
      const { scene: ticket } = await control('POST', '/emulator/scan', { person, image })
      const app_id = miniProgram.appid
      const { code } = await control('POST', '/emulator/wx/login', { appid: app_id, person })
      const reply = await post('/v1/sign-in/wechat', { app_id, code })
      const { access_token } = (await reply.json()) as { access_token: string }
      const tell = (verb: string) => async () =>
        (await post(`/v1/scan/${verb}`, { ticket }, access_token)).status
      return { claim: tell('claim'), approve: tell('approve'), reject: tell('reject') }
    },
    emulatorUrl: emulator.url,
    control,
    async close() {
      await auth.close()
      await store.close()
      await emulator.close()
    },
  }
}
