import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError, type AppOptions, type AuthOptions } from '@kaimen/server'

/** What `kaimen.config.ts` exports by default. Everything may be left out. */
export type Config = {
  apps?: readonly AppOptions[]
  publicUrl?: string
  databaseUrl?: string
  dataDir?: string
  port?: number
  emulatorPort?: number
} & Pick<AuthOptions, 'admit' | 'claims' | 'on' | 'audience' | 'accessTokenSeconds'>

export type Settings = {
  readonly apps: readonly AppOptions[]
  /** `undefined`: none was given. */
  readonly secret: string | undefined
  readonly publicUrl: string | undefined
  readonly databaseUrl: string
  readonly dataDir: string
  readonly port: number
  readonly emulatorPort: number
  readonly wechatApi: string
  readonly hooks: Pick<AuthOptions, 'admit' | 'claims' | 'on' | 'audience' | 'accessTokenSeconds'>
}

type Environment = Readonly<Record<string, string | undefined>>

const configNames: Record<keyof Config, true> = {
  apps: true,
  publicUrl: true,
  databaseUrl: true,
  dataDir: true,
  port: true,
  emulatorPort: true,
  admit: true,
  claims: true,
  on: true,
  audience: true,
  accessTokenSeconds: true,
}

/**
 * Reads the settings: the environment wins over `kaimen.config.ts`, which wins over the defaults.
 *
 * @throws ConfigError That names the setting and how to mend it, and never repeats a secret.
 */
export async function readSettings(env: Environment, folder = process.cwd()): Promise<Settings> {
  const config = await readConfig(folder)
  const { admit, claims, on, audience, accessTokenSeconds } = config
  const dataDir = resolve(folder, env['KAIMEN_DATA_DIR'] || config.dataDir || '.kaimen')
  if (env['KAIMEN_REDIS_URL']) {
    throw new ConfigError(
      'KAIMEN_REDIS_URL is set, but this version keeps short-lived things in its own memory. Unset it.',
    )
  }
  return {
    apps: readApps(env) ?? config.apps ?? [],
    secret: env['KAIMEN_SECRET'] || undefined,
    publicUrl: env['KAIMEN_PUBLIC_URL'] || config.publicUrl,
    databaseUrl:
      env['KAIMEN_DATABASE_URL'] || config.databaseUrl || `sqlite:${join(dataDir, 'kaimen.db')}`,
    dataDir,
    port: readPort('KAIMEN_PORT', env['KAIMEN_PORT'], config.port ?? 4100),
    emulatorPort: readPort(
      'KAIMEN_EMULATOR_PORT',
      env['KAIMEN_EMULATOR_PORT'],
      config.emulatorPort ?? 4180,
    ),
    wechatApi: env['KAIMEN_WECHAT_API'] || 'https://api.weixin.qq.com',
    hooks: {
      ...(admit && { admit }),
      ...(claims && { claims }),
      ...(on && { on }),
      ...(audience !== undefined && { audience }),
      ...(accessTokenSeconds !== undefined && { accessTokenSeconds }),
    },
  }
}

async function readConfig(folder: string): Promise<Config> {
  const path = ['kaimen.config.ts', 'kaimen.config.js', 'kaimen.config.mjs']
    .map((name) => join(folder, name))
    .find((file) => existsSync(file))
  if (!path) return {}
  const { default: config } = (await import(pathToFileURL(path).href)) as { default?: unknown }
  if (typeof config !== 'object' || config === null) {
    throw new ConfigError(`${path} has to export an object by default.`)
  }
  const unknown = Object.keys(config).filter((name) => !Object.hasOwn(configNames, name))
  if (unknown.length > 0) {
    throw new ConfigError(
      `${path} has no setting ${unknown.join(', ')}. It takes ${Object.keys(configNames).join(', ')}.`,
    )
  }
  return config
}

function readApps(env: Environment): readonly AppOptions[] | undefined {
  const { KAIMEN_APPS: json, KAIMEN_APPID: app_id, KAIMEN_APP_SECRET: secret } = env
  if (json && app_id) {
    throw new ConfigError('KAIMEN_APPS and KAIMEN_APPID are both set. Keep one of them.')
  }
  if (json) return parseApps(json)
  if (!app_id && !secret) return undefined
  if (!app_id || !secret) {
    throw new ConfigError('KAIMEN_APPID and KAIMEN_APP_SECRET go together; one of them is missing.')
  }
  return [{ app_id, secret }]
}

function parseApps(json: string): readonly AppOptions[] {
  let apps: unknown
  try {
    apps = JSON.parse(json)
  } catch {
    // The parser's own message would repeat the text, and with it a secret.
    throw new ConfigError('KAIMEN_APPS is not valid JSON.')
  }
  if (!Array.isArray(apps)) throw new ConfigError('KAIMEN_APPS has to be a JSON array of apps.')
  return apps.map((app: unknown) => {
    const { app_id, secret } = (app ?? {}) as Partial<Record<'app_id' | 'secret', unknown>>
    if (typeof app_id !== 'string' || typeof secret !== 'string') {
      throw new ConfigError('Each app of KAIMEN_APPS needs an app_id and a secret, both texts.')
    }
    return app as AppOptions
  })
}

function readPort(name: string, text: string | undefined, fallback: number): number {
  const port = text ? Number(text) : fallback
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new ConfigError(`${name} has to be a port number from 0 to 65535.`)
}
