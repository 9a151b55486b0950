export const appKinds = ['mini_program', 'service_account', 'website', 'mobile_app'] as const
export type AppKind = (typeof appKinds)[number]

export const sessionKeyRotations = ['interval', 'always', 'never'] as const
export const errmsgStyles = ['rid', 'hints'] as const
export const secondUseErrcodes = [40163, 40029] as const

/** What a test may change about an app while the world turns. */
interface Switches {
  /** IPs that may call WeChat for this app; null switches the whitelist off. */
  ip_whitelist: readonly string[] | null
  /** What `wx.login` does to a live session_key: replace it once it is old enough, always or never. */
  session_key_rotation: (typeof sessionKeyRotations)[number]
  /** How old a session_key is, in seconds, before `interval` replaces it. WeChat keeps it secret. */
  session_key_min_interval_seconds: number
  /** How long an unused session_key lives, in seconds; use renews it. WeChat keeps it secret. */
  session_key_ttl_seconds: number
  second_use_errcode: (typeof secondUseErrcodes)[number]
  /** Ids of the people whose codes answer 40226; true means everybody. */
  blocked: readonly string[] | true
  secret_frozen: boolean
  /** Exchanges answered in one minute of the clock; null means no limit. */
  quota: { readonly jscode2session_per_minute: number } | null
  errmsg_style: (typeof errmsgStyles)[number]
  unused_codes_voided: boolean
  success_errcode: boolean
  legacy_expires_in: boolean
}

export interface App {
  readonly kind: AppKind
  readonly appid: string
  readonly secret: string
  open_platform: string | null
  switches: Switches
  /** Exchanges counted in the current minute of the clock. */
  quota_used: { minute: number; jscode2session: number }
}

const defaultSwitches: Switches = {
  ip_whitelist: null,
  session_key_rotation: 'interval',
  session_key_min_interval_seconds: 3600,
  session_key_ttl_seconds: 3 * 24 * 3600,
  second_use_errcode: 40163,
  blocked: [],
  secret_frozen: false,
  quota: null,
  errmsg_style: 'rid',
  unused_codes_voided: false,
  success_errcode: false,
  legacy_expires_in: false,
}

/** An app with every switch at its default. */
export function registerApp(app: Pick<App, 'kind' | 'appid' | 'secret' | 'open_platform'>): App {
  return {
    kind: app.kind,
    appid: app.appid,
    secret: app.secret,
    open_platform: app.open_platform,
    switches: { ...defaultSwitches },
    quota_used: { minute: 0, jscode2session: 0 },
  }
}

/** Whether WeChat holds this person for a risk in this app. */
export function isBlocked(app: App, personId: string): boolean {
  return app.switches.blocked === true || app.switches.blocked.includes(personId)
}
