import { createHash } from 'node:crypto'
import type { EphemeralStore } from '../ephemeral-store.ts'
import { connectRedis } from './connect-redis.ts'
import { RedisError } from './redis-error.ts'
import { checkRedisOptions, type RedisOptions } from './redis-options.ts'

/**
 * The {@link EphemeralStore} contract on Redis 6.2 and later, one server or a Cluster: each verb is
 * one command or script on one key. Lives are measured by Redis's own clock.
 *
 * @throws {@link ConfigError} Where an option is wrong. Each verb throws {@link RedisError} where
 *   Redis is away or refuses; whether it acted is then not known.
 */
export function createRedisEphemeralStore(options: RedisOptions): EphemeralStore {
  const { prefix, ...checked } = checkRedisOptions(options)
  const connection = connectRedis({ prefix, ...checked })
  const { ask } = connection
  const place = (key: string) => prefix + key

  /** By its digest; a server that was restarted, or a new node, is sent the text once. */
  function run({ lua, sha1 }: Script, key: string, args: readonly (string | number)[]) {
    return ask(async (client) => {
      try {
        return await client.evalsha(sha1, 1, place(key), ...args)
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
        return client.eval(lua, 1, place(key), ...args)
      }
    })
  }

  return {
    async get(key) {
      return (await ask((client) => client.get(place(key)))) ?? undefined
    },

    async set(key, value, ttlMs) {
      await ask((client) => client.set(place(key), value, 'PX', life(ttlMs)))
    },

    async add(key, value, ttlMs) {
      return (
        (await ask((client) => client.set(place(key), value, 'PX', life(ttlMs), 'NX'))) === 'OK'
      )
    },

    async take(key) {
      return (await ask((client) => client.getdel(place(key)))) ?? undefined
    },

    async replace(key, expected, value, ttlMs) {
      return (await run(replaceScript, key, [expected, value, life(ttlMs)])) === 1
    },

    async increment(key, by, ttlMs) {
      const sum = await run(incrementScript, key, [by, life(ttlMs)])
      if (typeof sum !== 'number') throw new RedisError('a counter that is no number')
      return sum
    },

    close: () => connection.close(),
  }
}

/** Redis refuses a life of less than a millisecond. */
const life = (ttlMs: number) => Math.max(1, Math.ceil(ttlMs))

type Script = { readonly lua: string; readonly sha1: string }

const replaceScript = script(`
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`)

const incrementScript = script(`
local sum = redis.call('incrby', KEYS[1], ARGV[1])
if redis.call('pttl', KEYS[1]) < 0 then redis.call('pexpire', KEYS[1], ARGV[2]) end
return sum
`)

function script(lua: string): Script {
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') }
}
