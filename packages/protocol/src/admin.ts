/**
 * What the operator's console and the server say to each other, one entry a route. It stands apart
 * from the routes of apps and back ends, and is not in the OpenAPI document: it is the console's
 * own, and moves with it.
 */
import * as v from 'valibot'
import type { GenericSchema } from 'valibot'
import type { ErrorCode } from './errors.ts'
import { Empty, Export } from './messages.ts'

/** From least to most; each may do what those before it may. */
export const adminRoles = ['viewer', 'operator', 'owner'] as const
export type AdminRole = (typeof adminRoles)[number]

export type AdminRoute = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Path with `{name}` parameters. */
  readonly path: string
  readonly summary: string
  /**
   * The least role that may; `none`: whoever has not signed in yet. Every route but those wants the
   * administrator's cookie.
   */
  readonly role: AdminRole | 'none'
  readonly body?: GenericSchema
  readonly query?: Readonly<Record<string, string>>
  readonly reply: GenericSchema
  /** Default 200. */
  readonly status?: 201
  /** Default `application/json`. */
  readonly replyType?: 'application/x-ndjson'
  /** Beside `origin_refused`, and `admin_required` and `role_missing` where a role is needed. */
  readonly errors: readonly ErrorCode[]
}

const text = (max: number, description: string) =>
  v.pipe(v.string(), v.minLength(1), v.maxLength(max), v.description(description))
const count = (description: string) =>
  v.pipe(v.number(), v.integer(), v.minValue(0), v.description(description))
const instant = (description: string) =>
  v.pipe(v.string(), v.isoTimestamp(), v.description(`${description}; RFC 3339`))
const nullable = (description: string) => v.nullable(instant(description))

const userId = text(32, 'As in usr_…')
const role = v.picklist(adminRoles)
const code = text(64, 'Six digits of the authenticator, or one of the recovery codes')

export const Admin = v.strictObject({
  id: text(32, 'As in adm_…; never changes'),
  name: text(64, 'Unique among administrators, whatever the case'),
  role,
  created_at: instant('When they were set up'),
  ended_at: nullable('When they stopped being one, if they did'),
})
export type Admin = v.InferOutput<typeof Admin>

export const AdminSetUpBeginBody = v.strictObject({ token: text(64, 'Of the set-up link') })
export type AdminSetUpBeginBody = v.InferOutput<typeof AdminSetUpBeginBody>

export const AdminSetUp = v.strictObject({
  role,
  totp_secret: text(64, 'In base32 (RFC 4648), for typing into the authenticator'),
  totp_url: text(512, 'otpauth://totp/…, for drawing as a QR code; never sent anywhere'),
  expires_at: instant('When the link stops working'),
})
export type AdminSetUp = v.InferOutput<typeof AdminSetUp>

const password = (description: string) =>
  v.pipe(v.string(), v.minLength(1), v.maxLength(1024), v.description(description))

export const AdminSetUpBody = v.strictObject({
  token: text(64, 'Of the set-up link: works once'),
  name: text(64, 'Letters, digits, spaces and . _ @ -'),
  password: password('By the policy for passwords of people'),
  code: text(16, 'Six digits of the authenticator that was just set up'),
})
export type AdminSetUpBody = v.InferOutput<typeof AdminSetUpBody>

export const AdminSession = v.strictObject({
  admin: Admin,
  idle_expires_at: instant('When it ends unless it is used'),
  expires_at: instant('When it ends'),
})
export type AdminSession = v.InferOutput<typeof AdminSession>

export const AdminSetUpDone = v.strictObject({
  ...AdminSession.entries,
  recovery_codes: v.pipe(
    v.array(v.string()),
    v.description('Ten, each of which works once in place of a code; shown this once'),
  ),
})
export type AdminSetUpDone = v.InferOutput<typeof AdminSetUpDone>

export const AdminSignInBody = v.strictObject({
  name: text(64, 'Of the administrator'),
  password: password('As they typed it'),
})
export type AdminSignInBody = v.InferOutput<typeof AdminSignInBody>

