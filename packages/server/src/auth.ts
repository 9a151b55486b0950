import {
  createAccessTokens,
  createWechat,
  WechatInputError,
  type AccessTokens,
  type Wechat,
} from '@kaimen/wechat'
import { loadRateLimiter } from './challenge/rate-limiter.ts'
import { minuteMs, systemClock } from './clock.ts'
import { ConfigError, KaimenError } from './errors.ts'
import type { Admit, Claims, Emit } from './hooks.ts'
import { rememberHealth } from './health.ts'
import { mountRoutes } from './http/app.ts'
import type { Connection, HttpParts } from './http/handlers.ts'
import { watchLatency } from './http/latency.ts'
import { measureRequests } from './http/measure.ts'
import { limitRequests } from './http/overload.ts'
import { keepMetrics, type Metrics } from './metrics.ts'
import { checkOptions, type AuthOptions, type Report } from './options.ts'
import { guardStore } from './outage.ts'
import { limitHashing } from './password/queue.ts'
import { systemRandom } from './random.ts'
import { openText, sealText } from './seal.ts'
import { accessTokens } from './session/access-token.ts'
import { openRevocationFeed } from './session/revocation-feed.ts'
import { loadSigningKeys } from './session/signing-keys.ts'
import { createMemoryEphemeralStore } from './store/memory/memory-ephemeral-store.ts'
import { createMemoryBlobs } from './blobs/memory.ts'
import { credentialCheck } from './credential/check-credential.ts'
import { operations, type Operations } from './operate.ts'
import { tidy } from './tidy.ts'
import { createWebhooks } from './webhooks/index.ts'

export type Auth = Operations & {
  /**
   * Answers one HTTP request.
   *
   * @param connection.address The other end of the connection: an IP address. Without it limits by
   *   address do not apply, and X-Forwarded-For is not believed.
   */
  handler(request: Request, connection?: Connection): Promise<Response>
  /** Brings the tables up to date and loads the keys. `handler` waits for it by itself. */
  ready(): Promise<void>
  /**
   * Loads what the first sign-in would wait for. `listen` does it by itself, a second after it
   * listens.
   */
  warmUp(): Promise<void>
  /**
   * From now on `/readyz` answers 503, so that a balancer sends nothing more, and who waits for
   * news at `GET /v1/revocations` is answered. Everything else goes on. `listen` does it by
   * itself.
   */
  drain(): void
  close(): Promise<void>
  /**
   * Removes what has had its time: deleted accounts, loose pictures, old sessions and events; moves
   * signing keys on. A server that serves requests does it by itself every ten minutes.
   */
  tidy(): Promise<void>
}

/**
 * Puts the parts together. Options are checked here, once.
 *
 * @throws {@link ConfigError} When an option is missing, wrong, or misspelt.
 */
