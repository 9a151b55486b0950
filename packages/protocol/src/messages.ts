/** The bodies and replies of the HTTP surface: valibot schemas, and the types read off them. */
import * as v from 'valibot'
import { errorCodes } from './errors.ts'

const text = (max: number, description: string) =>
  v.pipe(v.string(), v.minLength(1), v.maxLength(max), v.description(description))

const seconds = (description: string) =>
  v.pipe(v.number(), v.integer(), v.minValue(0), v.description(description))

const instant = (description: string) =>
  v.pipe(v.string(), v.isoTimestamp(), v.description(`${description}; RFC 3339`))

const appId = v.optional(
  text(64, 'The AppID that the code was issued to; may be left out when the server has one app'),
)

export const Device = v.pipe(
  v.strictObject({
    model: v.optional(text(64, 'As wx.getDeviceInfo names it')),
    system: v.optional(text(64, 'Operating system and version')),
    name: v.optional(text(64, 'A name that the person would recognise')),
  }),
  v.description('What the person sees in the list of devices; never proof of anything'),
)
export type Device = v.InferOutput<typeof Device>

const restore = v.optional(
  v.pipe(
    v.boolean(),
    v.description(
      'Whether to take an account back that its owner deleted and that is not gone yet',
    ),
  ),
)

export const SignInWechatBody = v.strictObject({
  app_id: appId,
  code: text(128, 'From wx.login: lives 5 minutes, works once'),
  device: v.optional(Device),
  restore,
})
export type SignInWechatBody = v.InferOutput<typeof SignInWechatBody>

export const User = v.strictObject({
  id: text(32, 'Never changes'),
  nickname: v.nullable(v.string()),
  avatar_url: v.nullable(v.string()),
  phone: v.pipe(v.nullable(v.string()), v.description('Masked, as +86 138****0000')),
  created_at: instant('When the user first signed in'),
})
export type User = v.InferOutput<typeof User>

const tokenFields = {
  access_token: text(4096, 'RFC 9068 JWT; send it as Authorization: Bearer'),
  token_type: v.literal('Bearer'),
  expires_in: seconds('Life of the access token, counted from receipt; seconds'),
  refresh_token: text(512, 'Gets the next pair of tokens at /v1/token; each is used once'),
  refresh_expires_in: seconds('Life of the refresh token when it is not used; seconds'),
  session_id: text(32, 'The session that both tokens belong to'),
}

export const Tokens = v.strictObject(tokenFields)
export type Tokens = v.InferOutput<typeof Tokens>

export const SignedIn = v.strictObject({
  status: v.literal('signed_in'),
  ...tokenFields,
  is_new_user: v.boolean(),
  user: User,
})
export type SignedIn = v.InferOutput<typeof SignedIn>

export const PhoneRequired = v.strictObject({
  status: v.literal('phone_required'),
  ticket: text(256, 'Carries the pending identity to the phone sign-in; works once, in this app'),
  expires_in: seconds('Life of the ticket; seconds'),
})
export type PhoneRequired = v.InferOutput<typeof PhoneRequired>

export const SignInReply = v.variant('status', [SignedIn, PhoneRequired])
export type SignInReply = v.InferOutput<typeof SignInReply>

const ticket = v.optional(text(64, 'From a sign-in that answered phone_required'))
const phone = text(32, 'With its country, as +8613800138000; without, a number of mainland China')

export const SignInPhoneBody = v.strictObject({
  ticket,
  app_id: appId,
  code: v.optional(text(128, 'From wx.login, where there is no ticket')),
  phone_code: v.optional(text(128, 'From the button getPhoneNumber: lives 5 minutes, works once')),
  encrypted_data: v.optional(
    text(4096, 'From the button getPhoneNumber, where the app still takes the old form'),
  ),
  iv: v.optional(text(64, 'Of encrypted_data')),
  device: v.optional(Device),
  restore,
})
export type SignInPhoneBody = v.InferOutput<typeof SignInPhoneBody>

