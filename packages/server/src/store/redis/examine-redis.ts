import { connectRedis } from './connect-redis.ts'
import { RedisError } from './redis-error.ts'
import { checkRedisOptions, type CheckedRedisOptions, type RedisOptions } from './redis-options.ts'

/** What a Redis says of itself. */
export type RedisState = {
  /** As in `7.0.15`. */
  readonly version: string
  /** Whether it is a node of a Cluster, whatever the URL says. */
  readonly isCluster: boolean
  /** Whether every slot of the Cluster has a node that serves it. */
  readonly isWhole: boolean
  /** `noeviction` loses nothing before its time. */
  readonly evictionPolicy: string
  /** 0: as much as the machine has. */
  readonly maxMemoryBytes: number
}

/**
 * Asks a Redis about itself, of a Cluster the first node of the URL that answers, and changes
 * nothing.
 *
 * @throws {@link ConfigError} Where an option is wrong; {@link RedisError} where there is no answer.
 */
export async function examineRedis(options: RedisOptions): Promise<RedisState> {
  const checked = checkRedisOptions(options)
  let failure = new RedisError('away')
  for (const node of checked.url.nodes) {
    try {
      return await askNode({ ...checked, url: { ...checked.url, nodes: [node], isCluster: false } })
    } catch (error) {
      if (!(error instanceof RedisError)) throw error
      failure = error
    }
  }
  throw failure
}

async function askNode(options: CheckedRedisOptions): Promise<RedisState> {
  const connection = connectRedis(options)
  try {
    const info = await connection.ask((client) => client.info())
    const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? ''
    const isCluster = field('cluster_enabled') === '1'
    const state = isCluster ? await connection.ask((client) => client.cluster('INFO')) : ''
    return {
      version: field('redis_version'),
      isCluster,
      isWhole: !isCluster || state.includes('cluster_state:ok'),
      evictionPolicy: field('maxmemory_policy'),
      maxMemoryBytes: Number(field('maxmemory')),
    }
  } finally {
    await connection.close()
  }
}