export const AdminSignInBegun = v.strictObject({
  ticket: text(64, 'For the second factor'),
  expires_in: count('Life of the ticket; seconds'),
})
export type AdminSignInBegun = v.InferOutput<typeof AdminSignInBegun>

export const AdminSecondFactorBody = v.strictObject({
  ticket: text(64, 'Of the first step'),
  code,
})
export type AdminSecondFactorBody = v.InferOutput<typeof AdminSecondFactorBody>

export const AdminOverview = v.strictObject({
  since: instant('The first bucket begins here'),
  until: instant('The last bucket ends here'),
  by: v.picklist(['hour', 'day']),
  complete: v.pipe(
    v.boolean(),
    v.description(
      'false: there was too much to count; the oldest buckets have less than there was',
    ),
  ),
  buckets: v.pipe(
    v.array(
      v.strictObject({
        at: instant('Its beginning, in UTC'),
        signed_in: count('Sign-ins that worked'),
        failed: count('Sign-ins that did not'),
        new_users: count('Users who signed in for the first time'),
      }),
    ),
    v.description('Oldest first, without gaps'),
  ),
  ways_in: v.pipe(
    v.array(v.strictObject({ by: v.string(), count: count('Sign-ins that worked') })),
    v.description('Most first'),
  ),
  failures: v.pipe(
    v.array(
      v.strictObject({
        code: v.string(),
        errcode: v.nullable(v.pipe(v.number(), v.integer(), v.description('What WeChat answered'))),
        count: count('How often'),
      }),
    ),
    v.description('Most first'),
  ),
  active_devices: v.strictObject({
    count: count('Sessions that are neither ended nor run out, now'),
    complete: v.pipe(v.boolean(), v.description('false: there are more')),
  }),
  latency: v.pipe(
    v.array(
      v.strictObject({
        kind: v.picklist(['sign_in', 'refresh', 'check']),
        count: count('How many were measured'),
        median_ms: count('Half of them took no longer; milliseconds'),
        p95_ms: count('95 of 100 took no longer; milliseconds'),
      }),
    ),
    v.description('Of the node that answers: the latest 1,024 of each kind, of 15 minutes at most'),
  ),
})
export type AdminOverview = v.InferOutput<typeof AdminOverview>

const userStatus = v.picklist(['active', 'disabled', 'deleted', 'merged'])

export const AdminUser = v.strictObject({
  id: userId,
  status: userStatus,
  nickname: v.nullable(v.string()),
  avatar_url: v.nullable(v.string()),
  phone: v.pipe(v.nullable(v.string()), v.description('Masked, as +86 138****0000')),
  created_at: instant('When the user first signed in'),
  gone_at: nullable('Of a deleted or merged one: when they are erased'),
})
export type AdminUser = v.InferOutput<typeof AdminUser>

export const AdminUserSearchBody = v.strictObject({
  id: v.optional(userId),
  nickname: v.optional(text(32, 'How the nickname begins')),
  phone: v.optional(text(32, 'The whole number, as +8613800138000')),
  openid: v.optional(text(128, 'In any app')),
  before: v.optional(text(32, 'Without any of the others: the last id of the page before')),
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100))),
})
export type AdminUserSearchBody = v.InferOutput<typeof AdminUserSearchBody>

export const AdminUsers = v.strictObject({
  users: v.pipe(
    v.array(AdminUser),
    v.description('By nickname where one was asked for, otherwise newest first'),
  ),
})
export type AdminUsers = v.InferOutput<typeof AdminUsers>

export const AdminEvent = v.strictObject({
  id: text(32, 'As in evt_…'),
  at: instant('When it happened'),
  kind: v.string(),
  user_id: v.nullable(v.string()),
  session_id: v.nullable(v.string()),
  app_id: v.nullable(v.string()),
  admin_id: v.pipe(v.nullable(v.string()), v.description('Which administrator did it')),
  detail: v.pipe(v.looseObject({}), v.description('By kind; masked')),
})
export type AdminEvent = v.InferOutput<typeof AdminEvent>