export const OtpBody = v.strictObject({
  phone,
  ticket,
  app_id: v.optional(
    text(64, 'The AppID of the app that asks; a ticket or a session names it too'),
  ),
  captcha: v.optional(
    text(2048, 'What the CAPTCHA of the app gave, where the server asks for one'),
  ),
})
export type OtpBody = v.InferOutput<typeof OtpBody>

export const OtpSent = v.strictObject({
  expires_in: seconds('Life of the code that was sent; seconds'),
  retry_after: seconds('Before another can be sent to this number; seconds'),
})
export type OtpSent = v.InferOutput<typeof OtpSent>

export const SignInOtpBody = v.strictObject({
  phone,
  otp: text(16, 'The code of the SMS'),
  ticket,
  app_id: appId,
  device: v.optional(Device),
  restore,
})
export type SignInOtpBody = v.InferOutput<typeof SignInOtpBody>

const password = (description: string) =>
  v.pipe(v.string(), v.minLength(1), v.maxLength(1024), v.description(description))

export const SignInPasswordBody = v.strictObject({
  phone,
  password: password('As the person typed it'),
  ticket,
  app_id: appId,
  device: v.optional(Device),
  restore,
})
export type SignInPasswordBody = v.InferOutput<typeof SignInPasswordBody>

export const ChangePasswordBody = v.strictObject({
  password: password('The new one'),
  current_password: v.optional(password('The one until now, where there is one')),
  end_other_sessions: v.optional(
    v.pipe(v.boolean(), v.description('Default true: every other device is signed out')),
  ),
})
export type ChangePasswordBody = v.InferOutput<typeof ChangePasswordBody>

export const ChangePhoneBody = v.strictObject({
  phone,
  otp: text(16, 'Sent to the new number by POST /v1/otp with this access token'),
})
export type ChangePhoneBody = v.InferOutput<typeof ChangePhoneBody>

export const SignInCloudBody = v.strictObject({ device: v.optional(Device), restore })
export type SignInCloudBody = v.InferOutput<typeof SignInCloudBody>

export const UpdateMeBody = v.strictObject({
  nickname: v.optional(
    v.nullable(text(128, 'At most 32 characters; null takes it away. Never unique, never a key')),
  ),
  avatar_url: v.optional(
    v.pipe(v.null(), v.description('null takes the picture away; PUT /v1/me/avatar sets one')),
  ),
})
export type UpdateMeBody = v.InferOutput<typeof UpdateMeBody>

export const MeDeleted = v.strictObject({
  gone_at: instant('When everything is gone; until then a sign-in with restore takes it back'),
})
export type MeDeleted = v.InferOutput<typeof MeDeleted>

export const WechatDataBody = v.strictObject({
  code: v.optional(
    text(
      128,
      'From wx.login, called before the data was asked for; without it the stored key counts',
    ),
  ),
  raw_data: v.optional(text(16_384, 'rawData, exactly as WeChat gave it')),
  signature: v.optional(text(64, 'Of raw_data')),
  encrypted_data: v.optional(text(16_384, 'encryptedData')),
  iv: v.optional(text(64, 'Of encrypted_data')),
})
export type WechatDataBody = v.InferOutput<typeof WechatDataBody>

export const WechatData = v.pipe(
  v.looseObject({}),
  v.description(
    'What WeChat signed or encrypted, by its own names, without openId and unionId; names and pictures that WeChat gives to everybody are null',
  ),
)
export type WechatData = v.InferOutput<typeof WechatData>

export const WechatSession = v.strictObject({
  valid: v.pipe(v.boolean(), v.description('Whether WeChat still honours the stored session_key')),
})
export type WechatSession = v.InferOutput<typeof WechatSession>

export const Preferences = v.pipe(
  v.looseObject({}),
  v.description('A JSON object of the app’s own making, at most 16 KiB and 32 levels deep'),
)
export type Preferences = v.InferOutput<typeof Preferences>

export const Picture = v.pipe(v.string(), v.description('The picture, byte by byte'))

