import { errorCodes } from '@kaimen/protocol'
import type { SentRequest } from './message.ts'
import type { SecretKind } from './page/wire.ts'

/** Names that are secrets wherever they stand. */
const always: Readonly<Record<string, SecretKind>> = {
  session_key: 'session_key',
  sessionKey: 'session_key',
  secret: 'app_secret',
  appsecret: 'app_secret',
  js_code: 'login_code',
  phone_code: 'phone_code',
  refresh_token: 'refresh_token',
  ticket: 'ticket',
  scene: 'scan',
  qr_url: 'scan',
  openid: 'openid',
  from_openid: 'openid',
  unionid: 'unionid',
  phone: 'phone',
  phoneNumber: 'phone',
  purePhoneNumber: 'phone',
  otp: 'otp',
  password: 'password',
  new_password: 'password',
  encrypted_data: 'open_data',
  encryptedData: 'open_data',
  raw_data: 'open_data',
  rawData: 'open_data',
  signature: 'open_data',
  iv: 'open_data',
  cloudID: 'open_data',
  cookie: 'cookie',
  'set-cookie': 'cookie',
  'idempotency-key': 'idempotency_key',
}

/** Names that may be shown. What is on neither list is not. */
const shown = new Set(
  `
  status token_type expires_in refresh_expires_in is_new_user app_id appid grant_type
  errcode errmsg errMsg errno rid type title detail action retryable kind created_at
  last_seen_at current nickname nickName lang scope page env_version check_path valid
  poll_interval retry_after site device name model system brand platform alg kty crv
  use kid realtime person countryCode timestamp width method sig_method others
  token_type_hint subscribed following auto_color is_hyaline force_refresh
  content-type retry-after cache-control origin user_id session_id
  `
    .trim()
    .split(/\s+/),
)

const ids = new Set(['id', 'sub', 'sid'])

/** What kind of secret a field holds; undefined for one that may be shown. */
export function findSecret(
  { to, from, url: { pathname } }: Pick<SentRequest, 'to' | 'from' | 'url'>,
  name: string,
  value: unknown,
): SecretKind | undefined {
  if (name === 'ticket' && pathname.startsWith('/v1/scan')) return 'scan'
  if (name in always) return always[name]
  if (name === 'authorization') return isBasic(value) ? 'credential' : 'access_token'
  if (name === 'access_token') return to === 'wechat' ? 'wechat_token' : 'access_token'
  if (name === 'code') return isErrorCode(value) ? undefined : findCode(pathname, to, from)
  if (name === 'token') return 'refresh_token'
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return undefined
  if (ids.has(name)) return isId(value) ? undefined : 'scan'
  return shown.has(name) ? undefined : 'unlisted'
}

function findCode(pathname: string, to: SentRequest['to'], from: SentRequest['from']): SecretKind {
  if (/phonenumber/i.test(pathname)) return 'phone_code'
  if (pathname.startsWith('/v1/web/') || pathname.startsWith('/sns/oauth2/')) return 'web_code'
  return from === 'server' && to === 'wechat' ? 'phone_code' : 'login_code'
}

/** Of a problem, it is the name of an error. */
const isErrorCode = (value: unknown) => errorCodes.some((code) => code === value)

const isBasic = (value: unknown) =>
  typeof value === 'string' && (value.startsWith('Basic ') || value.includes('kmc_'))

/** A user's or a session's: they open nothing. */
const isId = (value: unknown) => typeof value === 'string' && /^(usr|ses|idn)_\w{1,64}$/.test(value)
