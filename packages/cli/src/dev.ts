import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createEmulator, seedWorld } from '@kaimen/emulator'
import { ConfigError, type AppOptions } from '@kaimen/server'
import { printBanner } from './banner.ts'
import { openLog } from './log.ts'
import { naming, serve } from './serve.ts'
import type { Settings } from './settings.ts'
import { untilStopped } from './until-stopped.ts'

/** `kaimen dev`: everything on this machine, with nothing to set. */
export async function dev(settings: Settings): Promise<void> {
  const { port, emulatorPort, databaseUrl, dataDir, hooks } = settings
  await mkdir(dataDir, { recursive: true })
  const emulator = await naming('KAIMEN_EMULATOR_PORT', emulatorPort, () =>
    createEmulator({ port: emulatorPort }),
  )
  try {
    await addToEmulator(emulator.url, settings.apps)
    const server = await serve({
      ...hooks,
      apps: [...seededApps(), ...settings.apps],
      secret: settings.secret ?? (await keepDevSecret(dataDir)),
      publicUrl: settings.publicUrl ?? `http://127.0.0.1:${port}`,
      wechat: { baseUrl: emulator.url },
      databaseUrl,
      port,
      host: '127.0.0.1',
      log: openLog(),
    })
    printBanner({ serverUrl: server.url, emulatorUrl: emulator.url, databaseUrl })
    await untilStopped(server, emulator)
  } catch (error) {
    await emulator.close()
    throw error
  }
}

/** The emulator's first world. The mini program outside the Open Platform account wants a phone. */
function seededApps(): AppOptions[] {
  return seedWorld.apps.map(({ kind, appid, secret, open_platform }) => ({
    kind,
    app_id: appid,
    secret,
    open_platform,
    registration: kind === 'mini_program' && open_platform === null ? 'phone' : 'open',
  }))
}

/** So that a developer's own AppID works offline too. */
async function addToEmulator(url: string, apps: readonly AppOptions[]) {
  for (const { kind = 'mini_program', app_id, secret, open_platform = null } of apps) {
    const plain = typeof secret === 'string' ? secret : secret.reveal()
    const response = await fetch(`${url}/emulator/apps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind, appid: app_id, secret: plain, open_platform }),
    })
    if (!response.ok) {
      throw new ConfigError(
        `The emulator does not take the app ${app_id}: an AppID is wx and 16 hex digits, an AppSecret 32.`,
      )
    }
  }
}

/** A secret of this folder's own, made once: tokens stay good when the server is started again. */
async function keepDevSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, 'dev-secret')
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const secret = randomBytes(36).toString('base64url')
  await writeFile(path, `${secret}\n`, { mode: 0o600 })
  return secret
}
