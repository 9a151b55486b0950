import { randomBytes } from 'node:crypto'
import { WechatInputError } from '../errors/input-error.ts'
import { WechatTransportError } from '../errors/transport-error.ts'
import { WechatError } from '../errors/wechat-error.ts'
import { checkAppid, checkCredential, checkText, checkWhole } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import type { Wechat } from '../wechat.ts'
import { getAccessToken } from './get-access-token.ts'
import { getStableAccessToken } from './get-stable-access-token.ts'
import type { HeldToken } from './held-token.ts'
import { shareToken } from './share-token.ts'
import type { Sharing } from './share-token.ts'
import { keepInMemory } from './token-store.ts'
import type { TokenStore } from './token-store.ts'

export interface AccessTokensOptions {
  readonly wechat: Wechat
  /** Whose tokens are kept. */
  readonly apps: readonly { readonly appid: string; readonly secret: string | Secret }[]
  /**
   * Where processes share them. Default: memory, for one process. A store that fails is done
   * without for as long as it does: each process then asks WeChat itself. It keeps its own
   * deadlines: whoever has no token waits for it.
   */
  readonly store?: TokenStore
  /** Stands before the appid in the store's keys. Default `wechat_access_token:`. */
  readonly prefix?: string
  /** Seals what is stored. Default: tokens stand in the store as they are. */
  readonly seal?: (text: string) => string | Promise<string>
  /** Opens what `seal` sealed. What it throws on counts as no token. */
  readonly open?: (sealed: string) => string | Promise<string>
  /**
   * `stable_token` gives everybody the same token; each fetch of `token` voids the one before.
   * Default `stable_token`.
   */
  readonly family?: 'stable_token' | 'token'
  /**
   * How long before its end a token is renewed, in seconds, 0 to 3600, but at most half its life.
   * Default 240: within the 5 minutes in which WeChat takes both the old and the new one.
   */
  readonly renewAheadSeconds?: number
  /**
   * How long others wait for the process that fetches, in milliseconds, 100 to 60000: the most by
   * which its death delays anybody. Nobody waits longer than twice that. Default 6000, a second
   * more than `timeoutMs` of {@link createWechat}.
   */
  readonly leaseMs?: number
  /** Told of what was got over: a renewal ahead of time, the store, `seal` or `open` failed. */
  readonly onError?: (error: unknown, appid: string) => void
  /** Milliseconds since the Unix epoch; the processes' clocks should agree. Default `Date.now`. */
  readonly nowMs?: () => number
  /** Default `setTimeout`. */
  readonly sleep?: (milliseconds: number) => Promise<void>
  /** Unpredictable bytes. Default Node's own source. */
  readonly random?: (size: number) => Uint8Array
}

/** The access_tokens of some apps. */
export interface AccessTokens {
  /**
   * An access_token that should be good, out of memory. The store and WeChat are asked when there
   * is none, and in the background when it nears its end.
   *
   * @throws {@link WechatInputError} When `appid` is not among the apps.
   * @throws {@link WechatError} When WeChat gives none. Nothing is tried again: 40164, 40125, 40013
   *   and 40243 are the operator's to mend.
   * @throws {@link WechatTransportError} When there is no answer that can be used.
   */
  get(appid: string): Promise<Secret>
  /**
   * Makes a call with an access_token. If WeChat refuses the token (40001, 40014, 42001), gets
   * another one and makes the call once more. Of all who fail with one token, one fetches the
   * next.
   *
   * @throws As `get`, and what `use` throws.
   */
  call<T>(appid: string, use: (access_token: Secret) => Promise<T>): Promise<T>
  /** Waits for the fetches under way. `get` and `call` fail as `closed` after it. */
  close(): Promise<void>
}

/** Errcodes by which WeChat refuses an access_token. */
const refusals = new Set([40001, 40014, 42001])
/** A second retry is for when the first was made with a stored token that was as dead. */
const maxTries = 3
/** How long what did not help is left alone, in milliseconds. */
const pauseMs = 5000

interface Keeping extends Sharing {
  held?: HeldToken | undefined
  /** The last one that WeChat refused. */
  refused?: { readonly held: HeldToken; readonly atMs: number }
  /** When the next renewal ahead of time may begin. */
  renewableAtMs: number
  /** Until when it is known that WeChat gives the very token that it refuses. */
  hopelessUntilMs: number
  flight?: Promise<HeldToken> | undefined
}

/**
 * Keeps the access_tokens of apps, for any number of calls and processes: one fetches, the others
 * wait for it or are served the old token.
 *
 * @throws {@link WechatInputError} When an option is wrong, or its name unknown.
 */