export const AdminEvents = v.strictObject({
  events: v.pipe(v.array(AdminEvent), v.description('Newest first')),
  before: v.pipe(
    v.nullable(v.string()),
    v.description('For the next page, which may be empty and still have one after it; null: none'),
  ),
})
export type AdminEvents = v.InferOutput<typeof AdminEvents>

export const AdminUserDetail = v.strictObject({
  ...AdminUser.entries,
  has_password: v.boolean(),
  phone_verified: v.boolean(),
  merged_into: v.nullable(userId),
  identities: v.array(
    v.strictObject({
      app_id: v.string(),
      openid: v.string(),
      unionid: v.nullable(v.string()),
      created_at: instant('When it was linked'),
    }),
  ),
  sessions: v.pipe(
    v.array(
      v.strictObject({
        id: text(32, 'As in ses_…'),
        app_id: v.string(),
        device: v.nullable(v.looseObject({})),
        created_at: instant('When the person signed in'),
        last_seen_at: instant('When the tokens were last refreshed'),
        expires_at: instant('When it runs out unless it is used'),
        ended_at: nullable('When it ended, if it has'),
        end_reason: v.nullable(v.string()),
      }),
    ),
    v.description('Newest first, with those that ended and are still kept'),
  ),
})
export type AdminUserDetail = v.InferOutput<typeof AdminUserDetail>

export const AdminRevealed = v.strictObject({
  phone: v.pipe(v.nullable(v.string()), v.description('Whole, in E.164; null: there is none')),
})
export type AdminRevealed = v.InferOutput<typeof AdminRevealed>

export const AdminConflicts = v.strictObject({
  conflicts: v.pipe(
    v.array(
      v.strictObject({
        id: text(32, 'As in cnf_…'),
        user: v.nullable(AdminUser),
        holder: v.nullable(AdminUser),
        app_id: v.string(),
        created_at: instant('When a unionid arrived for one that the other holds'),
      }),
    ),
    v.description('Oldest first, at most 100'),
  ),
})
export type AdminConflicts = v.InferOutput<typeof AdminConflicts>

export const AdminMergeBody = v.strictObject({ from: userId, into: userId })
export type AdminMergeBody = v.InferOutput<typeof AdminMergeBody>

export const AdminMerged = v.strictObject({ merge_id: text(32, 'For undoing it, for 30 days') })
export type AdminMerged = v.InferOutput<typeof AdminMerged>

export const AdminMerges = v.strictObject({
  merges: v.pipe(
    v.array(
      v.strictObject({
        id: text(32, 'As in mrg_…'),
        from_id: userId,
        into_id: userId,
        created_at: instant('When it was done'),
        undone_at: nullable('When it was undone, if it was'),
      }),
    ),
    v.description('Oldest first, at most 100'),
  ),
})
export type AdminMerges = v.InferOutput<typeof AdminMerges>

export const AdminApps = v.strictObject({
  apps: v.array(
    v.strictObject({
      app_id: v.string(),
      kind: v.picklist(['mini_program', 'service_account', 'website', 'mobile_app']),
      registration: v.picklist(['open', 'phone']),
      open_platform: v.nullable(v.string()),
      takes_push: v.boolean(),
      takes_scans: v.boolean(),
      idle_seconds: count('A session that is not refreshed for so long ends'),
      absolute_seconds: count('A session ends at this age'),
    }),
  ),
})
export type AdminApps = v.InferOutput<typeof AdminApps>

const AdminCheck = v.strictObject({
  check: v.pipe(v.string(), v.description('What was looked at, as node, database, credentials')),
  status: v.picklist(['ok', 'failed', 'skipped']),
  says: v.pipe(v.string(), v.description('By Accept-Language')),
  fix: v.pipe(v.nullable(v.string()), v.description('What to do about it; by Accept-Language')),
  errcode: v.nullable(v.pipe(v.number(), v.integer(), v.description('What WeChat answered'))),
})

export const AdminHealth = v.strictObject({
  health: v.pipe(
    v.nullable(
      v.strictObject({
        at: instant('When it was looked at; an answer is kept for a minute'),
        checks: v.array(AdminCheck),
        apps: v.array(v.strictObject({ app_id: v.string(), checks: v.array(AdminCheck) })),
      }),
    ),
    v.description('null: this server has nobody who looks'),
  ),
})
export type AdminHealth = v.InferOutput<typeof AdminHealth>

