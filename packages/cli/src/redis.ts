import type { EphemeralStore } from '@kaimen/server'
import {
  createRedisEphemeralStore,
  readRedisUrl,
  type RedisPlace,
  type RedisUrlFault,
} from '@kaimen/server/store/redis'
import { refuse } from './refuse.ts'

const faults: Readonly<Record<RedisUrlFault, readonly [en: string, zh: string]>> = {
  scheme: ['begins with neither redis:// nor rediss://', '必须以 redis:// 或 rediss:// 开头'],
  credentials: [
    'has credentials that are not user:password@ or :password@; percent-encode what is not a letter or digit, as %40 for @',
    '中的用户名和密码必须写作 user:password@ 或 :password@；字母数字以外的字符请用百分号编码，例如 @ 写作 %40',
  ],
  host: [
    'has a host that is none; nodes of a Cluster are separated by commas',
    '中的主机名无效；Cluster 的多个节点用逗号分隔',
  ],
  port: ['has a port that is not 1 to 65535', '中的端口必须是 1 到 65535'],
  database: [
    'has a path that is not the number of a database; a Cluster has database 0 alone',
    '中的路径必须是数据库编号；Cluster 只有 0 号数据库',
  ],
  query: [
    'has a query other than ?cluster; for TLS it begins with rediss://',
    '只接受 ?cluster 这一个参数；需要 TLS 时请以 rediss:// 开头',
  ],
}

/** @throws ConfigError That names the part of `KAIMEN_REDIS_URL` which is wrong, and repeats none. */
export function checkRedisUrl(url: string): RedisPlace {
  const place = readRedisUrl(url)
  if (typeof place !== 'string') return place
  const [en, zh] = faults[place]
  throw refuse(
    `KAIMEN_REDIS_URL ${en}. As in redis://:password@127.0.0.1:6379/0, or redis://a:6379,b:6379 for a Cluster.`,
    `KAIMEN_REDIS_URL ${zh}。例如 redis://:password@127.0.0.1:6379/0，Cluster 写作 redis://a:6379,b:6379。`,
  )
}

/** Opens the Redis that `KAIMEN_REDIS_URL` names; it need not be there yet. */
export function openRedis(url: string): EphemeralStore {
  checkRedisUrl(url)
  return createRedisEphemeralStore({ url })
}
