import { secret, type Secret } from '@kaimen/wechat'

/** Where a Redis is, and who asks it. */
export type RedisPlace = {
  /** One, or some nodes of a Cluster, from which the others are learnt. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly isCluster: boolean
  readonly isTls: boolean
  /** Of Redis's ACL. `undefined`: its user `default`. */
  readonly username: string | undefined
  readonly password: Secret | undefined
  /** The number of the database; a Cluster has 0 alone. */
  readonly database: number
}

/** The part of a URL that is wrong; the URL itself may hold a password. */
export type RedisUrlFault = 'scheme' | 'credentials' | 'host' | 'port' | 'database' | 'query'

const defaultPort = 6379

/**
 * Reads `redis://[user:password@]host[:port][,host[:port]…][/database][?cluster]`; `rediss:` is the
 * same over TLS. Several hosts, or `?cluster` behind one, are a Cluster. User and password are
 * percent-encoded.
 */
export function readRedisUrl(text: string): RedisPlace | RedisUrlFault {
  const [, scheme, rest = ''] = /^(rediss?):\/\/(.*)$/s.exec(text.trim()) ?? []
  if (scheme === undefined) return 'scheme'
  // The last @: whoever forgot to encode one in the password is told so by what is before it.
  const at = rest.lastIndexOf('@')
  const credentials = readCredentials(at === -1 ? '' : rest.slice(0, at))
  if (credentials === undefined) return 'credentials'
  const [, hosts = '', path = '', query] =
    /^([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(rest.slice(at + 1)) ?? []
  const nodes = hosts.split(',').map(readNode)
  const fault = nodes.find((node) => typeof node === 'string')
  if (fault !== undefined) return fault
  const asksCluster = query === 'cluster' || query === 'cluster=true'
  if (query !== undefined && query !== '' && !asksCluster) return 'query'
  const isCluster = asksCluster || nodes.length > 1
  const database = readNumber(path === '' ? '0' : path)
  if (Number.isNaN(database) || (isCluster && database !== 0)) return 'database'
  return {
    nodes: nodes.filter((node) => typeof node !== 'string'),
    isCluster,
    isTls: scheme === 'rediss',
    ...credentials,
    database,
  }
}

function readCredentials(text: string): Pick<RedisPlace, 'username' | 'password'> | undefined {
  if (text === '') return { username: undefined, password: undefined }
  const [, user, password] = /^([^:@/?#]*):([^@/?#]+)$/.exec(text) ?? []
  if (user === undefined || password === undefined) return undefined
  try {
    return {
      username: decodeURIComponent(user) || undefined,
      password: secret(decodeURIComponent(password)),
    }
  } catch {
    return undefined
  }
}

/** `host`, `host:6379`, `[2001:db8::7]:6379`. */
function readNode(text: string): { host: string; port: number } | 'host' | 'port' {
  const [, v6, name, digits] =
    /^(?:\[([\da-fA-F:.]+)\]|([\w.-]+))(?::(.*))?$/.exec(text.trim()) ?? []
  const host = v6 ?? name
  if (host === undefined) return 'host'
  const port = digits === undefined ? defaultPort : readNumber(digits)
  return port >= 1 && port <= 65_535 ? { host, port } : 'port'
}

function readNumber(text: string): number {
  return /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
}
