import { existsSync } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { seedWorld } from '@kaimen/emulator'
import {
  answers,
  freePorts,
  occupy,
  runKaimen,
  tempFolder,
  type Environment,
} from './support/kaimen.ts'

const [app, , website] = seedWorld.apps
const [person] = seedWorld.people

async function devEnvironment() {
  const [port = '', emulatorPort = '', tlsPort = ''] = await freePorts(3)
  const dataDir = join(await tempFolder(), 'data')
  const env: Environment = {
    KAIMEN_PORT: port,
    KAIMEN_EMULATOR_PORT: emulatorPort,
    KAIMEN_EMULATOR_TLS_PORT: tlsPort,
    KAIMEN_DATA_DIR: dataDir,
  }
  const url = `http://127.0.0.1:${port}`
  return {
    env,
    port,
    emulatorPort,
    tlsPort,
    dataDir,
    url,
    emulatorUrl: `http://127.0.0.1:${emulatorPort}`,
  }
}

type SignedIn = {
  status: string
  access_token: string
  refresh_token: string
  user: { id: string }
}

async function post(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return response.json()
}

async function signIn(at: { url: string; emulatorUrl: string }, appid: string = app.appid) {
  const login = { appid, person: person.id }
  const { code } = (await post(`${at.emulatorUrl}/emulator/wx/login`, login)) as { code: string }
  return (await post(`${at.url}/v1/sign-in/wechat`, { app_id: appid, code })) as SignedIn
}

