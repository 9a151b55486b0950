/**
 * What lives for minutes, on Redis, for several processes: `npm install ioredis`.
 *
 *     const ephemeral = createRedisEphemeralStore({ url: 'redis://127.0.0.1:6379' })
 *
 * @module
 */

export { examineRedis } from './examine-redis.ts'
export type { RedisState } from './examine-redis.ts'
export { readRedisUrl } from './redis-url.ts'
export type { RedisPlace, RedisUrlFault } from './redis-url.ts'
export { createRedisEphemeralStore } from './redis-ephemeral-store.ts'
export type { RedisOptions } from './redis-options.ts'
export { RedisError } from './redis-error.ts'
