import type { BlockList } from 'node:net'
import type { RouteName } from '@kaimen/protocol'
import type { App, Apps, WebSettings } from '../app.ts'
import { countByAddress, type AddressLimits } from '../challenge/address-limits.ts'
import type { OtpLimit } from '../challenge/otp-limits.ts'
import { readTicket } from '../challenge/ticket.ts'
import { clientAddress } from '../client-address.ts'
import type { CheckCredential } from '../credential/check-credential.ts'
import { KaimenError } from '../errors.ts'
import type { SeenHealth } from '../health.ts'
import type { Captcha } from '../hooks.ts'
import type { Metrics } from '../metrics.ts'
import type { Latency } from './latency.ts'
import type { AccessTokens } from '../session/access-token.ts'
import type { RevocationFeed } from '../session/revocation-feed.ts'
import type { Rotation } from '../session/rotation.ts'
import type { SigningKeys } from '../session/signing-keys.ts'
import type { TokenParts } from '../session/tokens.ts'
import type { BlobStore } from '../store/blob-store.ts'
import type { SignInParts } from '../sign-in.ts'
import type { Retention } from '../tidy.ts'
import type { SmsSender } from '../sms/sms-sender.ts'

/** What the routes need; `auth.ts` puts it together. */
export type HttpParts = SignInParts &
  TokenParts & {
    readonly apps: Apps
    readonly keys: SigningKeys
    readonly rotation: Rotation
    readonly accessTokens: AccessTokens
    readonly checkCredential: CheckCredential
    readonly revocations: RevocationFeed
    readonly sms: SmsSender | undefined
    readonly blobs: BlobStore
    /** For so long a deleted account can be taken back. */
    readonly reconsiderMs: number
    readonly captcha: Captcha | undefined
    readonly otpLimits: readonly OtpLimit[]
    readonly addressLimits: AddressLimits
    readonly trustedProxies: BlockList
    readonly web: WebSettings
    /** Where the server is reached. */
    readonly publicUrl: string
    readonly metrics: Metrics
    /** How long this node takes. */
    readonly latency: Latency
    /** Aborts when the node is about to stop: what waits for news answers with what it has. */
    readonly draining: AbortSignal
    /** What works and what does not; `undefined`: nobody looks. */
    readonly examine: (() => Promise<SeenHealth>) | undefined
    /** What the console shows of the settings. */
    readonly retention: Retention
    readonly accessLifetimeMs: number
    readonly maxRequests: number
  }

/** What the host knows of the connection that a request came over. */
export type Connection = {
  /** The other end's IP address: the client's, or that of the proxy before this server. */
  readonly address?: string | undefined
}

export type Call = {
  readonly request: Request
  readonly connection: Connection
  /** Path parameters, as in `/v1/me/sessions/{id}`. */
  readonly params: Readonly<Record<string, string>>
}

export type Handler = (parts: HttpParts, call: Call) => Promise<Response> | Response

/** One for each route of the protocol that needs them: one too few or too many does not compile. */
export type Handlers = Readonly<Record<Exclude<RouteName, 'healthz'>, Handler>>

/** The client's address where it is known. [AU-7] */
export function addressOf(parts: HttpParts, { request, connection }: Call): string | undefined {
  return clientAddress({
    peer: connection.address,
    forwardedFor: request.headers.get('x-forwarded-for'),
    trustedProxies: parts.trustedProxies,
  })
}

/** @throws {@link KaimenError} `rate_limited` where the client's address asks too often. */
export function limitByAddress(
  parts: HttpParts,
  call: Call,
  which: keyof AddressLimits,
): Promise<void> {
  return countByAddress(parts, parts.addressLimits[which], addressOf(parts, call))
}

/** The app that a request names; the only one there is, when it names none. */
export function chooseApp(apps: Apps, app_id: string | undefined): App {
  const app = app_id === undefined ? onlyApp(apps) : apps.get(app_id)
  if (app?.kind !== 'mini_program') throw new KaimenError('app_unknown')
  return app
}

/** The app that is meant by a request which names none; `undefined` where several could be. */
export function onlyApp(apps: Apps): App | undefined {
  const signIn = [...apps.values()].filter(({ kind }) => kind === 'mini_program')
  return signIn.length === 1 ? signIn[0] : undefined
}

/**
 * The app that a ticket is bound to; without a ticket, the one {@link chooseApp} gives.
 *
 * @throws `ticket_invalid` where the request names another.
 */
export async function ticketApp(
  parts: HttpParts,
  ticket: string | undefined,
  app_id: string | undefined,
): Promise<App> {
  if (ticket === undefined) return chooseApp(parts.apps, app_id)
  const pending = await readTicket(parts, ticket)
  if (app_id !== undefined && app_id !== pending.app_id) throw new KaimenError('ticket_invalid')
  return chooseApp(parts.apps, pending.app_id)
}
