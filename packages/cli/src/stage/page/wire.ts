/** What the server tells the page. */

/** In both languages: the page shows one. */
export interface Words {
  readonly zh: string
  readonly en: string
}

export const phones = ['phone-1', 'phone-2'] as const
export type PhoneName = (typeof phones)[number]
/** Who sends and who is sent to; `terminal` is any other program of this machine. */
export type Actor = PhoneName | 'desktop' | 'terminal' | 'server' | 'wechat'

/** One line of a message: its value, or what kind of secret stands there and how long it is. */
export type Field =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly secret: SecretKind; readonly length: number }

export type SecretKind =
  | 'login_code'
  | 'phone_code'
  | 'web_code'
  | 'session_key'
  | 'app_secret'
  | 'wechat_token'
  | 'access_token'
  | 'refresh_token'
  | 'ticket'
  | 'scan'
  | 'openid'
  | 'unionid'
  | 'phone'
  | 'otp'
  | 'password'
  | 'open_data'
  | 'cookie'
  | 'credential'
  | 'idempotency_key'
  | 'unlisted'

/** A message one way, as the diagram draws it. */
export interface Arrow {
  readonly id: number
  /** What a request and its reply have in common. */
  readonly exchange: number
  readonly leg: 'request' | 'reply'
  readonly from: Actor
  readonly to: Actor
  /** RFC 3339. */
  readonly at: string
  readonly title: string
  readonly failed: boolean
  readonly explanation: Words
  readonly fields: readonly Field[]
  /** Milliseconds from the request to this reply. */
  readonly tookMs?: number
}

export interface Person {
  readonly id: string
  readonly nickname: string
}

/** What the page has to know before it can be drawn. */
export interface Setting {
  readonly people: readonly Person[]
  /** AppIDs of mini programs, and whether each wants a phone. */
  readonly programs: readonly { readonly appid: string; readonly wantsPhone: boolean }[]
  /** `null`: there is no mini program to run. */
  readonly program: string | null
  readonly emulatorUrl: string
}
