/**
 * Signed webhooks: `admit`, `claims` and `on` for a back end in any language, and the check of what
 * arrives for one in TypeScript.
 *
 * @module
 */
export { createWebhooks } from './webhooks.ts'
export type { Webhooks, WebhooksOptions } from './webhooks.ts'
export type { WebhookOptions } from '../hooks.ts'
export { verifyWebhook, WebhookError } from './verify.ts'
export type { ReceivedWebhook } from './verify.ts'
export { findSecretFault } from './signature.ts'
export type { SecretFault } from '../key-ring.ts'
export type {
  AdmitQuestion,
  ClaimsQuestion,
  Webhook,
  WebhookEvent,
  WebhookUser,
} from './messages.ts'
