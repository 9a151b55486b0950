import { existsSync } from 'node:fs'
import type { BlockList } from 'node:net'
import { join } from 'node:path'
import { defaultCallLimits, secret, type Secret, type WechatOptions } from '@kaimen/wechat'
import * as v from 'valibot'
import type { App, Apps, CloudSettings, Locate, ScanSettings, WebSettings } from './app.ts'
import { dayMs, secondMs, type Clock } from './clock.ts'
import {
  checkLimitOptions,
  type AddressLimits,
  type LimitOptions,
} from './challenge/address-limits.ts'
import { checkOtpOptions, type OtpLimit, type OtpOptions } from './challenge/otp-limits.ts'
import { readRanges } from './client-address.ts'
import { ConfigError } from './errors.ts'
import type { Admit, AuthEvent, Captcha, Claims, WebhookOptions } from './hooks.ts'
import type { Examine } from './health.ts'
import { readKeyRing, readSecrets, secretFaults, type KeyRing } from './key-ring.ts'
import type { Random } from './random.ts'
import type { BlobStore } from './store/blob-store.ts'
import type { EphemeralStore } from './store/ephemeral-store.ts'
import {
  checkPasswordOptions,
  type PasswordOptions,
  type PasswordSettings,
} from './password/options.ts'
import { checkRotation, type Rotation, type SigningKeyOptions } from './session/rotation.ts'
import type { SmsSender } from './sms/sms-sender.ts'
import type { Store } from './store/store.ts'
import { type Retention } from './tidy.ts'

export type AppOptions = {
  /** Default `mini_program`. */
  kind?: App['kind'] | undefined
  app_id: string
  /** The AppSecret. */
  secret: string | Secret
  /**
   * The id of the Open Platform account that the app is bound to. Default none: unionids are
   * ignored.
   */
  open_platform?: string | null | undefined
  /** What a stranger needs to become a user: nothing but WeChat, or a phone too. Default `open`. */
  registration?: App['registration'] | undefined
  /**
   * Whether the phone button's old `encryptedData` is taken beside its code. Its cipher is not
   * signed: only for clients that cannot be updated. Default false.
   */
  phone_encrypted_data?: boolean | undefined
  session?:
    | {
        /** A session that is not refreshed for so long ends. Default 2592000 (30 days). */
        idle_seconds?: number | undefined
        /** A session ends at this age. Default 15552000 (180 days). */
        absolute_seconds?: number | undefined
        /**
         * For so long after an exchange the used refresh token still gives its successor. Default
         * 30, 0 to 300.
         */
        refresh_grace_seconds?: number | undefined
        /**
         * How many sessions of this app a user may have at a time, 1 to 1000: with one more the
         * oldest ends. Default: any number.
         */
        max_sessions?: number | undefined
      }
    | undefined
  /**
   * Of a service account: what `start` asks for at first. `snsapi_base` is silent; who is new under
   * an Open Platform account is then asked by `snsapi_userinfo`, for their unionid. Default
   * `snsapi_base`.
   */
  scope?: App['scope'] | undefined
  /** Of a mini program: where it confirms sign-ins on other screens. Default none: no scans. */
  scan?:
    | {
        /** As in `pages/confirm/confirm`: no leading slash, no query. */
        page: string
        /** The version that a scanned code opens. Default `release`. */
        env_version?: ScanSettings['env_version'] | undefined
        /** Whether WeChat draws codes of released pages only. Default true. */
        check_path?: boolean | undefined
      }
    | undefined
  /** As the app's message-push page in WeChat's console has it. Default none: no push is taken. */
  push?:
    | {
        /** The Token: 3 to 32 letters and digits. */
        token: string | Secret
        /** The EncodingAESKey: 43 letters and digits. */
        encoding_aes_key?: string | Secret | undefined
      }
    | undefined
}

type WebOptions = {
  /**
   * Origins of the pages that people sign in from, as `https://shop.example.com`; that of
   * `publicUrl` is always one. Each has to be same-site with `publicUrl`: browsers keep the cookie
   * from all others.
   */
  origins?: readonly string[] | undefined
  /** The origin of WeChat's own pages. Default `https://open.weixin.qq.com`. */
  openUrl?: string | undefined
  /**
   * Says where an address is, for the person who is to confirm a scan: 128 characters at most.
   * Default: they see the address itself.
   */
  locate?: Locate | undefined
}

