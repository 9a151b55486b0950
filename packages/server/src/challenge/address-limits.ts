import { addressBucket } from '../client-address.ts'
import { minuteMs, secondMs, type Clock } from '../clock.ts'
import { mac } from '../digest.ts'
import { ConfigError, KaimenError } from '../errors.ts'
import type { KeyRing } from '../key-ring.ts'
import { passOutage } from '../outage.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'
import { consume } from './rate-limiter.ts'

/** How often one client's address may ask. Whole numbers; each range is in docs/limits.md. */
export type LimitOptions = {
  /** WeChat sign-ins a minute, 1 to 1000000. Default 3000. */
  wechat_per_address_minute?: number | undefined
  /** Beginnings and ends of web sign-ins a minute, 1 to 1000000. Default 600. */
  web_per_address_minute?: number | undefined
  /** Beginnings of scans a minute, 1 to 1000000. Default 300. */
  scan_per_address_minute?: number | undefined
  /** Password sign-ins an hour, 1 to 1000000. Default 600. */
  password_per_address_hour?: number | undefined
  /** Sign-ins and set-ups of administrators an hour, 1 to 1000000. Default 100. */
  admin_per_address_hour?: number | undefined
}

export type AddressLimit = {
  readonly endpoints: readonly string[]
  readonly option: keyof LimitOptions
  readonly window: 'minute' | 'hour'
  readonly max: number
  /** While the store is away: whether the request goes on uncounted. */
  readonly onOutage: 'pass' | 'refuse'
}

/**
 * The limits on sign-in by address. They are wide: in China's mobile networks thousands share one
 * IPv4 address. [AU-1]
 */
export const addressLimits = {
  wechat: {
    endpoints: ['POST /v1/sign-in/wechat'],
    option: 'wechat_per_address_minute',
    window: 'minute',
    max: 3000,
    onOutage: 'pass',
  },
  web: {
    endpoints: ['GET /v1/web/{app_id}/start', 'GET /v1/web/{app_id}/callback'],
    option: 'web_per_address_minute',
    window: 'minute',
    max: 600,
    onOutage: 'pass',
  },
  scan: {
    endpoints: ['POST /v1/scan'],
    option: 'scan_per_address_minute',
    window: 'minute',
    max: 300,
    onOutage: 'pass',
  },
  password: {
    endpoints: ['POST /v1/sign-in/password'],
    option: 'password_per_address_hour',
    window: 'hour',
    max: 600,
    onOutage: 'refuse',
  },
  admin: {
    endpoints: [
      'POST /v1/admin/sign-in',
      'POST /v1/admin/sign-in/second-factor',
      'POST /v1/admin/set-up/begin',
      'POST /v1/admin/set-up',
    ],
    option: 'admin_per_address_hour',
    window: 'hour',
    max: 100,
    onOutage: 'refuse',
  },
} as const satisfies Record<string, AddressLimit>

/** What each `max` of an option may be, from 1 on. */
export const mostPerAddress = 1_000_000

export type AddressLimits = Readonly<Record<keyof typeof addressLimits, AddressLimit>>

const windowsMs = { minute: minuteMs, hour: 60 * minuteMs } as const

/** @throws {@link ConfigError} That names the option and its range. */
export function checkLimitOptions(options: LimitOptions = {}): AddressLimits {
  if (!(options instanceof Object)) throw new ConfigError('limits has to be a group of options.')
  const known: string[] = Object.values(addressLimits).map(({ option }) => option)
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    throw new ConfigError(`limits.${name} is not an option. It takes ${known.join(', ')}.`)
  }
  const set = (limit: AddressLimit): AddressLimit => {
    const max = options[limit.option] ?? limit.max
    if (Number.isInteger(max) && max >= 1 && max <= mostPerAddress) return { ...limit, max }
    throw new ConfigError(
      `limits.${limit.option} has to be a whole number from 1 to ${mostPerAddress}.`,
    )
  }
  return {
    wechat: set(addressLimits.wechat),
    web: set(addressLimits.web),
    scan: set(addressLimits.scan),
    password: set(addressLimits.password),
    admin: set(addressLimits.admin),
  }
}

type Parts = { ephemeral: EphemeralStore; ring: KeyRing; clock: Clock }

/**
 * Counts a request by the client's address, where that is known. [AU-6] [AU-7]
 *
 * @throws {@link KaimenError} `rate_limited`
 */
export async function countByAddress(
  { ephemeral, ring, clock }: Parts,
  { option, window, max, onOutage }: AddressLimit,
  address: string | undefined,
): Promise<void> {
  if (address === undefined) return
  const windowMs = windowsMs[window]
  const now = clock.now()
  const turn = Math.floor(now / windowMs)
  const key = `asked/${option}/${turn}/${hideAddress(ring, address)}`
  const counting = consume(ephemeral, { key, max, windowMs })
  const counted = await (onOutage === 'pass' ? counting.catch(passOutage) : counting)
  if (!counted || counted.hasRoom) return
  const retryAfterSeconds = Math.ceil(((turn + 1) * windowMs - now) / secondMs)
  throw new KaimenError('rate_limited', { retryAfterSeconds })
}

/** An address is personal data: the store has the MAC of what is counted by. */
export function hideAddress(ring: KeyRing, address: string): string {
  const key = ring.key('otp', ring.current)
  if (!key) throw new Error('The key ring has no key of its current version')
  return mac(key, Buffer.from(`address ${addressBucket(address)}`)).toString('base64url')
}