export const AdminKeys = v.strictObject({
  keys: v.pipe(
    v.array(
      v.strictObject({
        kid: v.string(),
        slot: v.picklist(['next', 'current', 'previous']),
        created_at: instant('When it was made'),
        since: instant('When it came into its slot'),
        moves_at: nullable('When it leaves the slot; null: never by itself'),
      }),
    ),
    v.description('Next, current, previous, as far as they are there'),
  ),
})
export type AdminKeys = v.InferOutput<typeof AdminKeys>

export const AdminKeyRotated = v.strictObject({ kid: text(128, 'Of the key that signs now') })
export type AdminKeyRotated = v.InferOutput<typeof AdminKeyRotated>

export const AdminLimits = v.strictObject({
  limits: v.array(
    v.strictObject({
      counts: v.pipe(v.picklist(['otp', 'wechat', 'web', 'scan', 'password', 'admin'])),
      per: v.picklist(['address', 'app', 'server', 'phone']),
      window: v.picklist(['pause', 'minute', 'hour', 'day']),
      max: count('So many in a window'),
    }),
  ),
  password: v.strictObject({
    min_length: count('Characters'),
    max_failures: count('So many wrong ones in a row lock it'),
    lock_seconds: count('For so long at first'),
  }),
  access_token_seconds: count('Life of an access token'),
  deletion_days: count('Days in which a deletion can be taken back'),
  session_days: count('Days for which a session is kept after it ended'),
  event_days: count('Days for which the audit log is kept'),
  max_requests: count('Requests that a node works on at a time'),
})
export type AdminLimits = v.InferOutput<typeof AdminLimits>

export const Admins = v.strictObject({
  admins: v.pipe(v.array(Admin), v.description('Newest first, with those that have ended')),
})
export type Admins = v.InferOutput<typeof Admins>

export const AdminRoleBody = v.strictObject({ role })
export type AdminRoleBody = v.InferOutput<typeof AdminRoleBody>

export const AdminInvited = v.strictObject({
  url: text(2048, 'The set-up link: works once; shown this once'),
  expires_at: instant('When it stops working'),
})
export type AdminInvited = v.InferOutput<typeof AdminInvited>

const AdminEventLines = v.pipe(
  v.string(),
  v.description('Events, newest first, each as JSON on a line of its own'),
)

const eventFilters = {
  kind: 'Only of this kind, or of these: separated by commas',
  user_id: 'Only of this user',
  app_id: 'Only of this app',
  admin_id: 'Only what this administrator did',
  since: 'Not before; RFC 3339',
  until: 'Before; RFC 3339',
} as const

const bodyErrors = ['body_invalid', 'body_too_large', 'media_type_unsupported'] as const