export type ConsoleOptions = {
  /** The files of `@kaimen/console`, served at `/console`. Default: no page, only its API. */
  folder?: string | undefined
  /** Says what works and what does not, as `kaimen doctor` does. Default: nobody looks. */
  examine?: Examine | undefined
}

export type CloudOptions = {
  /** The environment, as `X-WX-ENV` names it. */
  env: string
  /** What `X-WX-SOURCE` may be. Default `wx_client`: mini programs on phones. */
  sources?: readonly string[] | undefined
}

export type RetentionOptions = {
  /** Days for which a session is kept after it ended, 1 to 3650. Default 30. */
  sessionDays?: number | undefined
  /** Days for which the audit log is kept, 1 to 3650. Default 180. */
  eventDays?: number | undefined
}

export type AuthOptions = {
  /**
   * Where the server is reached, as in `https://auth.example.com`. It is the `iss` of access
   * tokens.
   */
  publicUrl: string
  /** The `aud` of access tokens. Default `publicUrl`. */
  audience?: string
  apps: readonly AppOptions[]
  /** `KAIMEN_SECRET`: at least 32 characters, or several as `2:new,1:old`. */
  secret: string
  /** The caller's to close. */
  store: Store
  /** The caller's to close. Default: in this process's memory, which is for one process only. */
  ephemeral?: EphemeralStore
  wechat?: WechatOptions
  /**
   * Sends one-use codes; the caller's to close. Default: none are sent, and the routes that need
   * them answer `not_found`.
   */
  sms?: SmsSender
  /** How many codes may be sent. */
  otp?: OtpOptions
  /** How often one address may sign in. */
  limits?: LimitOptions
  captcha?: Captcha
  /**
   * Addresses and CIDR ranges (`10.0.0.0/8`, `fd00::/8`) of the proxies in front of the server,
   * whose X-Forwarded-For is believed. Default none: the address of the connection counts.
   */
  trustedProxies?: readonly string[]
  password?: PasswordOptions
  /** Keeps people's pictures; the caller's to close. Default: in this process's memory. */
  blobs?: BlobStore
  /**
   * Takes the headers of WeChat cloud hosting for proof of who calls. Whoever reaches the server in
   * another way can write them too: close public network access first. Default: off.
   */
  cloud?: CloudOptions
  /** Signing in on web pages. */
  web?: WebOptions
  /** The operator's page. */
  console?: ConsoleOptions
  /** Days in which a deleted account can be taken back, 0 to 15. Default 7. */
  deletionDays?: number
  retention?: RetentionOptions
  /** Life of an access token in seconds, 60 to 3600. Default 900 (15 minutes). */
  accessTokenSeconds?: number
  /**
   * How many requests are worked on at a time, 1 to 100000; one more is answered with 503. Default:
   * as many as may wait for WeChat and for hashing, and 512, so that neither takes all places.
   */
  maxRequests?: number
  /** When the keys that sign access tokens are rotated. */
  signingKeys?: SigningKeyOptions
  admit?: Admit
  claims?: Claims
  /** Told of what happened, after the fact. What it throws is logged and harms nobody. */
  on?: (event: AuthEvent) => void | Promise<void>
  /** `admit`, `claims` and `on` over HTTP, after the functions where both are given. */
  webhooks?: WebhookOptions
  /** For the operator: failures of ours and misconfiguration. Default: nothing is logged. */
  report?: Report
  clock?: Clock
  random?: Random
}

/** What goes wrong unforeseen, or is the operator's to mend. */
export type Report = (message: string, error: unknown) => void

/** The options whose values were checked and completed. */
export type CheckedOptions = {
  readonly apps: Apps
  readonly ring: KeyRing
  readonly publicUrl: string
  readonly audience: string
  readonly accessLifetimeMs: number
  readonly rotation: Rotation
  readonly passwords: PasswordSettings
  readonly cloud: CloudSettings | undefined
  readonly web: WebSettings
  readonly reconsiderMs: number
  readonly retention: Retention
  readonly otpLimits: readonly OtpLimit[]
  readonly addressLimits: AddressLimits
  readonly trustedProxies: BlockList
  readonly maxRequests: number
}

