import {
  chooseLanguage,
  type AdminApps,
  type AdminHealth,
  type AdminKeyRotated,
  type AdminKeys,
  type AdminLimits,
  type Language,
} from '@kaimen/protocol'
import { addressLimits } from '../../challenge/address-limits.ts'
import { dayMs, secondMs } from '../../clock.ts'
import { KaimenError } from '../../errors.ts'
import type { Finding } from '../../health.ts'
import { instant, jsonResponse } from '../reply.ts'
import { operateAs } from './operate.ts'
import type { AdminHandler } from './routes.ts'

/** `GET /v1/admin/apps` */
export const listApps: AdminHandler = ({ apps }) => {
  const reply: AdminApps = {
    apps: [...apps.values()].map(
      ({ app_id, kind, registration, open_platform, push, scan, session }) => ({
        app_id,
        kind,
        registration,
        open_platform,
        takes_push: push !== null,
        takes_scans: scan !== null,
        idle_seconds: session.idleMs / secondMs,
        absolute_seconds: session.absoluteMs / secondMs,
      }),
    ),
  }
  return jsonResponse(reply)
}

/** `POST /v1/admin/apps/{app_id}/end-sessions` */
export const endAppSessions: AdminHandler = async (parts, call) => {
  const app_id = call.params['app_id'] ?? ''
  if (!parts.apps.has(app_id)) throw new KaimenError('not_found')
  await operateAs(parts, call).sessions.endAll({ app_id })
  return jsonResponse({})
}

/** `GET /v1/admin/health` */
export const health: AdminHandler = async (parts, { request }) => {
  const language = chooseLanguage(request.headers.get('accept-language'))
  const seen = await parts.examine?.()
  const reply: AdminHealth = {
    health: seen
      ? {
          at: instant(seen.at),
          checks: seen.checks.map((finding) => checkReply(finding, language)),
          apps: seen.apps.map(({ app_id, checks }) => ({
            app_id,
            checks: checks.map((finding) => checkReply(finding, language)),
          })),
        }
      : null,
  }
  return jsonResponse(reply)
}

function checkReply({ check, status, says, fix, errcode }: Finding, language: Language) {
  return {
    check,
    status,
    says: says[language],
    fix: fix?.[language] ?? null,
    errcode: errcode ?? null,
  }
}

/** `GET /v1/admin/keys` */
export const listKeys: AdminHandler = async (parts, call) => {
  const keys = await operateAs(parts, call).keys.list()
  const reply: AdminKeys = {
    keys: keys.map(({ kid, slot, created_at, since, moves_at }) => ({
      kid,
      slot,
      created_at: created_at.toISOString(),
      since: since.toISOString(),
      moves_at: moves_at?.toISOString() ?? null,
    })),
  }
  return jsonResponse(reply)
}

/** `POST /v1/admin/keys/rotate` */
export const rotateKeys: AdminHandler = async (parts, call) => {
  const rotated = await operateAs(parts, call).keys.rotate()
  if (rotated.outcome === 'too_soon') throw new KaimenError('key_too_soon')
  const reply: AdminKeyRotated = { kid: rotated.kid }
  return jsonResponse(reply)
}

const addressLimitNames = Object.keys(addressLimits).filter(
  (name): name is keyof typeof addressLimits => Object.hasOwn(addressLimits, name),
)

/** `GET /v1/admin/limits` */
export const limits: AdminHandler = (parts) => {
  const { otpLimits, passwords, retention } = parts
  const reply: AdminLimits = {
    limits: [
      ...otpLimits.map(({ per, window, max }) => ({ counts: 'otp' as const, per, window, max })),
      ...addressLimitNames.map((counts) => {
        const { window, max } = parts.addressLimits[counts]
        return { counts, per: 'address' as const, window, max }
      }),
    ],
    password: {
      min_length: passwords.policy.minLength,
      max_failures: passwords.lockout.maxFailures,
      lock_seconds: passwords.lockout.lockMs / secondMs,
    },
    access_token_seconds: parts.accessLifetimeMs / secondMs,
    deletion_days: parts.reconsiderMs / dayMs,
    session_days: retention.sessionMs / dayMs,
    event_days: retention.eventMs / dayMs,
    max_requests: parts.maxRequests,
  }
  return jsonResponse(reply)
}
