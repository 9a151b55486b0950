import { readFileSync } from 'node:fs'
import { secret, type Secret } from '@kaimen/wechat'
import { ConfigError } from '../../errors.ts'

/** Where a database server is, and as whom to come there. */
export type ServerAddress = {
  /** A name, an address, or the path of a socket (of the folder of one, at PostgreSQL). */
  host: string
  port?: number
  user: string
  password?: Secret
  database: string
  tls: false | Tls
}

type Tls = {
  rejectUnauthorized: boolean
  ca?: string
  /** Present where the certificate may be another host's. */
  checkServerIdentity?: () => undefined
}

export type DatabaseUrl =
  | { engine: 'sqlite'; path: string }
  | { engine: 'postgres' | 'mysql'; address: ServerAddress; poolSize?: number }

/** What of a connection string is wrong. */
export type DatabaseUrlPart =
  | 'scheme'
  | 'path'
  | 'form'
  | 'host'
  | 'user'
  | 'password'
  | 'database'
  | 'parameter'
  | 'sslmode'
  | 'sslrootcert'
  | 'pool'

/** Names the part and repeats nothing: any part may be one of a password that was not encoded. */
export class DatabaseUrlError extends ConfigError {
  readonly part: DatabaseUrlPart

  constructor(part: DatabaseUrlPart) {
    super(sentences[part])
    this.part = part
  }
}

const sentences: Record<DatabaseUrlPart, string> = {
  scheme: 'The database URL has to begin with sqlite:, postgres: or mysql:.',
  path: 'The database URL names no file, as sqlite:.kaimen/kaimen.db does.',
  form: 'The database URL has to be of the form postgres://user:password@host:port/database, and what is none of A-Z a-z 0-9 - . _ ~ in a password percent-encoded.',
  host: 'The database URL names no host.',
  user: 'The database URL names no user, or one that is not percent-encoded.',
  password: 'The password in the database URL is not percent-encoded.',
  database:
    'The database URL names no database: it is the path, as in postgres://user@host/kaimen.',
  parameter:
    'The database URL has a parameter that Kaimen does not know, or one twice. It knows host, pool, sslmode and sslrootcert.',
  sslmode: 'In the database URL sslmode has to be disable, require, verify-ca or verify-full.',
  sslrootcert: 'In the database URL sslrootcert has to be the path of a PEM file that can be read.',
  pool: 'In the database URL pool has to be a whole number from 1 to 1000.',
}

const schemes: Readonly<Record<string, 'postgres' | 'mysql'>> = {
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
}

/**
 * Reads `sqlite:path`, or `postgres://user:password@host:port/database` and the same of `mysql:`.
 * Parameters: `sslmode` (default `disable`) and `sslrootcert` as PostgreSQL has them, on MySQL too;
 * `host`, the path of a socket; `pool`, how many connections at most.
 *
 * @throws {@link DatabaseUrlError}
 */
export function readDatabaseUrl(text: string): DatabaseUrl {
  if (text.startsWith('sqlite:')) return { engine: 'sqlite', path: readPath(text) }
  const engine = schemes[/^[a-z]+:/.exec(text)?.[0] ?? '']
  if (engine === undefined) throw new DatabaseUrlError('scheme')
  const url = parse(text)
  const parameters = readParameters(url)
  const host = parameters.get('host') ?? url.hostname.replaceAll(/^\[|\]$/g, '')
  if (host === '') throw new DatabaseUrlError('host')
  const user = decode(url.username, 'user')
  if (user === '') throw new DatabaseUrlError('user')
  const password = decode(url.password, 'password')
  const database = decode(url.pathname.slice(1), 'database')
  if (database === '' || database.includes('/')) throw new DatabaseUrlError('database')
  const pool = parameters.get('pool')
  return {
    engine,
    address: {
      host,
      ...(url.port !== '' && { port: Number(url.port) }),
      user,
      ...(password !== '' && { password: secret(password) }),
      database,
      tls: readTls(parameters),
    },
    ...(pool !== undefined && { poolSize: readPool(pool) }),
  }
}

/** `sqlite:` before a path, or before `//` and an absolute one. */
function readPath(text: string): string {
  const path = /^sqlite:(?:\/\/(?=\/))?(?!\/\/)(.+)$/.exec(text)?.[1]
  if (path === undefined || path === ':memory:') throw new DatabaseUrlError('path')
  return path
}

function parse(text: string): URL {
  const isFormed = /^[a-z]+:\/\//.test(text) && URL.canParse(text)
  if (isFormed) return new URL(text)
  // As in postgres://user@/database?host=/run/postgresql, which is no URL to the platform.
  const withHost = text.replace(/^([a-z]+:\/\/[^/@?#]*@)\//, '$1localhost/')
  if (withHost !== text && URL.canParse(withHost)) {
    const url = new URL(withHost)
    if (url.searchParams.has('host')) return url
    throw new DatabaseUrlError('host')
  }
  throw new DatabaseUrlError(/^[a-z]+:\/\/\//.test(text) ? 'host' : 'form')
}

const known = new Set(['host', 'pool', 'sslmode', 'sslrootcert'])

function readParameters({ searchParams, hash }: URL): ReadonlyMap<string, string> {
  if (hash !== '') throw new DatabaseUrlError('form')
  const parameters = new Map(searchParams)
  const isKnown = [...parameters.keys()].every((name) => known.has(name))
  if (!isKnown || parameters.size !== searchParams.size) throw new DatabaseUrlError('parameter')
  return parameters
}

function decode(text: string, part: DatabaseUrlPart): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new DatabaseUrlError(part)
  }
}

function readPool(text: string): number {
  const size = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (size < 1 || size > 1000) throw new DatabaseUrlError('pool')
  return size
}

/** As libpq does, section 34.19 of PostgreSQL's documentation. */
function readTls(parameters: ReadonlyMap<string, string>): false | Tls {
  const ca = readCertificate(parameters.get('sslrootcert'))
  switch (parameters.get('sslmode') ?? 'disable') {
    case 'disable':
      return false
    case 'require':
      return ca ? { ...onlyCa, ...ca } : { rejectUnauthorized: false }
    case 'verify-ca':
      return { ...onlyCa, ...ca }
    case 'verify-full':
      return { rejectUnauthorized: true, ...ca }
    default:
      throw new DatabaseUrlError('sslmode')
  }
}

const onlyCa = { rejectUnauthorized: true, checkServerIdentity: () => undefined }

function readCertificate(path: string | undefined): { ca: string } | undefined {
  if (path === undefined) return undefined
  try {
    return { ca: readFileSync(path, 'utf8') }
  } catch {
    throw new DatabaseUrlError('sslrootcert')
  }
}
