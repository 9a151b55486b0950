import { ConfigError } from '@kaimen/server'
import { examineRedis, RedisError, type RedisState } from '@kaimen/server/store/redis'
import { checkRedisUrl } from '../redis.ts'
import { failed, ok, say, type Finding } from './finding.ts'

/** The first with GETDEL. */
const oldest = [6, 2]

/** Asks the Redis of `KAIMEN_REDIS_URL` about itself; changes nothing there. */
export async function checkRedis(url: string, timeoutMs: number): Promise<Finding> {
  try {
    const { isCluster } = checkRedisUrl(url)
    return judge(await examineRedis({ url, timeoutMs }), isCluster)
  } catch (error) {
    if (error instanceof RedisError) return explain(error)
    if (!(error instanceof ConfigError)) throw error
    const [en = '', zh = en] = error.message.split(/\n\s*/)
    return failed(
      'redis',
      say(en, zh),
      say('Mend that part of KAIMEN_REDIS_URL.', '请修正 KAIMEN_REDIS_URL 中的这一部分。'),
    )
  }
}

function judge(state: RedisState, asksCluster: boolean): Finding {
  const { version, isCluster, isWhole, evictionPolicy, maxMemoryBytes } = state
  if (!isRecent(version)) {
    return failed(
      'redis',
      say(`Redis is of version ${version}.`, `Redis 的版本是 ${version}。`),
      say('Kaimen needs 6.2 or later: upgrade it.', 'Kaimen 需要 6.2 或更高版本，请升级。'),
    )
  }
  if (isCluster && !asksCluster) {
    return failed(
      'redis',
      say(
        'Redis is a Cluster, and KAIMEN_REDIS_URL names a single server: most keys are refused.',
        'Redis 是 Cluster，而 KAIMEN_REDIS_URL 写的是单个服务器：大多数键会被拒绝。',
      ),
      say(
        'Add ?cluster to KAIMEN_REDIS_URL, or name several nodes with commas between them.',
        '请在 KAIMEN_REDIS_URL 末尾加上 ?cluster，或用逗号写出多个节点。',
      ),
    )
  }
  if (asksCluster && !isCluster) {
    return failed(
      'redis',
      say(
        'KAIMEN_REDIS_URL names a Cluster, and Redis is none.',
        'KAIMEN_REDIS_URL 写的是 Cluster，但 Redis 不是。',
      ),
      say('Name one host, without ?cluster.', '请只写一个主机，并去掉 ?cluster。'),
    )
  }
  if (!isWhole) {
    return failed(
      'redis',
      say(
        'The Redis Cluster is not whole: some slots have no node that serves them.',
        'Redis Cluster 不完整：部分槽位没有可用的节点。',
      ),
      say(
        'See redis-cli --cluster check, and bring the missing node or its replica back.',
        '请用 redis-cli --cluster check 查看，并恢复缺失的节点或它的副本。',
      ),
    )
  }
  if (maxMemoryBytes > 0 && evictionPolicy !== 'noeviction') {
    return failed(
      'redis',
      say(
        `Redis may evict keys before their time (maxmemory-policy ${evictionPolicy}): with them go the counts of wrong passwords and of codes sent.`,
        `Redis 可能提前淘汰键（maxmemory-policy 为 ${evictionPolicy}）：密码输错次数和验证码发送次数会随之丢失。`,
      ),
      say(
        'Set maxmemory-policy to noeviction, in a Redis of Kaimen’s own.',
        '请为 Kaimen 使用单独的 Redis，并把 maxmemory-policy 设为 noeviction。',
      ),
    )
  }
  return ok(
    'redis',
    isCluster
      ? say(`The Redis Cluster answers (${version}).`, `Redis Cluster 可用（${version}）。`)
      : say(`Redis answers (${version}).`, `Redis 可用（${version}）。`),
  )
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [least = 0, lesser = 0] = oldest
  return major > least || (major === least && minor >= lesser)
}

function explain({ reason }: RedisError): Finding {
  if (reason === 'NOAUTH' || reason === 'WRONGPASS') {
    return failed(
      'redis',
      reason === 'NOAUTH'
        ? say('Redis wants a password.', 'Redis 需要密码。')
        : say('Redis refuses the user or password.', 'Redis 拒绝了用户名或密码。'),
      say(
        'Write it into KAIMEN_REDIS_URL, percent-encoded, as in redis://:password@host:6379.',
        '请把密码（百分号编码）写进 KAIMEN_REDIS_URL，例如 redis://:password@host:6379。',
      ),
    )
  }
  if (reason === 'NOPERM') {
    return failed(
      'redis',
      say(
        'Redis’s ACL refuses this user the command INFO.',
        'Redis 的 ACL 不允许该用户执行 INFO。',
      ),
      say(
        'Allow it +info, +cluster|info, and +get +set +getdel +eval +evalsha on kaimen:*.',
        '请授予 +info、+cluster|info，以及对 kaimen:* 的 +get +set +getdel +eval +evalsha。',
      ),
    )
  }
  return failed(
    'redis',
    say(`Redis does not answer: ${reason}.`, `Redis 没有应答：${reason}。`),
    say(
      'Check that it runs and is reached from this machine; for TLS, KAIMEN_REDIS_URL begins with rediss://. Until then nobody signs in by SMS, password or ticket.',
      '请确认 Redis 正在运行且本机可以连接；使用 TLS 时 KAIMEN_REDIS_URL 以 rediss:// 开头。在此之前，短信、密码和 ticket 登录都不可用。',
    ),
  )
}