export function createAccessTokens(options: AccessTokensOptions): AccessTokens {
  let closed = false
  const { keepings, renewAheadMs, nowMs } = readOptions(options, () => closed)

  function find(appid: string): Keeping {
    if (closed) throw closedError()
    const keeping = keepings.get(appid)
    if (keeping === undefined) throw new WechatInputError('appid', 'is not among the apps')
    return keeping
  }

  async function hold(keeping: Keeping): Promise<HeldToken> {
    const { held } = keeping
    if (held !== undefined && isUsable(keeping, held)) {
      if (isOld(held) && nowMs() >= keeping.renewableAtMs) renew(keeping)
      return held
    }
    const got = await fly(keeping, (stored) => isUsable(keeping, stored))
    // It may have been refused to somebody while it was on its way here.
    return isRefused(keeping, got) ? hold(keeping) : got
  }

  function isUsable(keeping: Keeping, held: HeldToken): boolean {
    return !isRefused(keeping, held) && nowMs() < held.expiresAtMs
  }

  /** The same token may have been fetched twice, before it was refused or after. */
  function isRefused({ refused }: Keeping, held: HeldToken): boolean {
    if (refused === undefined) return false
    if (held.version === refused.held.version) return true
    return isSameText(held, refused.held) && held.fetchedAtMs < refused.atMs
  }

  function isOld({ fetchedAtMs, expiresAtMs }: HeldToken): boolean {
    return nowMs() >= expiresAtMs - Math.min(renewAheadMs, (expiresAtMs - fetchedAtMs) / 2)
  }

  /** In the background: whoever asks meanwhile is served the old token. */
  function renew(keeping: Keeping): void {
    keeping.renewableAtMs = nowMs() + pauseMs
    fly(keeping, (stored) => isUsable(keeping, stored) && !isOld(stored)).catch(keeping.report)
  }

  /** One at a time: all who need a token take the same. */
  function fly(keeping: Keeping, isWanted: (stored: HeldToken) => boolean): Promise<HeldToken> {
    keeping.flight ??= shareToken(keeping, isWanted)
      .then((held) => land(keeping, held))
      .finally(() => {
        keeping.flight = undefined
      })
    return keeping.flight
  }

  function land(keeping: Keeping, held: HeldToken): HeldToken {
    const { refused } = keeping
    const isSame = refused !== undefined && isSameText(held, refused.held)
    keeping.hopelessUntilMs = isSame ? nowMs() + pauseMs : 0
    keeping.held = held
    return held
  }

  return {
    async get(appid) {
      return (await hold(find(appid))).access_token
    },
    async call(appid, use) {
      const keeping = find(appid)
      let held = await hold(keeping)
      let refusedAtMs = Infinity
      for (let isLast = false, tries = 1; ; tries += 1) {
        try {
          return await use(held.access_token)
        } catch (error) {
          if (!isRefusal(error) || isLast || tries === maxTries) throw error
          // Everybody's next call would fetch the same token in vain.
          if (nowMs() < keeping.hopelessUntilMs) throw error
        }
        // Only if it is still in place: all who failed with it come here.
        const atMs = nowMs()
        if (keeping.held?.version === held.version) keeping.refused = { held, atMs }
        refusedAtMs = Math.min(refusedAtMs, atMs)
        held = await hold(find(appid))
        isLast = held.fetchedAtMs >= refusedAtMs
      }
    },
    async close() {
      closed = true
      await Promise.allSettled([...keepings.values()].map(async ({ flight }) => flight))
    },
  }
}

function isSameText(one: HeldToken, other: HeldToken): boolean {
  return one.access_token.reveal() === other.access_token.reveal()
}

function isRefusal(error: unknown): boolean {
  return error instanceof WechatError && refusals.has(error.errcode)
}

const names = new Set([
  'wechat',
  'apps',
  'store',
  'prefix',
  'seal',
  'open',
  'family',
  'renewAheadSeconds',
  'leaseMs',
  'onError',
  'nowMs',
  'sleep',
  'random',
])

function readOptions(options: AccessTokensOptions, isClosed: () => boolean) {
  for (const name of Object.keys(options)) {
    if (!names.has(name)) throw new WechatInputError(name, 'is not an option of createAccessTokens')
  }
  const {
    wechat,
    apps,
    store = keepInMemory(),
    prefix = 'wechat_access_token:',
    seal = (text) => text,
    open = (sealed) => sealed,
    family = 'stable_token',
    renewAheadSeconds = 240,
    leaseMs = 6000,
    onError = () => undefined,
    nowMs = Date.now,
    sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    random = randomBytes,
  } = options
  if ((options.seal === undefined) !== (options.open === undefined)) {
    throw new WechatInputError('open', 'and seal go together')
  }
  if (family !== 'stable_token' && family !== 'token') {
    throw new WechatInputError('family', 'must be stable_token or token')
  }
  checkText('prefix', prefix, /^[\x21-\x7e]{0,64}$/)
  checkWhole('renewAheadSeconds', renewAheadSeconds, 0, 3600)
  checkWhole('leaseMs', leaseMs, 100, 60_000)

  const ask = family === 'token' ? getAccessToken : getStableAccessToken
  const keepings = apps.map(({ appid, secret }): [string, Keeping] => {
    checkAppid(appid)
    const credentials = { appid, secret: checkCredential('secret', secret) }
    const keeping: Keeping = {
      appid,
      key: `${prefix}${appid}`,
      store,
      leaseMs,
      seal,
      open,
      nowMs,
      async sleep(milliseconds) {
        await sleep(milliseconds)
        if (isClosed()) throw closedError()
      },
      newId: () => Buffer.from(random(12)).toString('base64url'),
      report: (error) => onError(error, appid),
      async fetch() {
        // Its life runs from before the request: from whenever WeChat made it, at the earliest.
        const fetchedAtMs = nowMs()
        const { access_token, expires_in } = await ask(wechat, credentials)
        return { access_token, fetchedAtMs, expiresAtMs: fetchedAtMs + expires_in * 1000 }
      },
      renewableAtMs: 0,
      hopelessUntilMs: 0,
    }
    return [appid, keeping]
  })
  return { keepings: new Map(keepings), renewAheadMs: renewAheadSeconds * 1000, nowMs }
}

function closedError(): WechatTransportError {
  return new WechatTransportError('access_token', 'closed', { sent: false })
}