/** @throws {@link ConfigError} That names the option and how to mend it, and never repeats a secret. */
export function checkOptions(options: AuthOptions): CheckedOptions {
  refuseUnknownOptions(options)
  checkCaptcha(options.captcha)
  checkConsole(options.console)
  refuseSharedSecret(options)
  const publicUrl = checkPublicUrl(options.publicUrl)
  const passwords = checkPasswordOptions(options.password)
  const accessLifetimeMs = checkAccessTokenSeconds(options.accessTokenSeconds)
  return {
    apps: checkApps(options.apps),
    ring: checkSecret(options.secret),
    publicUrl,
    audience: options.audience ?? publicUrl,
    accessLifetimeMs,
    rotation: checkRotation(options.signingKeys, accessLifetimeMs),
    passwords,
    cloud: checkCloud(options.cloud),
    web: checkWeb(options.web, publicUrl),
    reconsiderMs: checkDays('deletionDays', options.deletionDays ?? 7, 0, 15),
    retention: checkRetention(options.retention),
    otpLimits: checkOtpOptions(options.otp),
    addressLimits: checkLimitOptions(options.limits),
    trustedProxies: checkTrustedProxies(options.trustedProxies),
    maxRequests: checkMaxRequests(options.maxRequests, options.wechat, passwords),
  }
}

const optionNames: Record<keyof AuthOptions, true> = {
  publicUrl: true,
  audience: true,
  apps: true,
  secret: true,
  store: true,
  ephemeral: true,
  wechat: true,
  sms: true,
  otp: true,
  limits: true,
  captcha: true,
  trustedProxies: true,
  password: true,
  blobs: true,
  cloud: true,
  web: true,
  console: true,
  deletionDays: true,
  retention: true,
  accessTokenSeconds: true,
  maxRequests: true,
  signingKeys: true,
  admit: true,
  claims: true,
  on: true,
  webhooks: true,
  report: true,
  clock: true,
  random: true,
}

function refuseUnknownOptions(options: AuthOptions) {
  const unknown = Object.keys(options).filter((name) => !Object.hasOwn(optionNames, name))
  if (unknown.length > 0) {
    throw new ConfigError(
      `createAuth has no option ${unknown.join(', ')}. It takes ${Object.keys(optionNames).join(', ')}.`,
    )
  }
}

function checkSecret(text: string): KeyRing {
  const ring = typeof text === 'string' ? readKeyRing(text) : 'secret_missing'
  if (typeof ring === 'string') throw new ConfigError(`KAIMEN_SECRET ${secretFaults[ring]}`)
  return ring
}

/** Whoever checks webhooks would hold the key to every session and every phone number. */
function refuseSharedSecret({ secret, webhooks }: AuthOptions) {
  const own = readSecrets(secret ?? '')
  const lent = readSecrets(webhooks?.secret ?? '')
  if (typeof own === 'string' || typeof lent === 'string') return
  if (!lent.some((one) => own.some(({ text }) => text === one.text))) return
  throw new ConfigError(
    'webhooks.secret (KAIMEN_WEBHOOK_SECRET) is KAIMEN_SECRET, which has to stay in this server. Make another with: openssl rand -base64 48',
  )
}

function checkCloud(cloud: CloudOptions | undefined): CloudSettings | undefined {
  if (cloud === undefined) return undefined
  const { env, sources = ['wx_client'] } = cloud
  if (typeof env !== 'string' || !/^[\w-]{1,64}$/.test(env)) {
    throw new ConfigError('cloud.env has to be the id of the cloud hosting environment.')
  }
  if (!Array.isArray(sources) || !sources.every((each) => /^wx_[a-z]{1,32}$/.test(String(each)))) {
    throw new ConfigError(
      'cloud.sources has to be a list of what X-WX-SOURCE may be, as wx_client.',
    )
  }
  return { env, sources }
}

