import { join, resolve } from 'node:path'
import type { AppOptions } from '@kaimen/server'
import { checkApps, parseApps } from './apps.ts'
import { readConfig } from './config-file.ts'
import type { Config, Hooks } from './config.ts'
import { refuse } from './refuse.ts'
import { readWebhooks } from './webhooks.ts'

export type Settings = {
  readonly apps: readonly AppOptions[]
  /** `undefined`: none was given. */
  readonly secret: string | undefined
  readonly publicUrl: string | undefined
  readonly databaseUrl: string
  /** `undefined`: what is short-lived is kept in memory. */
  readonly redisUrl: string | undefined
  readonly dataDir: string
  readonly port: number
  readonly drainSeconds: number
  readonly emulatorPort: number
  readonly emulatorTlsPort: number
  readonly wechatApi: string
  /** The folder of the mini program that the phone runs; `undefined`: none was given. */
  readonly miniProgram: string | undefined
  readonly hooks: Hooks
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the settings: the environment wins over `kaimen.config.ts`, which wins over the defaults.
 *
 * @throws ConfigError That names the setting and how to mend it, and never repeats a secret.
 */
export async function readSettings(env: Environment, folder = process.cwd()): Promise<Settings> {
  const config = await readConfig(folder)
  const dataDir = resolve(folder, env['KAIMEN_DATA_DIR'] || config.dataDir || '.kaimen')
  return {
    apps: readApps(env) ?? checkApps('kaimen.config', config.apps ?? []),
    secret: env['KAIMEN_SECRET'] || config.secret || undefined,
    publicUrl: env['KAIMEN_PUBLIC_URL'] || config.publicUrl || undefined,
    databaseUrl:
      env['KAIMEN_DATABASE_URL'] || config.databaseUrl || `sqlite:${join(dataDir, 'kaimen.db')}`,
    redisUrl: env['KAIMEN_REDIS_URL'] || config.redisUrl || undefined,
    dataDir,
    port: readPort('KAIMEN_PORT', env, config.port ?? 4100),
    drainSeconds: readDrainSeconds(env, config.drainSeconds ?? 5),
    emulatorPort: readPort('KAIMEN_EMULATOR_PORT', env, config.emulatorPort ?? 4180),
    emulatorTlsPort: readPort('KAIMEN_EMULATOR_TLS_PORT', env, config.emulatorTlsPort ?? 4143),
    miniProgram: env['KAIMEN_MINI_PROGRAM'] || config.miniProgram || undefined,
    wechatApi: env['KAIMEN_WECHAT_API'] || config.wechatApi || 'https://api.weixin.qq.com',
    hooks: readHooks(config, env),
  }
}

function readHooks(config: Config, env: Environment): Hooks {
  const { admit, claims, on, audience, accessTokenSeconds, sms, otp, captcha, password } = config
  const { limits } = config
  const proxies = env['KAIMEN_TRUSTED_PROXIES']
  const trustedProxies = proxies ? proxies.split(',') : config.trustedProxies
  const { blobs, cloud, deletionDays, retention, maxRequests, signingKeys } = config
  const webhooks = readWebhooks(config.webhooks, env)
  const origins = env['KAIMEN_WEB_ORIGINS']
  const web = origins
    ? { ...config.web, origins: origins.split(',').map((origin) => origin.trim()) }
    : config.web
  return {
    ...(admit && { admit }),
    ...(claims && { claims }),
    ...(on && { on }),
    ...(audience !== undefined && { audience }),
    ...(accessTokenSeconds !== undefined && { accessTokenSeconds }),
    ...(signingKeys && { signingKeys }),
    ...(sms && { sms }),
    ...(otp && { otp }),
    ...(limits && { limits }),
    ...(captcha && { captcha }),
    ...(trustedProxies && { trustedProxies }),
    ...(password && { password }),
    ...(blobs && { blobs }),
    ...(cloud && { cloud }),
    ...(web && { web }),
    ...(deletionDays !== undefined && { deletionDays }),
    ...(retention && { retention }),
    ...(maxRequests !== undefined && { maxRequests }),
    ...(webhooks && { webhooks }),
  }
}

function readApps(env: Environment): readonly AppOptions[] | undefined {
  const { KAIMEN_APPS: json, KAIMEN_APPID: app_id, KAIMEN_APP_SECRET: secret } = env
  if (json && (app_id || secret)) {
    throw refuse(
      'KAIMEN_APPS is set beside KAIMEN_APPID or KAIMEN_APP_SECRET. Keep one or the other.',
      '同时设置了 KAIMEN_APPS 与 KAIMEN_APPID 或 KAIMEN_APP_SECRET，请只保留一种。',
    )
  }
  if (json) return parseApps('KAIMEN_APPS', json)
  if (!app_id && !secret) return undefined
  if (!app_id || !secret) {
    const missing = app_id ? 'KAIMEN_APP_SECRET' : 'KAIMEN_APPID'
    throw refuse(
      `${missing} is missing: KAIMEN_APPID and KAIMEN_APP_SECRET go together.`,
      `缺少 ${missing}：KAIMEN_APPID 和 KAIMEN_APP_SECRET 必须同时设置。`,
    )
  }
  return [{ app_id, secret }]
}

function readPort(name: string, env: Environment, fallback: number): number {
  const text = env[name]
  const port = text ? readNumber(text) : fallback
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw refuse(
    `${name} has to be a port number, 0 to 65535.`,
    `${name} 必须是 0 到 65535 的端口号。`,
  )
}

function readDrainSeconds(env: Environment, fallback: number): number {
  const text = env['KAIMEN_DRAIN_SECONDS']
  const seconds = text ? readNumber(text) : fallback
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= 300) return seconds
  throw refuse(
    'KAIMEN_DRAIN_SECONDS has to be a whole number of seconds, 0 to 300.',
    'KAIMEN_DRAIN_SECONDS 必须是 0 到 300 的整数秒数。',
  )
}

function readNumber(text: string): number {
  // Number() takes more: 0x10, 1e3, blanks.
  return /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
}
