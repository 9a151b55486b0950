import * as v from 'valibot'
import { secondMs, systemClock, type Clock } from '../clock.ts'
import { ConfigError } from '../errors.ts'
import type { Admit, Claims, HookUser, WebhookOptions } from '../hooks.ts'
import { secretFaults } from '../key-ring.ts'
import { systemRandom, type Random } from '../random.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'
import type { Store } from '../store/store.ts'
import { deliverEvents } from './deliver.ts'
import {
  admitReplySchema,
  claimsReplySchema,
  type AdmitQuestion,
  type ClaimsQuestion,
  type WebhookUser,
} from './messages.ts'
import { discard, postWebhook, readReply, type Receiver } from './post.ts'
import { readSigningSecrets, type SigningSecrets } from './signature.ts'

export type WebhooksOptions = WebhookOptions & {
  /** For the operator: batches that were not taken. Default: nothing is reported. */
  report?: (message: string, error: unknown) => void
  clock?: Clock
  random?: Random
}

/** The three places of a back end's own logic, over HTTP. */
export type Webhooks = {
  /** `undefined` where `admit` is off. Throws whenever the answer is not one of the two it may be. */
  readonly admit: Admit | undefined
  /** `undefined` where `claims` is off. */
  readonly claims: Claims | undefined
  /**
   * Delivers events from the audit log until `close`, when the tables are there. Does nothing where
   * `events` is off, and when it is called again.
   */
  deliver(stores: { store: Store; ephemeral: EphemeralStore }): Promise<void>
  /** Waits for the batch under way: 10 s at most. */
  close(): Promise<void>
}

/** For a batch of events; a sign-in waits for no batch. */
const batchTimeoutMs = 10 * secondMs

/**
 * What `createAuth({ webhooks })` makes, for those who put the parts together themselves.
 *
 * @throws {@link ConfigError} When an option is missing, wrong or misspelt.
 */
export function createWebhooks({
  report = () => {},
  clock = systemClock,
  random = systemRandom,
  ...options
}: WebhooksOptions): Webhooks {
  const { admit, claims, events, timeoutMs, ...to } = checkWebhookOptions(options)
  const receiver: Receiver = { ...to, clock, random }
  let delivery: ReturnType<typeof deliverEvents> | undefined
  let isClosed = false

  const askAdmit: Admit = async ({ proof, user }) => {
    const data: AdmitQuestion = { proof, user: user ? tellUser(user) : null }
    const call = { type: 'admit', data, timeoutMs } as const
    const reply = await postWebhook(receiver, call, readReply)
    const { refuse } = checkReply('admit', admitReplySchema, reply)
    return refuse && { refuse }
  }

  const askClaims: Claims = async (user, session) => {
    const data: ClaimsQuestion = { user: tellUser(user), session }
    const call = { type: 'claims', data, timeoutMs } as const
    const reply = await postWebhook(receiver, call, readReply)
    return checkReply('claims', claimsReplySchema, reply).claims ?? {}
  }

  return {
    admit: admit ? askAdmit : undefined,
    claims: claims ? askClaims : undefined,

    async deliver({ store, ephemeral }) {
      if (!events || isClosed) return
      delivery ??= deliverEvents({
        store,
        ephemeral,
        clock,
        random,
        report,
        post: (data) =>
          postWebhook(receiver, { type: 'events', data, timeoutMs: batchTimeoutMs }, discard),
      })
      try {
        await delivery
      } catch (error) {
        // The next call tries again.
        delivery = undefined
        throw error
      }
    },

    async close() {
      isClosed = true
      await (await delivery)?.close()
    },
  }
}

function tellUser({ id, nickname, created_at }: HookUser): WebhookUser {
  return { id, nickname, created_at: created_at.toISOString() }
}

function checkReply<Schema extends v.GenericSchema>(
  type: 'admit' | 'claims',
  schema: Schema,
  reply: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, reply)
  if (result.success) return result.output
  const may = { admit: '{} or { "refuse": { "zh-CN", "en" } }', claims: '{ "claims": {…} }' }[type]
  throw new Error(`The webhook answered ${type} with JSON that is not ${may}`)
}

const switchSchema = (byDefault: boolean) => v.optional(v.boolean('true or false'), byDefault)
const timeoutMust = 'a number from 100 to 4000'

const optionsSchema = v.strictObject({
  url: v.pipe(
    v.string('an http(s) URL'),
    v.check((text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined
      return url !== undefined && /^https?:$/.test(url.protocol) && !url.username && !url.password
    }, 'an http(s) URL without credentials, as in https://shop.example.com/kaimen'),
  ),
  secret: v.optional(v.string('a text'), ''),
  events: switchSchema(true),
  admit: switchSchema(false),
  claims: switchSchema(false),
  timeoutMs: v.optional(
    v.pipe(
      v.number(timeoutMust),
      v.minValue(100, timeoutMust),
      v.maxValue(4 * secondMs, timeoutMust),
    ),
    3 * secondMs,
  ),
  fetch: v.optional(
    v.custom<typeof globalThis.fetch>((value) => typeof value === 'function', 'a function'),
  ),
})

function checkWebhookOptions(options: unknown) {
  const result = v.safeParse(optionsSchema, options)
  if (!result.success) {
    const [issue] = result.issues
    const name = v.getDotPath(issue)
    throw new ConfigError(
      name === null
        ? 'webhooks has to be a group of options: url, secret and what is to be sent.'
        : issue.expected === 'never'
          ? `webhooks.${name} is not an option. There are ${Object.keys(optionsSchema.entries).join(', ')}.`
          : `webhooks.${name} has to be ${issue.type === 'strict_object' ? 'given' : issue.message}.`,
    )
  }
  const { secret, fetch = globalThis.fetch, ...rest } = result.output
  if (!rest.events && !rest.admit && !rest.claims) {
    throw new ConfigError('webhooks has nothing to send: events, admit and claims are all off.')
  }
  return { ...rest, fetch, secrets: checkSecret(secret) }
}

function checkSecret(text: string): SigningSecrets {
  const secrets = readSigningSecrets(text)
  if (typeof secrets !== 'string') return secrets
  throw new ConfigError(`webhooks.secret (KAIMEN_WEBHOOK_SECRET) ${secretFaults[secrets]}`)
}