function checkWeb(web: WebOptions = {}, publicUrl: string): WebSettings {
  const known = ['origins', 'openUrl', 'locate']
  const unknown = Object.keys(web).filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new ConfigError(
      `web.${unknown.join(', ')} is not an option. It takes ${known.join(', ')}.`,
    )
  }
  const { origins = [], openUrl = 'https://open.weixin.qq.com', locate } = web
  if (!isList(origins)) throw new ConfigError('web.origins has to be a list of origins.')
  const own = new URL(publicUrl)
  for (const [index, origin] of origins.entries()) {
    // A misspelt one would fail at the first sign-in, and far from here.
    if (!isOrigin(origin)) {
      throw new ConfigError(
        `web.origins[${index}] has to be an origin, as in https://shop.example.com: no path, no slash at the end, no port that is the usual one, and no *.`,
      )
    }
    if (new URL(origin).protocol === own.protocol) continue
    // To a browser the two are different sites, and it keeps the cookie back.
    throw new ConfigError(
      `web.origins has ${origin}, but publicUrl begins with ${own.protocol}: both have to be https:, or http: on a developer’s machine.`,
    )
  }
  if (!isOrigin(openUrl)) {
    throw new ConfigError('web.openUrl has to be an origin, as in https://open.weixin.qq.com.')
  }
  if (locate !== undefined && typeof locate !== 'function') {
    throw new ConfigError('web.locate has to be a function.')
  }
  return {
    origins: new Set([own.origin, ...origins]),
    home: `${origins[0] ?? own.origin}/`,
    openUrl,
    locate,
  }
}

/** What no compiler has seen may be anything. */
const isList = (value: unknown): boolean => Array.isArray(value)

function isOrigin(text: unknown): text is string {
  if (typeof text !== 'string' || !URL.canParse(text)) return false
  const { protocol, origin } = new URL(text)
  return /^https?:$/.test(protocol) && origin === text && !text.includes('*')
}

function checkRetention({ sessionDays = 30, eventDays = 180 }: RetentionOptions = {}): Retention {
  return {
    sessionMs: checkDays('retention.sessionDays', sessionDays, 1, 3650),
    eventMs: checkDays('retention.eventDays', eventDays, 1, 3650),
  }
}

function checkDays(name: string, days: number, min: number, max: number): number {
  if (v.is(wholeBetween(min, max), days)) return days * dayMs
  throw new ConfigError(`${name} has to be a whole number from ${min} to ${max}.`)
}

function checkAccessTokenSeconds(seconds = 900): number {
  if (v.is(wholeBetween(60, 3600), seconds)) return seconds * secondMs
  throw new ConfigError('accessTokenSeconds has to be a whole number from 60 to 3600.')
}

/** Places for what waits for nothing but the store. */
const storeRequests = 512

function checkMaxRequests(
  given: number | undefined,
  wechat: WechatOptions = {},
  { queue }: PasswordSettings,
): number {
  if (given === undefined) {
    const { maxInFlight, maxWaiting } = defaultCallLimits
    const calls = (wechat.maxInFlight ?? maxInFlight) + (wechat.maxWaiting ?? maxWaiting)
    return calls + queue.concurrency + queue.maxWaiting + storeRequests
  }
  if (v.is(wholeBetween(1, 100_000), given)) return given
  throw new ConfigError('maxRequests has to be a whole number from 1 to 100000.')
}

/** Whatever else stands there would switch it off without a word. */
function checkCaptcha(captcha: unknown) {
  if (captcha === undefined || typeof captcha === 'function') return
  throw new ConfigError('captcha has to be a function.')
}

function checkConsole(options: ConsoleOptions = {}) {
  const known = ['folder', 'examine']
  const unknown = Object.keys(options).filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new ConfigError(
      `console.${unknown.join(', ')} is not an option. It takes ${known.join(', ')}.`,
    )
  }
  const { folder, examine } = options
  if (
    folder !== undefined &&
    (typeof folder !== 'string' || !existsSync(join(folder, 'index.html')))
  ) {
    throw new ConfigError('console.folder has to be a folder with the console’s index.html.')
  }
  if (examine === undefined || typeof examine === 'function') return
  throw new ConfigError('console.examine has to be a function.')
}

function checkTrustedProxies(entries: readonly string[] = []): BlockList {
  if (!Array.isArray(entries) || !entries.every((entry) => typeof entry === 'string')) {
    throw new ConfigError('trustedProxies has to be a list of addresses and CIDR ranges.')
  }
  const ranges = readRanges(entries)
  if (!('malformed' in ranges)) return ranges
  throw new ConfigError(
    `trustedProxies (KAIMEN_TRUSTED_PROXIES) has ${JSON.stringify(ranges.malformed)}, which is neither an address nor a CIDR range as 10.0.0.0/8 or fd00::/8, 1 bit at least.`,
  )
}

function checkPublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw new ConfigError(
      'publicUrl has to be an http(s) URL without query or credentials, as in https://auth.example.com.',
    )
  }
  const publicUrl = text.replace(/\/+$/, '')
  // A path may stand in front of the routes or be cut off by a proxy; both are understood, which
  // cannot be where a path looks like a route.
  if (/^\/(v1|console|\.well-known)(\/|$)/.test(url.pathname)) {
    throw new ConfigError(
      'publicUrl must not have a path that begins with /v1, /console or /.well-known.',
    )
  }
  return publicUrl
}

const day = dayMs / secondMs

/** What an app's options have to be, with their defaults. */
const AppSchema = v.strictObject({
  kind: v.optional(
    v.picklist(['mini_program', 'service_account', 'website', 'mobile_app']),
    'mini_program',
  ),
  app_id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/)),
  secret: secretOf(/^[\x21-\x7e]{1,256}$/),
  open_platform: v.optional(v.nullable(v.pipe(v.string(), v.nonEmpty())), null),
  registration: v.optional(v.picklist(['open', 'phone']), 'open'),
  phone_encrypted_data: v.optional(v.boolean(), false),
  session: v.optional(
    v.strictObject({
      idle_seconds: v.optional(wholeBetween(60, 3650 * day), 30 * day),
      absolute_seconds: v.optional(wholeBetween(60, 3650 * day), 180 * day),
      refresh_grace_seconds: v.optional(wholeBetween(0, 300), 30),
      max_sessions: v.optional(wholeBetween(1, 1000)),
    }),
    {},
  ),
  scope: v.optional(v.picklist(['snsapi_base', 'snsapi_userinfo']), 'snsapi_base'),
  scan: v.optional(
    v.strictObject({
      page: v.pipe(v.string(), v.regex(/^[^\s/?#][^\s?#]{0,127}$/)),
      env_version: v.optional(v.picklist(['release', 'trial', 'develop']), 'release'),
      check_path: v.optional(v.boolean(), true),
    }),
  ),
  push: v.optional(
    v.strictObject({
      token: secretOf(/^[A-Za-z0-9]{3,32}$/),
      encoding_aes_key: v.optional(secretOf(/^[A-Za-z0-9]{43}$/)),
    }),
  ),
}) satisfies v.GenericSchema<AppOptions, unknown>

/** A text or a wrapped one of this shape, which comes out wrapped. */
function secretOf(shape: RegExp) {
  return v.pipe(
    v.union([
      v.string(),
      v.custom<Secret>((value) => value instanceof Object && 'reveal' in value),
    ]),
    v.transform((value) => (typeof value === 'string' ? value : value.reveal())),
    v.regex(shape),
    v.transform(secret),
  )
}

function wholeBetween(min: number, max: number) {
  return v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max))
}

function checkApps(apps: readonly AppOptions[]): Apps {
  if (!Array.isArray(apps) || apps.length === 0) {
    throw new ConfigError('No app is configured: give at least one AppID with its AppSecret.')
  }
  const byId = new Map<string, App>()
  for (const [index, options] of apps.entries()) {
    const app = checkApp(options, index)
    if (byId.has(app.app_id)) throw new ConfigError(`The app ${app.app_id} is configured twice.`)
    byId.set(app.app_id, app)
  }
  return byId
}

function checkApp(options: unknown, index: number): App {
  const result = v.safeParse(AppSchema, options)
  if (!result.success) {
    const [issue] = result.issues
    const path = [`apps[${index}]`, ...(issue.path ?? []).map(({ key }) => String(key))].join('.')
    // `expected` is the schema's own text; what was given may be a secret.
    throw new ConfigError(
      issue.expected === 'never'
        ? `${path} is not an option of an app.`
        : `${path} is missing or has a wrong value; expected ${issue.expected ?? 'another'}.`,
    )
  }
  const { session, push, scan = null, ...app } = result.output
  if (scan && app.kind !== 'mini_program') {
    throw new ConfigError(`apps[${index}].scan is for a mini program: it confirms the sign-in.`)
  }
  return {
    ...app,
    scan,
    push: push ? { token: push.token, encoding_aes_key: push.encoding_aes_key } : null,
    session: {
      idleMs: session.idle_seconds * secondMs,
      absoluteMs: session.absolute_seconds * secondMs,
      refreshGraceMs: session.refresh_grace_seconds * secondMs,
      maxSessions: session.max_sessions ?? null,
    },
  }
}
