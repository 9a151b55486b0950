import { createWechat, secret, type Secret, type Wechat, type WechatOptions } from '@kaimen/wechat'
import type { App, Apps } from './app.ts'
import { dayMs, minuteMs, secondMs, systemClock, type Clock } from './clock.ts'
import { ConfigError, KaimenError } from './errors.ts'
import type { Admit, AuthEvent, Claims, Emit } from './hooks.ts'
import { mountRoutes, type Report } from './http/app.ts'
import type { HttpParts } from './http/handlers.ts'
import { formatId, parseId } from './id.ts'
import { readKeyRing, type KeyRing, type SecretFault } from './key-ring.ts'
import { systemRandom, type Random } from './random.ts'
import { accessTokens } from './session/access-token.ts'
import { loadSigningKeys } from './session/signing-keys.ts'
import type { EphemeralStore } from './store/ephemeral-store.ts'
import { createMemoryEphemeralStore } from './store/memory/memory-ephemeral-store.ts'
import type { Store, UserStatus } from './store/store.ts'

export type AppOptions = {
  /** Default `mini_program`. */
  kind?: App['kind']
  app_id: string
  /** The AppSecret. */
  secret: string | Secret
  /**
   * The id of the Open Platform account that the app is bound to. Default none: unionids are
   * ignored.
   */
  open_platform?: string | null
  /** What a stranger needs to become a user: nothing but WeChat, or a phone too. Default `open`. */
  registration?: App['registration']
  session?: {
    /** A session that is not refreshed for so long ends. Default 2592000 (30 days). */
    idle_seconds?: number
    /** A session ends at this age. Default 15552000 (180 days). */
    absolute_seconds?: number
    /**
     * For so long after an exchange the used refresh token still gives its successor. Default 30, 0
     * to 300.
     */
    refresh_grace_seconds?: number
  }
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
  /** Life of an access token in seconds, 60 to 3600. Default 900 (15 minutes). */
  accessTokenSeconds?: number
  admit?: Admit
  claims?: Claims
  /** Told of what happened, after the fact. What it throws is logged and harms nobody. */
  on?: (event: AuthEvent) => void | Promise<void>
  /** For the operator: failures of ours and misconfiguration. Default: nothing is logged. */
  report?: Report
  clock?: Clock
  random?: Random
}

export type Auth = {
  /** Answers one HTTP request. */
  handler(request: Request): Promise<Response>
  /** Brings the tables up to date and loads the keys. `handler` waits for it by itself. */
  ready(): Promise<void>
  close(): Promise<void>
  readonly users: {
    /**
     * Refuses the user by every way in and ends all sessions. @returns `not_found` for an unknown
     * id.
     */
    disable(id: string): Promise<'changed' | 'not_found'>
    enable(id: string): Promise<'changed' | 'not_found'>
  }
}

/**
 * Puts the parts together. Options are checked here, once.
 *
 * @throws {@link ConfigError} When an option is missing, wrong, or misspelt.
 */
