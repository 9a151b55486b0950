/** For `kaimen.config.ts`: `export default defineConfig({ … })` has its settings checked. */
import type { AppOptions, AuthOptions, WebhookOptions } from '@kaimen/server'

/** A host's own code and what belongs to it, as `createAuth` takes them. */
export type Hooks = Pick<
  AuthOptions,
  | 'admit'
  | 'claims'
  | 'on'
  | 'audience'
  | 'accessTokenSeconds'
  | 'signingKeys'
  | 'sms'
  | 'otp'
  | 'limits'
  | 'captcha'
  | 'trustedProxies'
  | 'password'
  | 'blobs'
  | 'cloud'
  | 'web'
  | 'deletionDays'
  | 'retention'
  | 'maxRequests'
  | 'webhooks'
>

/**
 * What `kaimen.config.ts` exports by default. Everything may be left out, and the environment wins
 * over all of it.
 */
export type Config = Omit<Hooks, 'webhooks' | 'web'> & {
  /** `KAIMEN_WEB_ORIGINS`: `origins`, separated by commas. */
  web?: AuthOptions['web']
  /** `KAIMEN_WEBHOOK_URL`, `KAIMEN_WEBHOOK_SECRET`, `KAIMEN_WEBHOOK_TYPES`. */
  webhooks?: Webhooks
  /** `KAIMEN_APPS`. */
  apps?: readonly AppOptions[]
  /** `KAIMEN_SECRET`. Read it from where secrets are kept; do not write it into the file. */
  secret?: string | undefined
  /** `KAIMEN_PUBLIC_URL`. */
  publicUrl?: string
  /** `KAIMEN_DATABASE_URL`. Default: `kaimen.db` in the data folder. */
  databaseUrl?: string
  /** `KAIMEN_REDIS_URL`. Default: what is short-lived is kept in memory, for one process. */
  redisUrl?: string | undefined
  /** `KAIMEN_DATA_DIR`. Default `.kaimen`. */
  dataDir?: string
  /** `KAIMEN_PORT`. Default 4100. */
  port?: number
  /**
   * `KAIMEN_DRAIN_SECONDS`: for so long `kaimen start`, told to stop, still takes requests while it
   * says that it is not ready. Default 5.
   */
  drainSeconds?: number
  /** `KAIMEN_EMULATOR_PORT`. Default 4180. */
  emulatorPort?: number
  emulatorTlsPort?: number
  /**
   * `KAIMEN_MINI_PROGRAM`: the folder of the mini program that the phones of `kaimen dev` run.
   * Default: the one that is here, or in `examples/mini-program`.
   */
  miniProgram?: string
  /** `KAIMEN_WECHAT_API`. Default `https://api.weixin.qq.com`. */
  wechatApi?: string
}

/** What is left out is in the environment. */
export type Webhooks = Omit<WebhookOptions, 'url' | 'secret'> & {
  url?: string | undefined
  /** Read it from where secrets are kept; do not write it into the file. */
  secret?: string | undefined
}

export function defineConfig(config: Config): Config {
  return config
}
