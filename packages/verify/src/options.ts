import { systemClock, type Clock } from './clock.ts'
import { ConfigError } from './errors.ts'
import type { Fetch } from './fetch-json.ts'
import type { VerifierStatus } from './verifier.ts'

export type VerifierOptions = {
  /** The server's `publicUrl`, exactly: the `iss` of its tokens. */
  issuer: string
  /** The `aud` that are taken. Default: the issuer, as on the server. */
  audience?: string | readonly string[]
  /** Where the server is reached from here, when that is not at `issuer`. */
  serverUrl?: string
  /** Default: `/.well-known/jwks.json` of the server. */
  jwksUrl?: string
  /**
   * A service credential (`kmc_…`) with the scopes `revocations`, and `introspect` for `strict`.
   * Without one a session that was ended counts until its token runs out.
   */
  credential?: string
  /** How far clocks may differ; seconds. Default 30, at most 60. */
  skewSeconds?: number
  /** Verified tokens that are remembered, at most; 1 to 2 kB each. Default 20,000. */
  cacheSize?: number
  /** Ended sessions that are remembered, at most; some 100 bytes each. Default 1,000,000. */
  maxRevocations?: number
  /** Allows `http:` to another machine: whoever is on the way can then make tokens. Default: false. */
  allowHttp?: boolean
  /** Called when keys or revocations become stale, and when they are fresh again. */
  onStale?: (status: VerifierStatus) => void
  clock?: Clock
  fetch?: Fetch
  /** From 0 up to 1. */
  random?: () => number
}

export type Settings = {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly jwksUrl: string
  readonly revocationsUrl: string
  readonly introspectUrl: string
  readonly credential: string | undefined
  readonly skewMs: number
  readonly cacheSize: number
  readonly maxRevocations: number
  readonly onStale: ((status: VerifierStatus) => void) | undefined
  readonly clock: Clock
  readonly fetch: Fetch
  readonly random: () => number
}

/** @throws {@link ConfigError} That names the option, and no value of a secret one. */
export function readOptions(options: VerifierOptions): Settings {
  const { issuer, audience = issuer, serverUrl = issuer, allowHttp = false, credential } = options
  readUrl('issuer', issuer, true)
  const server = readUrl('serverUrl', serverUrl, allowHttp).href.replace(/\/$/, '')
  const { jwksUrl = `${server}/.well-known/jwks.json` } = options
  const audiences = typeof audience === 'string' ? [audience] : [...audience]
  if (audiences.length === 0 || audiences.some((name) => name === '')) {
    throw new ConfigError('audience is empty. Give the audience of the server, or leave it out.')
  }
  if (credential !== undefined && !/^[\x21-\x7e]+$/.test(credential)) {
    throw new ConfigError('credential is malformed. Make one with: kaimen credentials create')
  }
  return {
    issuer,
    audiences,
    jwksUrl: readUrl('jwksUrl', jwksUrl, allowHttp).href,
    revocationsUrl: `${server}/v1/revocations`,
    introspectUrl: `${server}/v1/introspect`,
    credential,
    skewMs: readNumber('skewSeconds', options.skewSeconds ?? 30, 0, 60) * 1000,
    cacheSize: readNumber('cacheSize', options.cacheSize ?? 20_000, 0, 10_000_000),
    maxRevocations: readNumber(
      'maxRevocations',
      options.maxRevocations ?? 1_000_000,
      1,
      10_000_000,
    ),
    onStale: options.onStale,
    clock: options.clock ?? systemClock,
    fetch: options.fetch ?? globalThis.fetch,
    random: options.random ?? Math.random,
  }
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/

function readUrl(name: string, text: string, allowHttp: boolean): URL {
  const url = URL.parse(text)
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new ConfigError(`${name} is no URL. Write it as https://auth.example.com`)
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new ConfigError(`${name} holds more than a place. Leave out user, ? and #.`)
  }
  if (url.protocol === 'http:' && !allowHttp && !loopback.test(url.hostname)) {
    throw new ConfigError(
      `${name} is http: on another machine, where whoever is on the way could make tokens. Use https:, or set allowHttp in a network that is yours.`,
    )
  }
  return url
}

function readNumber(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new ConfigError(`${name} is not a whole number from ${min} to ${max}.`)
}