export const TokenBody = v.strictObject({
  grant_type: v.pipe(v.literal('refresh_token'), v.description('RFC 6749 section 6')),
  refresh_token: text(512, 'The newest refresh token of the session'),
  client_id: v.optional(text(64, 'The AppID of the session; when sent, it must match')),
})
export type TokenBody = v.InferOutput<typeof TokenBody>

export const RevokeBody = v.strictObject({
  token: text(4096, 'A refresh or an access token; either ends the session'),
  token_type_hint: v.optional(text(64, 'RFC 7009 section 2.1; not needed')),
  client_id: v.optional(text(64, 'Ignored')),
})
export type RevokeBody = v.InferOutput<typeof RevokeBody>

export const IntrospectBody = v.strictObject({
  token: text(8192, 'An access or a refresh token'),
  token_type_hint: v.optional(text(64, 'RFC 7662 section 2.1; not needed')),
})
export type IntrospectBody = v.InferOutput<typeof IntrospectBody>

const unixSeconds = (description: string) =>
  v.pipe(v.number(), v.integer(), v.description(`${description}; seconds since 1970`))

/** RFC 7662 section 2.2. */
export const Introspection = v.variant('active', [
  v.strictObject({ active: v.literal(false) }),
  v.pipe(
    v.looseObject({
      active: v.literal(true),
      token_type: v.pipe(
        v.picklist(['Bearer', 'refresh_token', 'web_session']),
        v.description(
          'A Bearer token may call anything; a web_session is the cookie of a browser, for pages that a server renders',
        ),
      ),
      sub: text(32, 'The user'),
      sid: text(32, 'The session'),
      client_id: text(64, 'The app that was signed in to'),
      iss: v.string(),
      exp: unixSeconds('When the token runs out'),
      auth_time: v.optional(unixSeconds('When the person signed in')),
    }),
    v.description('Of an access token with its other claims, those of the host included'),
  ),
])
export type Introspection = v.InferOutput<typeof Introspection>

export const ServiceUser = v.strictObject({
  id: text(32, 'Never changes'),
  status: v.pipe(
    v.picklist(['active', 'disabled', 'deleted', 'merged']),
    v.description('Of one who is deleted or merged nothing else is told than what became of them'),
  ),
  nickname: v.nullable(v.string()),
  avatar_url: v.nullable(v.string()),
  phone: v.pipe(
    v.nullable(v.string()),
    v.description('In E.164 with the scope users:phone, otherwise masked'),
  ),
  created_at: instant('When the user first signed in'),
  gone_at: v.pipe(
    v.nullable(v.pipe(v.string(), v.isoTimestamp())),
    v.description('Of a deleted or merged user: when it is erased; RFC 3339'),
  ),
  merged_into: v.pipe(v.nullable(v.string()), v.description('Of a merged user: who they are now')),
  identities: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          app_id: text(64, 'The app in which WeChat knows the user by it'),
          openid: v.string(),
          unionid: v.nullable(v.string()),
          created_at: instant('When it was linked'),
        }),
      ),
      v.description('With the scope users:identities'),
    ),
  ),
})
export type ServiceUser = v.InferOutput<typeof ServiceUser>

export const Revocations = v.strictObject({
  revocations: v.array(
    v.strictObject({
      session_id: text(32, 'The sid of the tokens that are void'),
      at: instant('When the session ended'),
    }),
  ),
  cutoffs: v.pipe(
    v.array(
      v.strictObject({
        app_id: v.pipe(v.nullable(v.string()), v.description('null: of every app')),
        at: instant('A whole second'),
      }),
    ),
    v.description(
      'All that still matter: tokens of the app whose auth_time (iat, where there is none) is before at are void',
    ),
  ),
  cursor: text(128, 'For after, on any node'),
})
export type Revocations = v.InferOutput<typeof Revocations>

export const Empty = v.strictObject({})
export type Empty = v.InferOutput<typeof Empty>

export const PushDone = v.pipe(v.literal('success'), v.description('What WeChat wants to hear'))
export type PushDone = v.InferOutput<typeof PushDone>

