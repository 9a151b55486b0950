import type { Secret } from '@kaimen/wechat'

/** One WeChat app that people sign in to, with every default filled in. */
export type App = {
  readonly kind: 'mini_program' | 'service_account' | 'website' | 'mobile_app'
  readonly app_id: string
  readonly secret: Secret
  /** The Open Platform account that the app is bound to; unionids are unique within one. */
  readonly open_platform: string | null
  /** What a stranger needs to become a user: nothing but WeChat, or a phone as well. */
  readonly registration: 'open' | 'phone'
  readonly session: SessionLimits
  /** Whether the phone button's old `encryptedData` is taken too. */
  readonly phone_encrypted_data: boolean
  /** What a service account asks for at first. */
  readonly scope: 'snsapi_base' | 'snsapi_userinfo'
  /** Where a mini program confirms sign-ins on other screens; `null`: it takes no scans. */
  readonly scan: ScanSettings | null
  /** What WeChat's message push is verified and decrypted with; `null`: none is taken. */
  readonly push: PushSecrets | null
}

export type PushSecrets = {
  readonly token: Secret
  /** For pushes in secure mode. */
  readonly encoding_aes_key: Secret | undefined
}

/** What a scanned code opens. */
export type ScanSettings = {
  /** As in `pages/confirm/confirm`. */
  readonly page: string
  readonly env_version: 'release' | 'trial' | 'develop'
  /** Whether WeChat draws codes of released pages only. */
  readonly check_path: boolean
}

/** The web pages that people sign in from. */
export type WebSettings = {
  /** Origins as in `https://shop.example.com`, that of the server among them. */
  readonly origins: ReadonlySet<string>
  /** Where a sign-in comes back to that names no other place. */
  readonly home: string
  /** The origin of WeChat's own pages. */
  readonly openUrl: string
  /** What the host makes of a browser's address, for a person to read. */
  readonly locate: Locate | undefined
}

/** `undefined` where nothing is known of the address. */
export type Locate = (address: string) => Promise<string | undefined> | string | undefined

/** Where the headers of WeChat cloud hosting may come from. */
export type CloudSettings = {
  /** The environment, as `X-WX-ENV` names it. */
  readonly env: string
  /** What `X-WX-SOURCE` may be. */
  readonly sources: readonly string[]
}

export type SessionLimits = {
  /** A session that is not refreshed for this long ends. */
  readonly idleMs: number
  /** A session ends at this age, however much it is used. */
  readonly absoluteMs: number
  /** For this long after an exchange the used refresh token still gives its successor. */
  readonly refreshGraceMs: number
  /** How many live sessions of this app a user may have; `null`: any number. */
  readonly maxSessions: number | null
}

export type Apps = ReadonlyMap<string, App>
