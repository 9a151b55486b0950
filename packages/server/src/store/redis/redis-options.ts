import type { ConnectionOptions } from 'node:tls'
import * as v from 'valibot'
import { checkOptions } from '../../sdk.ts'
import { readRedisUrl, type RedisPlace, type RedisUrlFault } from './redis-url.ts'

export type RedisOptions = {
  /**
   * `redis://[user:password@]host[:port][,host[:port]…][/database][?cluster]`, or `rediss:` for
   * TLS. Several hosts, or `?cluster`, are a Cluster.
   */
  url: string
  /** Before every key: 1 to 64 of letters, digits and `._:-`. Default `kaimen:`. */
  prefix?: string | undefined
  /** Longest time of one act, in milliseconds, 50 to 60000. Default 1000. */
  timeoutMs?: number | undefined
  /** For `rediss:`, as in `{ ca }` for the certificate of an authority of one's own. */
  tls?: ConnectionOptions | undefined
}

export type CheckedRedisOptions = {
  readonly url: RedisPlace
  readonly prefix: string
  readonly timeoutMs: number
  readonly tls: ConnectionOptions
}

const urlMusts: Readonly<Record<RedisUrlFault, string>> = {
  scheme: 'a URL of the scheme redis:// or rediss://',
  credentials:
    'a URL whose credentials are user:password@ or :password@, both percent-encoded, or none',
  host: 'a URL with a host, or several with commas between them',
  port: 'a URL in which each port is from 1 to 65535',
  database: 'a URL whose path is the number of a database; a Cluster has database 0 alone',
  query: 'a URL whose query is ?cluster, or none',
}
const prefixMust = '1 to 64 of letters, digits and ._:-'
const timeoutMust = 'a whole number from 50 to 60000'

const Options = v.strictObject({
  url: v.pipe(
    v.string(urlMusts.scheme),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const place = readRedisUrl(dataset.value)
      if (typeof place !== 'string') return place
      addIssue({ message: urlMusts[place] })
      return NEVER
    }),
  ),
  prefix: v.optional(
    v.pipe(v.string(prefixMust), v.regex(/^[\w.:-]{1,64}$/, prefixMust)),
    'kaimen:',
  ),
  timeoutMs: v.optional(
    v.pipe(
      v.number(timeoutMust),
      v.integer(timeoutMust),
      v.minValue(50, timeoutMust),
      v.maxValue(60_000, timeoutMust),
    ),
    1000,
  ),
  tls: v.optional(
    v.custom<ConnectionOptions>((value) => value instanceof Object, 'options of node:tls'),
    {},
  ),
}) satisfies v.GenericSchema<RedisOptions, CheckedRedisOptions>

/** @throws {@link ConfigError} That names the part which is wrong, and repeats none. */
export function checkRedisOptions(options: RedisOptions): CheckedRedisOptions {
  return checkOptions('Redis', Options, options)
}
