import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { seedWorld } from '@kaimen/emulator'
import type { AppOptions, Auth } from '@kaimen/server'
import { printBanner } from './banner.ts'
import { openConsole } from './console.ts'
import { openDevSms } from './dev-sms.ts'
import { findProgram } from './find-program.ts'
import { listenForStop } from './listen-for-stop.ts'
import { openLog } from './log.ts'
import { openEmulator } from './open-emulator.ts'
import { refuse } from './refuse.ts'
import { serve } from './serve.ts'
import type { Settings } from './settings.ts'
import { openStage } from './stage/open-stage.ts'

/** `kaimen dev`: everything on this machine, with nothing to set. */
export async function dev(settings: Settings): Promise<void> {
  const { port, databaseUrl, redisUrl, dataDir, hooks } = settings
  const untilStopped = listenForStop()
  const program = findProgram(settings)
  const secret = settings.secret ?? (await keepDevSecret(dataDir))
  const emulator = await openEmulator(settings)
  const opened: { close(): Promise<void> }[] = [emulator]
  try {
    await addToEmulator(emulator.url, settings.apps)
    const serverUrl = `http://127.0.0.1:${port}`
    const publicUrl = settings.publicUrl ?? serverUrl
    const apps = [...settings.apps, ...seededApps(settings.apps)]
    const stage = await openStage({
      emulatorUrl: emulator.url,
      serverUrl,
      publicUrl,
      program,
      programs: listPrograms(apps),
      people: seedWorld.people,
    })
    opened.unshift(stage)
    const console = openConsole({ ...settings, apps, secret, publicUrl, wechatApi: emulator.url })
    const server = await serve({
      sms: await openDevSms(emulator.url),
      ...hooks,
      apps,
      secret,
      publicUrl,
      console,
      wechat: { baseUrl: stage.wechatUrl },
      clock: stage.clock,
      mount: stage.mount,
      web: { origins: devOrigins(port, publicUrl), ...hooks.web, openUrl: emulator.url },
      databaseUrl,
      redisUrl,
      dataDir,
      port,
      host: '127.0.0.1',
      log: openLog(),
    })
    const consoleUrl =
      console.folder === undefined ? undefined : await findDoor(server, `${publicUrl}/console/`)
    const hasPhone = program !== undefined
    printBanner({ serverUrl: server.url, consoleUrl, emulator, databaseUrl, hasPhone })
    await untilStopped(server, ...opened)
  } catch (error) {
    for (const part of opened) await part.close()
    throw error
  }
}

/** Where the console is entered: by a set-up link, as long as nobody is an administrator. */
async function findDoor({ admins }: Pick<Auth, 'admins'>, url: string): Promise<string> {
  try {
    if ((await admins.list()).some(({ ended_at }) => ended_at === null)) return url
    const { token } = await admins.invite({ role: 'owner' })
    return `${url}#/set-up/${token.reveal()}`
  } catch {
    // The database is away, which the log says; the server goes on without it.
    return url
  }
}

/** Those that a phone can run. */
const listPrograms = (apps: readonly AppOptions[]) =>
  apps
    .filter(({ kind = 'mini_program' }) => kind === 'mini_program')
    .map(({ app_id, registration, scan }) => ({
      appid: app_id,
      wantsPhone: registration === 'phone',
      takesScans: scan !== undefined,
    }))

/**
 * Pages of this machine: the server's own, and those of the example shop. None beside a public URL
 * with TLS, as that of a tunnel: no browser takes the two for one site.
 */
const devOrigins = (port: number, publicUrl: string) =>
  publicUrl.startsWith('https:')
    ? []
    : [port, 4200].flatMap((each) => [`http://127.0.0.1:${each}`, `http://localhost:${each}`])

const isSeeded = (app_id: string) => seedWorld.apps.some(({ appid }) => appid === app_id)

/**
 * The apps of the emulator's first world that the settings do not describe themselves. The mini
 * program outside the Open Platform account wants a phone.
 */
function seededApps(own: readonly AppOptions[]): AppOptions[] {
  return seedWorld.apps
    .filter(({ appid }) => !own.some(({ app_id }) => app_id === appid))
    .map(({ kind, appid, secret, open_platform }) => ({
      kind,
      app_id: appid,
      secret,
      open_platform,
      registration: kind === 'mini_program' && open_platform === null ? 'phone' : 'open',
      ...(kind === 'mini_program' && open_platform !== null && { scan: devScan }),
    }))
}

/** As the example mini program has it, released or not. */
const devScan = { page: 'pages/confirm/confirm', check_path: false }

/** So that a developer's own AppID works offline too. */
async function addToEmulator(url: string, apps: readonly AppOptions[]) {
  for (const { kind = 'mini_program', app_id, secret, open_platform = null } of apps) {
    if (isSeeded(app_id)) continue
    const plain = typeof secret === 'string' ? secret : secret.reveal()
    const response = await fetch(`${url}/emulator/apps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind, appid: app_id, secret: plain, open_platform }),
    })
    if (!response.ok) {
      throw refuse(
        `The emulator does not take the app ${app_id}: an AppID is wx and 16 hex digits, an AppSecret 32.`,
        `模拟器不接受应用 ${app_id}：AppID 是 wx 加 16 位十六进制数，AppSecret 是 32 位十六进制数。`,
      )
    }
  }
}

/** A secret of this folder's own, made once: tokens stay good when the server is started again. */
async function keepDevSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, 'dev-secret')
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    const made = randomBytes(36).toString('base64url')
    // `wx`: of two that start at once, one makes the file and both read it.
    await writeFile(path, `${made}\n`, { mode: 0o600, flag: 'wx' }).catch(passIfExists)
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown'
    throw refuse(
      `The data folder ${dataDir} cannot be used: ${reason}. Set KAIMEN_DATA_DIR to one that this user may write to.`,
      `数据目录 ${dataDir} 无法使用：${reason}。请把 KAIMEN_DATA_DIR 设为当前用户可写的目录。`,
    )
  }
}

function passIfExists(error: unknown) {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
}