async function me(url: string, token: string) {
  const response = await fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${token}` } })
  return { status: response.status, body: (await response.json()) as { id: string } }
}

const ready = 'Ctrl-C'
/** Where it was built: `npm start` does so. */
const consolePage = join(import.meta.dirname, '../../console/dist/index.html')

describe('kaimen dev', () => {
  it('prints every address once it answers there', async () => {
    const { env, url, emulatorUrl, tlsPort, dataDir } = await devEnvironment()
    const kaimen = runKaimen(['dev'], env)
    await kaimen.printed(ready)
    const banner = kaimen.stdout()
    const addresses = [...banner.matchAll(/https?:\/\/[^\s\\]+/g)].map(([address]) => address)
    const door = addresses.filter((address) => address.startsWith(`${url}/console/#/set-up/`))
    expect(door.length).toBe(existsSync(consolePage) ? 1 : 0)
    expect(new Set(addresses)).toEqual(
      new Set([
        `${url}/stage/`,
        url,
        ...door,
        `${url}/openapi.json`,
        `${url}/.well-known/jwks.json`,
        emulatorUrl,
        `https://127.0.0.1:${tlsPort}`,
        `${emulatorUrl}/emulator/world`,
        `${emulatorUrl}/emulator/wx/login`,
        `${url}/v1/sign-in/wechat`,
      ]),
    )
    for (const path of ['/', '/openapi.json', '/.well-known/jwks.json', '/readyz']) {
      expect((await fetch(url + path)).status).toBe(200)
    }
    expect((await fetch(`${emulatorUrl}/emulator/world`)).status).toBe(200)
    expect(banner).toContain(join(dataDir, 'kaimen.db'))
    expect(banner).not.toContain(app.secret)
    expect(kaimen.stderr()).toBe('')
  })

  it('signs in by HTTP, and keeps users, sessions and tokens over a restart', async () => {
    const at = await devEnvironment()
    const first = runKaimen(['dev'], at.env)
    await first.printed(ready)
    const before = await signIn(at)
    expect(before.status).toBe('signed_in')
    const secretFile = join(at.dataDir, 'dev-secret')
    expect((await stat(secretFile)).mode & 0o777).toBe(0o600)
    const secret = await readFile(secretFile, 'utf8')
    expect(first.stdout() + first.stderr()).not.toContain(secret.trim())
    first.signal('SIGINT')
    expect((await first.ended).code).toBe(0)

    const second = runKaimen(['dev'], at.env)
    await second.printed(ready)
    expect(await readFile(secretFile, 'utf8')).toBe(secret)
    expect(await me(at.url, before.access_token)).toMatchObject({
      status: 200,
      body: { id: before.user.id },
    })
    const refreshed = await post(`${at.url}/v1/token`, {
      grant_type: 'refresh_token',
      refresh_token: before.refresh_token,
    })
    expect(refreshed).toHaveProperty('access_token')
    expect(await signIn(at)).toMatchObject({ is_new_user: false, user: { id: before.user.id } })
  })

  it('sends codes through the gateway of the emulator, which shows them', async () => {
    const at = await devEnvironment()
    const kaimen = runKaimen(['dev'], at.env)
    await kaimen.printed(ready)
    const phone = '+8613800138000'
    expect(await post(`${at.url}/v1/otp`, { phone })).toEqual({ expires_in: 300, retry_after: 60 })
    const shown = await fetch(`${at.emulatorUrl}/emulator/sms`)
    const { messages } = (await shown.json()) as { messages: { params: string[] }[] }
    const otp = messages[0]?.params[0]
    const body = { app_id: app.appid, phone, otp }
    expect(await post(`${at.url}/v1/sign-in/otp`, body)).toMatchObject({ status: 'signed_in' })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends on %s with code 0 and frees its ports',
    async (signal) => {
      const { env, port, emulatorPort, url, emulatorUrl } = await devEnvironment()
      const kaimen = runKaimen(['dev'], env)
      await kaimen.printed(ready)
      // A connection that is kept alive must not keep the process.
      await Promise.all([fetch(`${url}/healthz`), fetch(`${emulatorUrl}/emulator/world`)])
      kaimen.signal(signal)
      expect(await kaimen.ended).toMatchObject({ code: 0, signal: null, stderr: '' })
      expect(await answers(port)).toBe(false)
      expect(await answers(emulatorPort)).toBe(false)
    },
  )

  it.each(['KAIMEN_PORT', 'KAIMEN_EMULATOR_PORT', 'KAIMEN_EMULATOR_TLS_PORT'])(
    'explains that %s is taken',
    async (name) => {
      const { env } = await devEnvironment()
      const { port } = await occupy()
      const { code, stdout, stderr } = await runKaimen(['dev'], { ...env, [name]: port }).ended
      expect(code).toBe(1)
      expect(stdout).toBe('')
      expect(stderr).toContain(`kaimen: Port ${port} is taken. End what uses it, or set ${name} to`)
      expect(stderr).not.toContain('    at ')
    },
  )

  it('signs in on web pages by the emulator’s own pages, and takes scans', async () => {
    const at = await devEnvironment()
    const dev = runKaimen(['dev'], at.env)
    await dev.printed(ready)
    const begun = await fetch(`${at.url}/v1/web/${website.appid}/start?return_to=/`, {
      redirect: 'manual',
    })
    const browser = begun.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const page = begun.headers.get('location') ?? ''
    expect(page).toContain(`${at.emulatorUrl}/connect/qrconnect?`)
    const asked = { url: page, person: person.id, decision: 'allow' }
    const decided = (await post(`${at.emulatorUrl}/emulator/authorize`, asked)) as {
      location: string
    }
    const back = await fetch(decided.location, { redirect: 'manual', headers: { cookie: browser } })
    expect(back.status).toBe(303)
    expect(back.headers.getSetCookie().join()).toContain('kaimen=kmw_')
    const scan = await fetch(`${at.url}/v1/scan`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'http://localhost:4200' },
      body: '{}',
    })
    expect(scan.status).toBe(201)
  })

  it('starts behind the https address of a tunnel', async () => {
    const at = await devEnvironment()
    const dev = runKaimen(['dev'], { ...at.env, KAIMEN_PUBLIC_URL: 'https://tunnel.example.com' })
    await dev.printed(ready)
    expect((await fetch(`${at.url}/readyz`)).status).toBe(200)
  })

  it('knows the developer’s own AppID beside the seeded ones', async () => {
    const at = await devEnvironment()
    const KAIMEN_APPID = 'wx0123456789abcdef'
    const own = { KAIMEN_APPID, KAIMEN_APP_SECRET: '0123456789abcdef0123456789abcdef' }
    const kaimen = runKaimen(['dev'], { ...at.env, ...own })
    await kaimen.printed(ready)
    expect(await signIn(at, KAIMEN_APPID)).toMatchObject({ status: 'signed_in' })
    expect(await signIn(at)).toMatchObject({ status: 'signed_in' })
  })

  it('lets kaimen.config.ts change a seeded app, and runs its hooks', async () => {
    const at = await devEnvironment()
    const folder = await tempFolder()
    const seeded = { app_id: app.appid, secret: app.secret, registration: 'phone' }
    await writeFile(
      join(folder, 'kaimen.config.ts'),
      `export default {
        apps: [${JSON.stringify(seeded)}],
        admit: ({ proof }: { proof: { app_id: string } }) =>
          proof.app_id === '${seedWorld.apps[3].appid}' ? { refuse: { 'zh-CN': '内测中', en: 'In beta' } } : undefined,
      }`,
    )
    const kaimen = runKaimen(['dev'], at.env, folder)
    await kaimen.printed(ready)
    expect(await signIn(at)).toMatchObject({ status: 'phone_required' })
    expect(await signIn(at, seedWorld.apps[3].appid)).toMatchObject({
      code: 'sign_in_refused',
      detail: '内测中',
    })
  })

  it('refuses an AppID that the emulator can not have', async () => {
    const { env } = await devEnvironment()
    const own = { KAIMEN_APPID: 'my-app', KAIMEN_APP_SECRET: 'not-to-be-shown' }
    const { code, stderr } = await runKaimen(['dev'], { ...env, ...own }).ended
    expect(code).toBe(1)
    expect(stderr).toContain('The emulator does not take the app my-app')
    expect(stderr).not.toContain('not-to-be-shown')
  })

  it('refuses a data folder that is none', async () => {
    const { env, dataDir } = await devEnvironment()
    await mkdir(join(dataDir, '..'), { recursive: true })
    await writeFile(dataDir, 'a file')
    const { code, stderr } = await runKaimen(['dev'], env).ended
    expect(code).toBe(1)
    expect(stderr).toContain('KAIMEN_DATA_DIR')
    expect(stderr).not.toContain('    at ')
  })
})
