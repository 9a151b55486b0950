import type { Counter, QuotaName } from './quota.ts'

export const appKinds = ['mini_program', 'service_account', 'website', 'mobile_app'] as const
export type AppKind = (typeof appKinds)[number]

export const sessionKeyRotations = ['interval', 'always', 'never'] as const
export const errmsgStyles = ['rid', 'hints'] as const
export const secondUseErrcodes = [40163, 40029] as const
export const ipRefusedErrcodes = [40164, 61004, 45035] as const
export const wrongSecretErrcodes = [40125, 40001] as const
export const tokenRefusedErrcodes = [50004, 50007, 61024, 89501, 89503, 89506, 89507] as const
export const phoneMismatchErrcodes = [40029, 40003] as const
export const countryCodeTypes = ['string', 'number'] as const
export const openDataJsonTypes = ['string', 'object'] as const

export const authorizeErrcodes = [10004, 10005, 10006, 10009, 10015] as const
export const pushModes = ['plain', 'secure'] as const
export const pushFormats = ['json', 'xml'] as const

/** Where WeChat pushes an app's messages, as the app's console has it. */
export interface PushSetting {
  readonly url: string
  readonly token: string
  /** 43 characters; needed for `secure`. */
  readonly encoding_aes_key?: string
  readonly mode: (typeof pushModes)[number]
  readonly format: (typeof pushFormats)[number]
}

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
  /** Limits that take the place of those in the table of quotas; null means none does. */
  quota: Readonly<Partial<Record<QuotaName, number>>> | null
  errmsg_style: (typeof errmsgStyles)[number]
  unused_codes_voided: boolean
  success_errcode: boolean
  legacy_expires_in: boolean
  /** How a caller who is not on the whitelist is refused. */
  ip_refused_errcode: (typeof ipRefusedErrcodes)[number]
  /** How a wrong secret is refused a token. */
  wrong_secret_errcode: (typeof wrongSecretErrcodes)[number]
  /** Why the app gets no tokens at all; null means that it does. */
  token_refused_errcode: (typeof tokenRefusedErrcodes)[number] | null
  /** How long an access_token lives, in seconds. */
  access_token_ttl_seconds: number
  /** Whether the account is a person's, to whom WeChat gives no phone numbers. */
  personal_account: boolean
  /** Ids of the people who refuse their number; true means everybody. */
  phone_denied: readonly string[] | true
  /** Ids of the people whose number WeChat holds back for a risk; true means everybody. */
  phone_blocked: readonly string[] | true
  /** How many numbers are left that the app has paid for; null means without end. */
  phone_quota: number | null
  country_code_type: (typeof countryCodeTypes)[number]
  open_data_json_type: (typeof openDataJsonTypes)[number]
  /** What a phone code answers that is asked for with another person's openid. */
  phone_openid_mismatch_errcode: (typeof phoneMismatchErrcodes)[number]
  /** Whether `wx.getUserInfo` tells who somebody is, as it did until 2021. */
  real_profile: boolean
  /** The host to which the pages send browsers back; null means this machine, at any port. */
  redirect_domain: string | null
  /** Whether the order and the form of an authorize URL count, as WeChat says they do. */
  authorize_url_strict: boolean
  state_required: boolean
  /** The error page that is shown in place of the authorize page; null means none. */
  authorize_errcode: (typeof authorizeErrcodes)[number] | null
  /** Whether a person who refuses stays on the page, which newer documents say. */
  deny_without_redirect: boolean
  /** Whether the browser is sent back twice with the same code. */
  redirect_double_hit: boolean
  /** Whether whoever allows `snsapi_userinfo` is a visitor of a snapshot page. */
  snapshot_user: boolean
  /** Whether a new authorization voids the person's earlier refresh tokens. */
  refresh_tokens_voided: boolean
  /** What `/sns/userinfo` answers as privilege. */
  privilege: readonly string[]
  /** The pages of the released mini program, its home first; null means that there is every page. */
  released_pages: readonly string[] | null
  push: PushSetting | null
  /** How long a push waits for an answer before it is sent again. */
  push_retry_seconds: number
  /** Whether pushed keys begin with a space, as in the samples of WeChat's documents. */
  push_spaced_keys: boolean
}

export interface App {
  readonly kind: AppKind
  readonly appid: string
  readonly secret: string
  open_platform: string | null
  switches: Switches
  readonly quota_used: Map<QuotaName, Counter>
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
  ip_refused_errcode: 40164,
  wrong_secret_errcode: 40125,
  token_refused_errcode: null,
  access_token_ttl_seconds: 7200,
  personal_account: false,
  phone_denied: [],
  phone_blocked: [],
  phone_quota: null,
  country_code_type: 'string',
  open_data_json_type: 'string',
  phone_openid_mismatch_errcode: 40029,
  real_profile: false,
  redirect_domain: null,
  authorize_url_strict: true,
  state_required: false,
  authorize_errcode: null,
  deny_without_redirect: false,
  redirect_double_hit: false,
  snapshot_user: false,
  refresh_tokens_voided: false,
  privilege: [],
  released_pages: null,
  push: null,
  push_retry_seconds: 5,
  push_spaced_keys: false,
}

/** An app with every switch at its default. */
export function registerApp(app: Pick<App, 'kind' | 'appid' | 'secret' | 'open_platform'>): App {
  return {
    kind: app.kind,
    appid: app.appid,
    secret: app.secret,
    open_platform: app.open_platform,
    switches: { ...defaultSwitches },
    quota_used: new Map(),
  }
}

/** Whether a switch is on for this person. */
export function isAmong(people: readonly string[] | true, personId: string): boolean {
  return people === true || people.includes(personId)
}