export const adminRoutes = {
  adminSetUpBegin: {
    method: 'POST',
    path: '/v1/admin/set-up/begin',
    summary: 'What a set-up link is for, and the secret for the authenticator; uses nothing up',
    role: 'none',
    body: AdminSetUpBeginBody,
    reply: AdminSetUp,
    errors: [...bodyErrors, 'invite_invalid', 'rate_limited'],
  },
  adminSetUp: {
    method: 'POST',
    path: '/v1/admin/set-up',
    summary: 'Become an administrator by a set-up link, signed in at once',
    role: 'none',
    body: AdminSetUpBody,
    status: 201,
    reply: AdminSetUpDone,
    errors: [
      ...bodyErrors,
      'invite_invalid',
      'admin_name_taken',
      'password_weak',
      'second_factor_wrong',
      'rate_limited',
    ],
  },
  adminSignIn: {
    method: 'POST',
    path: '/v1/admin/sign-in',
    summary: 'First step: name and password',
    role: 'none',
    body: AdminSignInBody,
    reply: AdminSignInBegun,
    errors: [...bodyErrors, 'admin_password_wrong', 'rate_limited'],
  },
  adminSecondFactor: {
    method: 'POST',
    path: '/v1/admin/sign-in/second-factor',
    summary: 'Second step: a code of the authenticator, or a recovery code',
    role: 'none',
    body: AdminSecondFactorBody,
    reply: AdminSession,
    errors: [...bodyErrors, 'admin_required', 'second_factor_wrong', 'rate_limited'],
  },
  adminSession: {
    method: 'GET',
    path: '/v1/admin/session',
    summary: 'Who is signed in in this browser',
    role: 'viewer',
    reply: AdminSession,
    errors: [],
  },
  adminSignOut: {
    method: 'POST',
    path: '/v1/admin/sign-out',
    summary: 'End the session of this browser',
    role: 'viewer',
    reply: Empty,
    errors: [],
  },
  adminOverview: {
    method: 'GET',
    path: '/v1/admin/overview',
    summary: 'Sign-ins, new users, ways in and failures over time',
    role: 'viewer',
    query: {
      since: 'RFC 3339. Default: a day before until, or 30 days by day',
      until: 'RFC 3339. Default: now',
      by: '`hour` (default) or `day`; at most 744 buckets',
    },
    reply: AdminOverview,
    errors: ['body_invalid'],
  },
  adminSearchUsers: {
    method: 'POST',
    path: '/v1/admin/users/search',
    summary: 'Users by one of id, nickname, phone, openid; without any, the newest',
    role: 'viewer',
    body: AdminUserSearchBody,
    reply: AdminUsers,
    errors: [...bodyErrors],
  },
  adminUser: {
    method: 'GET',
    path: '/v1/admin/users/{id}',
    summary: 'One user with identities and devices',
    role: 'viewer',
    reply: AdminUserDetail,
    errors: ['not_found'],
  },
  adminRevealPhone: {
    method: 'POST',
    path: '/v1/admin/users/{id}/reveal-phone',
    summary: 'The whole phone number; written to the audit log',
    role: 'operator',
    reply: AdminRevealed,
    errors: ['not_found'],
  },
  adminExportUser: {
    method: 'POST',
    path: '/v1/admin/users/{id}/export',
    summary: 'Everything that is held on a user',
    role: 'operator',
    reply: Export,
    errors: ['not_found'],
  },
  adminDisableUser: {
    method: 'POST',
    path: '/v1/admin/users/{id}/disable',
    summary: 'Refuse a user by every way in, and end all sessions',
    role: 'operator',
    reply: Empty,
    errors: ['not_found'],
  },
  adminEnableUser: {
    method: 'POST',
    path: '/v1/admin/users/{id}/enable',
    summary: 'Let a user in again',
    role: 'operator',
    reply: Empty,
    errors: ['not_found'],
  },
  adminDeleteUser: {
    method: 'POST',
    path: '/v1/admin/users/{id}/delete',
    summary: 'Delete a user; can be taken back until gone_at',
    role: 'operator',
    reply: Empty,
    errors: ['not_found'],
  },
  adminRestoreUser: {
    method: 'POST',
    path: '/v1/admin/users/{id}/restore',
    summary: 'Take a deletion back that is not yet done',
    role: 'operator',
    reply: Empty,
    errors: ['not_found'],
  },
  adminEndUserSessions: {
    method: 'POST',
    path: '/v1/admin/users/{id}/end-sessions',
    summary: 'Sign a user out on every device',
    role: 'operator',
    reply: Empty,
    errors: ['not_found'],
  },
  adminEndSession: {
    method: 'POST',
    path: '/v1/admin/sessions/{id}/end',
    summary: 'Sign a user out on one device',
    role: 'operator',
    reply: Empty,
    errors: ['not_found'],
  },
  adminConflicts: {
    method: 'GET',
    path: '/v1/admin/conflicts',
    summary: 'Pairs of users who may be one person',
    role: 'viewer',
    query: { after: 'The last id of the page before' },
    reply: AdminConflicts,
    errors: [],
  },
  adminDismissConflict: {
    method: 'POST',
    path: '/v1/admin/conflicts/{id}/dismiss',
    summary: 'Leave the two apart, for good',
    role: 'operator',
    reply: Empty,
    errors: ['not_found'],
  },
  adminMerges: {
    method: 'GET',
    path: '/v1/admin/merges',
    summary: 'Merges that were done',
    role: 'viewer',
    query: { after: 'The last id of the page before' },
    reply: AdminMerges,
    errors: [],
  },
  adminMerge: {
    method: 'POST',
    path: '/v1/admin/merges',
    summary: 'Make two users one',
    role: 'operator',
    body: AdminMergeBody,
    status: 201,
    reply: AdminMerged,
    errors: [...bodyErrors, 'not_found', 'merge_refused'],
  },
  adminUndoMerge: {
    method: 'POST',
    path: '/v1/admin/merges/{id}/undo',
    summary: 'Give back what a merge took',
    role: 'operator',
    reply: Empty,
    errors: ['not_found'],
  },
  adminApps: {
    method: 'GET',
    path: '/v1/admin/apps',
    summary: 'The apps as they are set, without their secrets',
    role: 'viewer',
    reply: AdminApps,
    errors: [],
  },
  adminHealth: {
    method: 'GET',
    path: '/v1/admin/health',
    summary: 'What `kaimen doctor` says; takes seconds, since it asks WeChat',
    role: 'viewer',
    reply: AdminHealth,
    errors: [],
  },
  adminEndAppSessions: {
    method: 'POST',
    path: '/v1/admin/apps/{app_id}/end-sessions',
    summary: 'Sign everybody out of an app',
    role: 'owner',
    reply: Empty,
    errors: ['not_found'],
  },
  adminKeys: {
    method: 'GET',
    path: '/v1/admin/keys',
    summary: 'The keys that sign access tokens, without their private parts',
    role: 'viewer',
    reply: AdminKeys,
    errors: [],
  },
  adminRotateKeys: {
    method: 'POST',
    path: '/v1/admin/keys/rotate',
    summary: 'The next key signs from now on, which no verifier notices',
    role: 'owner',
    reply: AdminKeyRotated,
    errors: ['key_too_soon'],
  },
  adminLimits: {
    method: 'GET',
    path: '/v1/admin/limits',
    summary: 'What is limited, and to how much',
    role: 'viewer',
    reply: AdminLimits,
    errors: [],
  },
  adminEvents: {
    method: 'GET',
    path: '/v1/admin/events',
    summary: 'The audit log, newest first',
    role: 'viewer',
    query: {
      ...eventFilters,
      before: 'Of the page before',
      limit: '1 to 200. Default 100',
    },
    reply: AdminEvents,
    errors: ['body_invalid'],
  },
  adminExportEvents: {
    method: 'POST',
    path: '/v1/admin/events/export',
    summary: 'The audit log as newline-delimited JSON',
    role: 'operator',
    query: eventFilters,
    reply: AdminEventLines,
    replyType: 'application/x-ndjson',
    errors: ['body_invalid'],
  },
  admins: {
    method: 'GET',
    path: '/v1/admin/admins',
    summary: 'The administrators',
    role: 'viewer',
    reply: Admins,
    errors: [],
  },
  adminInvite: {
    method: 'POST',
    path: '/v1/admin/invites',
    summary: 'A set-up link for one more administrator',
    role: 'owner',
    body: AdminRoleBody,
    status: 201,
    reply: AdminInvited,
    errors: [...bodyErrors],
  },
  adminChangeRole: {
    method: 'PATCH',
    path: '/v1/admin/admins/{id}',
    summary: 'Give an administrator another role',
    role: 'owner',
    body: AdminRoleBody,
    reply: Empty,
    errors: [...bodyErrors, 'not_found', 'last_owner'],
  },
  adminEnd: {
    method: 'DELETE',
    path: '/v1/admin/admins/{id}',
    summary: 'End an administrator, with their sessions',
    role: 'owner',
    reply: Empty,
    errors: ['not_found', 'last_owner'],
  },
} as const satisfies Record<string, AdminRoute>

export type AdminRouteName = keyof typeof adminRoutes
