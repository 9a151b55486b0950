import { dayMs, minuteMs, secondMs, type Clock } from '../clock.ts'
import { ConfigError, KaimenError } from '../errors.ts'
import type { KeyRing } from '../key-ring.ts'
import type { EphemeralStore } from '../store/ephemeral-store.ts'
import { hideAddress } from './address-limits.ts'
import { consume, giveBack, isFull, type Counted } from './rate-limiter.ts'

/** How many codes may be sent. Whole numbers; each range is in docs/limits.md. */
export type OtpOptions = {
  /** To one client's address (IPv6: its /64) an hour, 1 to 10000. Default 20. */
  per_address_hour?: number | undefined
  /** To one client's address (IPv6: its /64) a day, 1 to 100000. Default 60. */
  per_address_day?: number | undefined
  /** For one app an hour, 1 to 1000000. Default 500. */
  per_app_hour?: number | undefined
  /** In all an hour, 1 to 1000000: what the SMS bill can grow by. Default 1000. */
  budget_per_hour?: number | undefined
}

export type OtpLimit = {
  /** What is counted by itself. `server`: everything together. */
  readonly per: 'address' | 'app' | 'server' | 'phone'
  /** `pause`: a minute from each code on. `hour` and `day` are those of UTC. */
  readonly window: 'pause' | 'hour' | 'day'
  readonly max: number
  /** What sets `max`, from 1 up to `most`; without one it is fixed. */
  readonly option?: { readonly name: keyof OtpOptions; readonly most: number }
}

/**
 * Every limit on sending codes; docs/limits.md is written from it. [AU-1] [OTP-6]
 *
 * In the order in which they count: the number comes last, so that who has used up a limit of their
 * own takes nothing more from a stranger's number.
 */
export const otpLimits: readonly OtpLimit[] = [
  {
    per: 'address',
    window: 'hour',
    max: 20,
    option: { name: 'per_address_hour', most: 10_000 },
  },
  {
    per: 'address',
    window: 'day',
    max: 60,
    option: { name: 'per_address_day', most: 100_000 },
  },
  { per: 'app', window: 'hour', max: 500, option: { name: 'per_app_hour', most: 1_000_000 } },
  {
    per: 'server',
    window: 'hour',
    max: 1000,
    option: { name: 'budget_per_hour', most: 1_000_000 },
  },
  { per: 'phone', window: 'pause', max: 1 },
  { per: 'phone', window: 'hour', max: 5 },
  { per: 'phone', window: 'day', max: 10 },
]

export const windowMs = { pause: minuteMs, hour: 60 * minuteMs, day: dayMs } as const

/** @throws {@link ConfigError} That names the option and its range. */
export function checkOtpOptions(options: OtpOptions = {}): readonly OtpLimit[] {
  if (!(options instanceof Object)) throw new ConfigError('otp has to be a group of options.')
  const known = otpLimits.flatMap(({ option }) => (option ? [option.name] : []))
  for (const name of Object.keys(options)) {
    if (!known.some((each) => each === name)) {
      throw new ConfigError(`otp.${name} is not an option. It takes ${known.join(', ')}.`)
    }
  }
  return otpLimits.map((limit) => {
    const { option } = limit
    if (!option) return limit
    const { [option.name]: max = limit.max } = options
    if (Number.isInteger(max) && max >= 1 && max <= option.most) return { ...limit, max }
    throw new ConfigError(`otp.${option.name} has to be a whole number from 1 to ${option.most}.`)
  })
}

/** Whom a code counts for. */
export type OtpSubjects = {
  /** `undefined`: not known. Such codes are bounded by the app and the server alone. [AU-7] */
  readonly address: string | undefined
  /** `undefined`: the request named none, as all such together. */
  readonly app_id: string | undefined
  /** Blind index of the number. */
  readonly phone_index: string
}

type Parts = {
  ephemeral: EphemeralStore
  ring: KeyRing
  clock: Clock
  otpLimits: readonly OtpLimit[]
  report: (message: string, error: unknown) => void
}