export const Echo = text(128, 'The echostr of the query, as it is')
export type Echo = v.InferOutput<typeof Echo>

export const Session = v.strictObject({
  id: text(32, 'For DELETE /v1/me/sessions/{id}'),
  app_id: text(64, 'The app that was signed in to'),
  device: v.nullable(Device),
  created_at: instant('When the person signed in'),
  last_seen_at: instant('When the tokens were last refreshed'),
  current: v.pipe(v.boolean(), v.description('Whether this request came from that session')),
})
export type Session = v.InferOutput<typeof Session>

export const Sessions = v.strictObject({ sessions: v.array(Session) })
export type Sessions = v.InferOutput<typeof Sessions>

export const Identity = v.strictObject({
  id: text(64, 'For DELETE /v1/me/identities/{id}'),
  kind: v.picklist(['mini_program', 'service_account', 'website', 'mobile_app']),
  app_id: text(64, 'The app in which WeChat knows the user by it'),
  created_at: instant('When it was linked'),
})
export type Identity = v.InferOutput<typeof Identity>

export const Identities = v.strictObject({ identities: v.array(Identity) })
export type Identities = v.InferOutput<typeof Identities>

export const LinkIdentityBody = v.strictObject({
  app_id: appId,
  code: text(128, 'From wx.login, by the person who is signed in'),
})
export type LinkIdentityBody = v.InferOutput<typeof LinkIdentityBody>

const nullableInstant = (description: string) => v.nullable(instant(description))

export const Export = v.strictObject({
  exported_at: instant('When this was put together'),
  user: v.strictObject({
    id: text(32, 'Never changes'),
    nickname: v.nullable(v.string()),
    avatar_url: v.nullable(v.string()),
    phone: v.pipe(v.nullable(v.string()), v.description('Whole, in E.164')),
    phone_verified: v.boolean(),
    has_password: v.boolean(),
    created_at: instant('When the user first signed in'),
  }),
  identities: v.array(
    v.strictObject({
      app_id: v.string(),
      openid: v.pipe(v.string(), v.description('WeChat’s name for the person in that app')),
      created_at: instant('When it was linked'),
    }),
  ),
  unionids: v.array(
    v.strictObject({
      open_platform: v.string(),
      unionid: v.pipe(v.string(), v.description('WeChat’s name in that Open Platform account')),
    }),
  ),
  sessions: v.array(
    v.strictObject({
      id: v.string(),
      app_id: v.string(),
      device: v.nullable(Device),
      created_at: instant('When the person signed in'),
      last_seen_at: instant('When the tokens were last refreshed'),
      ended_at: nullableInstant('When it ended, if it has'),
      end_reason: v.nullable(v.string()),
    }),
  ),
  preferences: v.nullable(Preferences),
  events: v.array(
    v.strictObject({
      at: instant('When it happened'),
      kind: v.string(),
      app_id: v.nullable(v.string()),
      session_id: v.nullable(v.string()),
      detail: v.pipe(v.looseObject({}), v.description('By kind; masked')),
    }),
  ),
})
export type Export = v.InferOutput<typeof Export>

export const WebSession = v.strictObject({
  user: v.pipe(v.nullable(User), v.description('null: nobody is signed in in this browser')),
  session_id: v.nullable(text(32, 'Of the cookie')),
})
export type WebSession = v.InferOutput<typeof WebSession>

export const WebToken = v.strictObject({
  access_token: text(4096, 'RFC 9068 JWT, for back ends; the session itself stays in the cookie'),
  token_type: v.literal('Bearer'),
  expires_in: seconds('Life of the access token, counted from receipt; seconds'),
  session_id: text(32, 'The session of the cookie'),
  user: User,
})
export type WebToken = v.InferOutput<typeof WebToken>

export const WebSignOutBody = v.strictObject({
  everywhere: v.optional(
    v.pipe(v.boolean(), v.description('Default false: this browser only. true: every device')),
  ),
})
export type WebSignOutBody = v.InferOutput<typeof WebSignOutBody>

