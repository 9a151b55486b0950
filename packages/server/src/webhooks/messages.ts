import type { Localized } from '@kaimen/protocol'
import * as v from 'valibot'
import type { AuthEvent, ProofKind } from '../hooks.ts'

export type WebhookType = 'admit' | 'claims' | 'events'

/** A user, as `created_at` in RFC 3339. */
export type WebhookUser = {
  readonly id: string
  readonly nickname: string | null
  readonly created_at: string
}

/** What `admit` is asked. */
export type AdmitQuestion = {
  readonly proof: {
    readonly kind: ProofKind
    readonly app_id: string
    readonly openid: string | null
    readonly unionid: string | null
  }
  /** `null`: a user is about to be made. */
  readonly user: WebhookUser | null
}

/** What `claims` is asked. */
export type ClaimsQuestion = {
  readonly user: WebhookUser
  readonly session: { readonly id: string; readonly app_id: string }
}

/** What happened, with the number by which a second delivery is known, and when (RFC 3339). */
export type WebhookEvent = { readonly id: string; readonly at: string } & AuthEvent

/** A body that was sent, by its `type`. */
export type Webhook = {
  /** As the header `Kaimen-Webhook-Id` has it. */
  readonly id: string
  /** RFC 3339. */
  readonly at: string
} & (
  | { readonly type: 'admit'; readonly data: AdmitQuestion }
  | { readonly type: 'claims'; readonly data: ClaimsQuestion }
  | { readonly type: 'events'; readonly data: readonly WebhookEvent[] }
)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const user = v.object({
  id: v.string(),
  nickname: v.nullable(v.string()),
  created_at: v.string(),
})

const envelope = { id: v.string(), at: v.string() }

/** What a later version adds is passed over. */
export const webhookSchema = v.variant('type', [
  v.object({
    ...envelope,
    type: v.literal('admit'),
    data: v.object({
      proof: v.object({
        kind: v.picklist(['wechat', 'phone_button', 'otp', 'password', 'cloud', 'web', 'scan']),
        app_id: v.string(),
        openid: v.nullable(v.string()),
        unionid: v.nullable(v.string()),
      }),
      user: v.nullable(user),
    }),
  }),
  v.object({
    ...envelope,
    type: v.literal('claims'),
    data: v.object({ user, session: v.object({ id: v.string(), app_id: v.string() }) }),
  }),
  v.object({
    ...envelope,
    type: v.literal('events'),
    data: v.array(
      v.custom<WebhookEvent>(
        (event) =>
          isObject(event) &&
          typeof event['id'] === 'string' &&
          typeof event['at'] === 'string' &&
          typeof event['kind'] === 'string',
      ),
    ),
  }),
]) satisfies v.GenericSchema<unknown, Webhook>

const reason = v.pipe(v.string(), v.nonEmpty(), v.maxLength(500))

/** To the schema of an object a list is one without fields, which would let everybody in. */
const object = v.custom<object>(isObject)

/** Nothing in it lets in. A field that is misspelt is not passed over: it may have been a refusal. */
export const admitReplySchema = v.pipe(
  object,
  v.strictObject({
    refuse: v.optional(
      v.strictObject({ 'zh-CN': reason, en: reason }) satisfies v.GenericSchema<Localized>,
    ),
  }),
)

export const claimsReplySchema = v.pipe(
  object,
  v.strictObject({ claims: v.optional(v.custom<Record<string, unknown>>(isObject)) }),
)