/**
 * Counts a code before it is sent, by every limit or by none: a refused one uses up nothing.
 *
 * @throws {@link KaimenError} `rate_limited`, with the time until every limit that is full has
 *   room.
 */
export async function countOtp(parts: Parts, subjects: OtpSubjects): Promise<void> {
  const { ephemeral } = parts
  const counters = openCounters(parts, subjects)
  const found = await Promise.all(counters.map((counter) => fullUntil(ephemeral, counter)))
  const ends = found.filter((end) => end !== undefined)
  if (ends.length > 0) throw refuse(parts, Math.max(...ends))

  const raised: Counter[] = []
  for (const counter of counters) {
    const { hasRoom, isLast } = await raise(ephemeral, counter)
    if (!hasRoom) {
      // Others came in between; what is left is theirs.
      await Promise.all(raised.map((each) => lower(ephemeral, each)))
      throw refuse(parts, counter.endsAt)
    }
    raised.push(counter)
    if (isLast) warnOfTheLast(parts, counter, subjects)
  }
}

type Counter = Counted & {
  readonly limit: OtpLimit
  /** When it is empty again, at the latest; milliseconds since the Unix epoch. */
  readonly endsAt: number
}

function openCounters(
  { clock, ring, otpLimits: limits }: Parts,
  { address, app_id = '', phone_index }: OtpSubjects,
): Counter[] {
  const names = {
    address: address === undefined ? undefined : hideAddress(ring, address),
    app: app_id,
    server: '',
    phone: phone_index,
  }
  const now = clock.now()
  return limits.flatMap((limit) => {
    const { per, window, max } = limit
    const name = names[per]
    if (name === undefined) return []
    // By UTC's hours and days, not from the first code on: so a counter that is lowered is the very
    // one that was raised, and when it ends needs no second key.
    const turn = Math.floor(now / windowMs[window])
    const place = window === 'pause' ? `${per}/${window}` : `${per}/${window}/${turn}`
    return {
      limit,
      key: `otp-sent/${place}/${name}`,
      max,
      windowMs: windowMs[window],
      endsAt: window === 'pause' ? now + windowMs.pause : (turn + 1) * windowMs[window],
    }
  })
}

async function fullUntil(ephemeral: EphemeralStore, counter: Counter): Promise<number | undefined> {
  if (counter.limit.window !== 'pause') {
    return (await isFull(ephemeral, counter)) ? counter.endsAt : undefined
  }
  const held = await ephemeral.get(counter.key)
  return held === undefined ? undefined : Number(held)
}

/** Takes one of what there is room for. The pause has room for one, and says until when. */
async function raise(ephemeral: EphemeralStore, counter: Counter) {
  if (counter.limit.window !== 'pause') return consume(ephemeral, counter)
  const { key, endsAt, windowMs: ttlMs } = counter
  return { hasRoom: await ephemeral.add(key, String(endsAt), ttlMs), isLast: false }
}

async function lower(ephemeral: EphemeralStore, counter: Counter): Promise<void> {
  if (counter.limit.window === 'pause') await ephemeral.take(counter.key)
  else await giveBack(ephemeral, counter)
}

function refuse({ clock }: Parts, until: number): KaimenError {
  const seconds = Math.ceil((until - clock.now()) / secondMs)
  return new KaimenError('rate_limited', { retryAfterSeconds: Math.max(1, seconds) })
}

/** From here on people who have done nothing are refused: the operator has to know. */
function warnOfTheLast({ report }: Parts, { limit }: Counter, { app_id }: OtpSubjects): void {
  if (limit.per !== 'app' && limit.per !== 'server') return
  const whose = limit.per === 'server' ? '' : ` of ${app_id ?? 'requests that name no app'}`
  report(
    `POST /v1/otp: the last code${whose} in this ${limit.window} was sent, ${limit.max} in all; more are refused until the next. If that is no attack, raise otp.${limit.option?.name}`,
    undefined,
  )
}