export const ScanBody = v.strictObject({
  app_id: v.optional(
    text(64, 'The mini program that confirms; may be left out when one only takes scans'),
  ),
})
export type ScanBody = v.InferOutput<typeof ScanBody>

export const ScanBegun = v.strictObject({
  id: text(64, 'Names the scan to the browser that began it; of no use to any other'),
  qr_url: text(2048, 'The picture, for that browser'),
  expires_in: seconds('Life of the picture; seconds'),
  poll_interval: seconds('Between two looks, where server-sent events do not get through; seconds'),
})
export type ScanBegun = v.InferOutput<typeof ScanBegun>

const expiresIn = seconds('What is left; seconds')

export const ScanState = v.variant('status', [
  v.strictObject({ status: v.literal('waiting'), expires_in: expiresIn }),
  v.strictObject({
    status: v.pipe(v.literal('claimed'), v.description('Scanned; not decided yet')),
    expires_in: expiresIn,
  }),
  v.strictObject({ status: v.literal('rejected') }),
  v.strictObject({ status: v.literal('expired') }),
  v.strictObject({
    status: v.pipe(
      v.literal('approved'),
      v.description('Only as a server-sent event: ask once more, for the session'),
    ),
  }),
  v.strictObject({
    status: v.pipe(v.literal('signed_in'), v.description('The session is in the cookie')),
    session_id: text(32, 'Of the session'),
    user: User,
  }),
])
export type ScanState = v.InferOutput<typeof ScanState>

export const ScanTicketBody = v.strictObject({
  ticket: text(64, 'The scene that the page was opened with, percent-decoded'),
})
export type ScanTicketBody = v.InferOutput<typeof ScanTicketBody>

export const ScanClaimed = v.strictObject({
  site: text(256, 'The host of the page that asks, as shop.example.com'),
  place: v.pipe(
    v.nullable(text(128, 'Where the browser is')),
    v.description('An IP address, or what the host makes of it; null where it is not known'),
  ),
  device: v.pipe(v.nullable(text(128, 'Browser and system')), v.description('As Chrome, Windows')),
  expires_in: expiresIn,
})
export type ScanClaimed = v.InferOutput<typeof ScanClaimed>

export const Following = v.strictObject({
  app_id: text(64, 'The service account'),
  follows: v.boolean(),
  since: v.nullable(instant('Since when; null where they do not, or WeChat does not say')),
})
export type Following = v.InferOutput<typeof Following>

export const Page = v.pipe(v.string(), v.description('A page for a person'))

export const Revoked = v.strictObject({
  revoked: v.pipe(v.number(), v.integer(), v.description('How many sessions were ended')),
})
export type Revoked = v.InferOutput<typeof Revoked>

const Jwk = v.strictObject({
  kty: v.literal('EC'),
  crv: v.literal('P-256'),
  x: v.string(),
  y: v.string(),
  kid: v.string(),
  alg: v.literal('ES256'),
  use: v.literal('sig'),
})
export const Jwks = v.strictObject({ keys: v.array(Jwk) })
export type Jwks = v.InferOutput<typeof Jwks>

export const Health = v.strictObject({
  status: v.picklist(['ok', 'unavailable']),
})
export type Health = v.InferOutput<typeof Health>

export const MetricsText = v.pipe(v.string(), v.description('Prometheus’ text format, 0.0.4'))

export const OpenapiDocument = v.looseObject({ openapi: v.literal('3.1.0') })

export const Problem = v.strictObject({
  type: v.pipe(v.string(), v.description('A stable URI for the code')),
  title: v.string(),
  status: v.pipe(v.number(), v.integer()),
  detail: v.pipe(v.string(), v.description('What happened, whose fault it is, what to do next')),
  code: v.picklist(errorCodes),
  retryable: v.boolean(),
  action: v.picklist(['none', 'relogin', 'retry', 'wait', 'fix_config']),
  wechat: v.optional(
    v.strictObject({ errcode: v.pipe(v.number(), v.integer()), rid: v.optional(v.string()) }),
  ),
})
export type Problem = v.InferOutput<typeof Problem>