export function createAuth(options: AuthOptions): Auth {
  refuseUnknownOptions(options)
  const { store, clock = systemClock, random = systemRandom, admit, claims } = options
  const report = options.report ?? (() => {})
  const ephemeral = options.ephemeral ?? createMemoryEphemeralStore(clock)
  const ring = checkSecret(options.secret)
  const publicUrl = checkPublicUrl(options.publicUrl)
  const apps = readApps(options.apps)
  const lifetimeMs = checkSeconds('accessTokenSeconds', options.accessTokenSeconds, 900, 60, 3600)
  const wechat: Wechat = createWechat(options.wechat)
  const emit = emitTo(options.on, report)

  async function assemble(): Promise<HttpParts> {
    await store.migrate()
    const keys = await loadSigningKeys({ store, ring, random, clock })
    const audience = options.audience ?? publicUrl
    return {
      store,
      ephemeral,
      wechat,
      clock,
      random,
      ring,
      emit,
      admit,
      claims,
      apps,
      keys,
      publicUrl,
      accessTokens: accessTokens({ keys, clock, random, issuer: publicUrl, audience, lifetimeMs }),
    }
  }

  let parts: Promise<HttpParts> | undefined
  const ready = () =>
    (parts ??= assemble().catch((error: unknown) => {
      // The next request tries again: a database that was away may be back.
      parts = undefined
      throw error
    }))

  const http = mountRoutes(
    () =>
      ready().catch((cause: unknown) => {
        throw new KaimenError('unavailable', { cause, retryAfterSeconds: 5 })
      }),
    report,
  )

  async function setUserStatus(id: string, status: UserStatus) {
    await ready()
    const number = parseId('usr', id)
    if (number === undefined) return 'not_found'
    const { outcome } = await store.setUserStatus({ id: number, status, now_ms: clock.now() })
    if (outcome === 'changed') {
      emit({ kind: 'user_status_changed', user_id: formatId('usr', number), status })
    }
    return outcome
  }

  return {
    handler: async (request) => http.fetch(request),
    async ready() {
      await ready()
    },
    close: () => wechat.close(),
    users: {
      disable: (id) => setUserStatus(id, 'disabled'),
      enable: (id) => setUserStatus(id, 'active'),
    },
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
  accessTokenSeconds: true,
  admit: true,
  claims: true,
  on: true,
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

const secretFaults: Record<SecretFault, string> = {
  secret_missing: 'KAIMEN_SECRET is missing. Make one with: openssl rand -base64 48',
  secret_malformed:
    'KAIMEN_SECRET is malformed. Several secrets are written as 2:new,1:old, versions 1 to 65535.',
  secret_short:
    'KAIMEN_SECRET is too short: 32 characters at least. Make one with: openssl rand -base64 48',
  secret_published:
    'KAIMEN_SECRET is one that stands in documents or is easily guessed. Make one with: openssl rand -base64 48',
}

function checkSecret(text: string): KeyRing {
  const ring = readKeyRing(text)
  if (typeof ring === 'string') throw new ConfigError(secretFaults[ring])
  return ring
}

function checkPublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw new ConfigError(
      'publicUrl has to be an http(s) URL without query or credentials, as in https://auth.example.com.',
    )
  }
  return text.replace(/\/+$/, '')
}

function readApps(apps: readonly AppOptions[]): Apps {
  const byId = new Map<string, App>()
  for (const app of apps) {
    if (byId.has(app.app_id)) throw new ConfigError(`The app ${app.app_id} is configured twice.`)
    byId.set(app.app_id, readApp(app))
  }
  if (byId.size === 0)
    throw new ConfigError('No app is configured: give at least one AppID with its AppSecret.')
  return byId
}

function readApp(app: AppOptions): App {
  const { app_id, session = {} } = app
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(app_id)) {
    throw new ConfigError('An app_id has to be an AppID, as in wx0123456789abcdef.')
  }
  const appSecret = typeof app.secret === 'string' ? secret(app.secret) : app.secret
  if (!appSecret.reveal()) throw new ConfigError(`The app ${app_id} has no secret.`)
  const seconds = (name: keyof typeof session, fallback: number, min: number, max: number) =>
    checkSeconds(`${app_id}: session.${name}`, session[name], fallback, min, max)
  return {
    kind: app.kind ?? 'mini_program',
    app_id,
    secret: appSecret,
    open_platform: app.open_platform ?? null,
    registration: app.registration ?? 'open',
    session: {
      idleMs: seconds('idle_seconds', (30 * dayMs) / secondMs, 60, (3650 * dayMs) / secondMs),
      absoluteMs: seconds(
        'absolute_seconds',
        (180 * dayMs) / secondMs,
        60,
        (3650 * dayMs) / secondMs,
      ),
      refreshGraceMs: seconds('refresh_grace_seconds', 30, 0, (5 * minuteMs) / secondMs),
    },
  }
}

/** @returns Milliseconds. */
function checkSeconds(
  name: string,
  value: number | undefined,
  fallback: number,
  min: number,
  max: number,
) {
  const seconds = value ?? fallback
  if (!Number.isInteger(seconds) || seconds < min || seconds > max) {
    throw new ConfigError(`${name} has to be a whole number of seconds from ${min} to ${max}.`)
  }
  return seconds * secondMs
}

function emitTo(on: AuthOptions['on'], report: Report): Emit {
  if (!on) return () => {}
  return (event) => {
    Promise.resolve(event)
      .then(on)
      .catch((error: unknown) => report(`The host’s handler of ${event.kind} failed`, error))
  }
}