export function createAuth(options: AuthOptions): Auth {
  const { audience, accessLifetimeMs, passwords, maxRequests, ...checked } = checkOptions(options)
  const { apps, ring, publicUrl } = checked
  const { store, clock = systemClock, random = systemRandom, captcha } = options
  const report = options.report ?? (() => {})
  const ephemeral = options.ephemeral
    ? guardStore(options.ephemeral, { clock, report })
    : createMemoryEphemeralStore(clock)
  const blobs = options.blobs ?? createMemoryBlobs()
  const metrics = keepMetrics(clock)
  const wechat = metrics.watchWechat(openWechat(options.wechat))
  const wechatTokens = keepWechatTokens(wechat, { apps, ring, random, ephemeral, clock, report })
  const hashing = limitHashing(passwords.queue)
  const emit = emitTo(options.on, report, metrics)
  const webhooks =
    options.webhooks && createWebhooks({ ...options.webhooks, report, clock, random })
  const admit = joinAdmits(options.admit, webhooks?.admit)
  const claims = joinClaims(options.claims, webhooks?.claims)
  const draining = new AbortController()
  const latency = watchLatency(clock)
  const examine = options.console?.examine && rememberHealth(options.console.examine, clock)

  const revocations = openRevocationFeed({
    store,
    clock,
    random,
    tokenLifetimeMs: accessLifetimeMs,
    draining: draining.signal,
  })

  async function assemble(): Promise<HttpParts> {
    await store.migrate()
    await webhooks?.deliver({ store, ephemeral })
    const keys = await loadSigningKeys({ ...checked, store, random, clock, report })
    return {
      ...checked,
      store,
      ephemeral,
      wechat,
      wechatTokens,
      checkCredential: credentialCheck({ store, clock }),
      revocations,
      sms: options.sms,
      blobs,
      passwords: { ...passwords, hashing },
      clock,
      random,
      emit,
      admit,
      claims,
      captcha,
      report,
      draining: draining.signal,
      latency,
      metrics,
      examine,
      accessLifetimeMs,
      maxRequests,
      keys,
      accessTokens: accessTokens({
        keys,
        clock,
        random,
        issuer: publicUrl,
        audience,
        lifetimeMs: accessLifetimeMs,
      }),
    }
  }

  let parts: Promise<HttpParts> | undefined
  const ready = () =>
    (parts ??= assemble().catch((error: unknown) => {
      // The next request tries again: a database that was away may be back.
      parts = undefined
      throw error
    }))

  async function readyToServe(): Promise<HttpParts> {
    try {
      const parts = await ready()
      const freshening = parts.keys.keepFresh()
      if (freshening) await freshening
      return parts
    } catch (cause) {
      throw new KaimenError('unavailable', { cause, retryAfterSeconds: 5 })
    }
  }

  const folder = options.console?.folder
  const limit = measureRequests(limitRequests({ maxRequests, clock, report }), {
    clock,
    latency,
    metrics,
  })
  const answer = mountRoutes(readyToServe, {
    limit,
    report,
    web: checked.web,
    console: folder === undefined ? undefined : { folder, publicUrl },
    prefix: new URL(publicUrl).pathname.replace(/\/$/, ''),
  })

  let isClosed = false
  const tidyUp = async () =>
    tidy({ ...(await ready()), tokenLifetimeMs: accessLifetimeMs }, () => isClosed)
  const tidying = setInterval(() => {
    tidyUp().catch((error: unknown) => report('What has had its time could not be removed', error))
  }, tidyEveryMs)
  // Nobody waits for it, least of all a process that has nothing else to do.
  tidying.unref()

  return {
    handler: (request, connection = unknownConnection) => answer(request, connection),
    async ready() {
      await ready()
    },
    async warmUp() {
      await Promise.all([wechat.warmUp(), loadRateLimiter()])
    },
    tidy: tidyUp,
    drain: () => draining.abort(),
    async close() {
      isClosed = true
      draining.abort()
      clearInterval(tidying)
      await webhooks?.close()
      await wechatTokens.close()
      await wechat.close()
    },
    ...operations(ready),
  }
}

/** Far more often than a day, so that an account is gone on the day that was said. */
const tidyEveryMs = 10 * minuteMs

const unknownConnection: Connection = {}

function openWechat(options: AuthOptions['wechat']): Wechat {
  try {
    return createWechat(options)
  } catch (error) {
    if (!(error instanceof WechatInputError)) throw error
    throw new ConfigError(`wechat.${error.message}`)
  }
}

/**
 * The access_tokens of the apps, shared by all processes through the ephemeral store, sealed.
 * [WX-13]
 */
function keepWechatTokens(
  wechat: Wechat,
  parts: Pick<HttpParts, 'apps' | 'ring' | 'random' | 'ephemeral' | 'clock'> & { report: Report },
): AccessTokens {
  const place = { table: 'ephemeral', row: 'wechat_access_token', column: 'value' }
  return createAccessTokens({
    wechat,
    apps: [...parts.apps.values()].map(({ app_id, secret }) => ({ appid: app_id, secret })),
    store: parts.ephemeral,
    seal: (text) => sealText(parts.ring, parts.random, place, text),
    open(sealed) {
      const text = openText(parts.ring, place, sealed)
      if (text === undefined) throw new Error('sealed under another secret')
      return text
    },
    onError: (error, appid) => parts.report(`The access_token of ${appid}`, error),
    nowMs: parts.clock.now,
    random: parts.random,
  })
}

function emitTo(on: AuthOptions['on'], report: Report, { countEvent }: Metrics): Emit {
  return (event) => {
    countEvent(event)
    if (!on) return
    Promise.resolve(event)
      .then(on)
      .catch((error: unknown) => report(`The host’s handler of ${event.kind} failed`, error))
  }
}

/** The second is asked about whom the first lets in. */
function joinAdmits(first: Admit | undefined, second: Admit | undefined): Admit | undefined {
  if (!first || !second) return first ?? second
  return async (attempt) => (await first(attempt)) ?? second(attempt)
}

/** Of two claims of one name the second's counts. */
function joinClaims(first: Claims | undefined, second: Claims | undefined): Claims | undefined {
  if (!first || !second) return first ?? second
  return async (user, session) => ({
    ...(await first(user, session)),
    ...(await second(user, session)),
  })
}
