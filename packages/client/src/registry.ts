import type { AuthError } from './auth-error.ts'
import type { Span } from './span.ts'
import type { User } from './wire.ts'

/** The user as kept on the device: without the phone, which `GET /v1/me` has. */
export type SessionUser = Pick<User, 'id' | 'nickname' | 'avatar_url' | 'created_at'>

/** `sinceMs` is their receipt, `lengthMs` the life of the access token. */
interface Credentials extends Span {
  accessToken: string
  refreshToken: string
  /** Whether WeChat took part in the sign-in: then `wx.login` on this phone is the same person. */
  byWechat?: unknown
}

export interface SignedInResult {
  status: 'signed_in'
  user: SessionUser
  isNewUser: boolean
}

export type LoginResult = SignedInResult | { status: 'phone_required'; expiresInSeconds: number }

/** Of an SMS that was sent: the life of its code, and the wait before another. */
export interface OtpResult {
  expiresInSeconds: number
  retryAfterSeconds: number
}

/** Work that callers share; `stamp` tells whom it is for. */
interface Flight<T> {
  stamp: number
  promise: Promise<T>
}

/** A sign-in under way. `proof` is what the person gave for it, as text; `''`: `wx.login` alone. */
interface SignInFlight extends Flight<LoginResult> {
  proof: string
}

/** No more tries until the span is over. */
export interface Pause extends Span {
  cause: AuthError | undefined
}

/**
 * Everything about one person's sign-in with one server from one app. All clients for it share one
 * of these, across copies of this module too; hence plain data, whose shape the version in
 * {@link registryName} names.
 */
export interface Account {
  readonly storageKey: string
  loaded: boolean
  credentials: Credentials | null
  user: SessionUser | null
  /** The person signed out: no silent login. */
  signedOut: boolean
  /** Takes the place of an openid until a phone is proven. In memory only. */
  ticket: (Span & { value: string }) | null
  /** Counts every change of the credentials; a request remembers the one it was sent with. */
  generation: number
  /** Counts sign-outs; what was in flight at one is dropped. */
  epoch: number
  /** The newest sign-in; it waits for the one before. */
  login: SignInFlight | null
  renewal: Flight<void> | null
  /** `wx.login` calls since a request was last accepted. */
  logins: number
  loginPause: Pause | null
  renewalPause: Pause | null
  listeners: Set<(user: SessionUser | null) => void>
}

const registryName = '__kaimen_accounts_1'

type Registry = Map<string, Account>

const ownRegistry: Registry = new Map()

/**
 * The account of this name in this mini program. The registry hangs on `wx`, which an independent
 * subpackage shares with the main package while each has its own copy of this module.
 */
export function findAccount(host: object, storageKey: string): Account {
  const registry = registryOn(host)
  let account = registry.get(storageKey)
  if (!account) {
    account = {
      storageKey,
      loaded: false,
      credentials: null,
      user: null,
      signedOut: false,
      ticket: null,
      generation: 0,
      epoch: 0,
      login: null,
      renewal: null,
      logins: 0,
      loginPause: null,
      renewalPause: null,
      listeners: new Set(),
    }
    registry.set(storageKey, account)
  }
  return account
}

function registryOn(host: { [registryName]?: Registry }): Registry {
  try {
    return (host[registryName] ??= new Map())
  } catch {
    // A frozen host: the clients of this copy still share.
    return ownRegistry
  }
}
