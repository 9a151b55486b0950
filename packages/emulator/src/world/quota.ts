import type { App } from './app.ts'
import { nowMs } from './clock.ts'
import type { World } from './world.ts'

interface Quota {
  readonly path: string
  readonly per: 'minute' | 'day' | 'month'
  /** What WeChat documents; null where it gives no number. The switch `quota` sets another. */
  readonly limit: number | null
  /** What a call beyond it answers. */
  readonly errcode: number
  /** Whether clearing the app's quotas leaves it as it is. */
  readonly uncleared?: true
}

/** What WeChat counts, by the name under which the switch `quota` sets its limit. */
export const quotas = {
  jscode2session_per_minute: {
    path: '/sns/jscode2session',
    per: 'minute',
    limit: null,
    errcode: 45011,
  },
  token_per_day: { path: '/cgi-bin/token', per: 'day', limit: 2000, errcode: 45009 },
  stable_token_per_minute: {
    path: '/cgi-bin/stable_token',
    per: 'minute',
    limit: 10_000,
    errcode: 45011,
  },
  stable_token_per_day: {
    path: '/cgi-bin/stable_token',
    per: 'day',
    limit: 500_000,
    errcode: 45009,
  },
  force_refresh_per_day: {
    path: '/cgi-bin/stable_token?force_refresh',
    per: 'day',
    limit: 20,
    errcode: 45009,
    uncleared: true,
  },
  getuserphonenumber_per_minute: {
    path: '/wxa/business/getuserphonenumber',
    per: 'minute',
    limit: null,
    errcode: 45011,
  },
  resetusersessionkey_per_minute: {
    path: '/wxa/resetusersessionkey',
    per: 'minute',
    limit: 60_000,
    errcode: 45011,
  },
  getpluginopenpid_per_minute: {
    path: '/wxa/getpluginopenpid',
    per: 'minute',
    limit: null,
    errcode: 1003,
  },
  getpluginopenpid_per_day: {
    path: '/wxa/getpluginopenpid',
    per: 'day',
    limit: null,
    errcode: 45009,
  },
  oauth2_access_token_per_minute: {
    path: '/sns/oauth2/access_token',
    per: 'minute',
    limit: 50_000,
    errcode: 45011,
  },
  oauth2_refresh_token_per_minute: {
    path: '/sns/oauth2/refresh_token',
    per: 'minute',
    limit: 50_000,
    errcode: 45011,
  },
  sns_userinfo_per_minute: {
    path: '/sns/userinfo',
    per: 'minute',
    limit: 50_000,
    errcode: 45011,
  },
  user_info_per_day: {
    path: '/cgi-bin/user/info',
    per: 'day',
    limit: 5_000_000,
    errcode: 45009,
  },
  getwxacodeunlimit_per_minute: {
    path: '/wxa/getwxacodeunlimit',
    per: 'minute',
    limit: 5000,
    errcode: 45009,
  },
  clear_quota_per_month: {
    path: '/cgi-bin/clear_quota',
    per: 'month',
    limit: 10,
    errcode: 48006,
    uncleared: true,
  },
} as const satisfies Record<string, Quota>

export type QuotaName = keyof typeof quotas

/** A type's own names alone, in the order of the table. */
export const quotaNames = Object.keys(quotas).filter((name) => isQuotaName(name))

function isQuotaName(name: string): name is QuotaName {
  return Object.hasOwn(quotas, name)
}

/** How often something was done in one of WeChat's minutes, days or months. */
export interface Counter {
  window: string
  used: number
}

/**
 * Counts one call against each of these quotas; the errcode of the first that was used up, and then
 * nothing is counted.
 */
export function spendQuota(world: World, app: App, ...names: QuotaName[]): 'spent' | number {
  const full = names.find((name) => quotaState(world, app, name).remain <= 0)
  if (full) return quotas[full].errcode
  for (const name of names) countOf(world, app, name).used += 1
  return 'spent'
}

/** What an app has left of a quota; a quota without a limit has all of it left. */
export function quotaState(
  world: World,
  app: App,
  name: QuotaName,
): { readonly limit: number; readonly used: number; readonly remain: number } {
  const limit = app.switches.quota?.[name] ?? quotas[name].limit ?? Infinity
  const { used } = countOf(world, app, name)
  return { limit, used, remain: limit - used }
}

/** Begins to count anew: every quota of the app, or those of one path. */
export function clearQuotas(app: App, path?: string): void {
  for (const name of quotaNames) {
    const quota: Quota = quotas[name]
    if (quota.uncleared || (path !== undefined && quota.path !== path)) continue
    app.quota_used.delete(name)
  }
}

function countOf(world: World, app: App, name: QuotaName): Counter {
  const window = windowOf(nowMs(world), quotas[name].per)
  let counter = app.quota_used.get(name)
  if (counter?.window !== window) {
    counter = { window, used: 0 }
    app.quota_used.set(name, counter)
  }
  return counter
}

// WeChat's days and months are China's, eight hours ahead of UTC all year.
function windowOf(nowInMs: number, per: Quota['per']): string {
  const china = new Date(nowInMs + 8 * 3600 * 1000).toISOString()
  return china.slice(0, { minute: 16, day: 10, month: 7 }[per])
}
