import type { DatabaseError, DatabaseFault, DatabaseUrlPart } from '@kaimen/server/store/sql'

type Sentences = readonly [en: string, zh: string]

/** What is wrong with `KAIMEN_DATABASE_URL`. It may hold a password: no part of it is repeated. */
export function explainUrl(part: DatabaseUrlPart): Sentences {
  return urls[part]
}

/** Why the database server is of no use, and what to do. */
export function explainFault({ fault, code }: DatabaseError): Sentences {
  const [en, zh] = faults[fault]
  const shown = code === undefined ? '' : ` (${code})`
  return [en.replace('{code}', shown), zh.replace('{code}', shown)]
}

const form = 'postgres://user:password@host:5432/database'

const urls: Record<DatabaseUrlPart, Sentences> = {
  scheme: [
    'KAIMEN_DATABASE_URL has to begin with sqlite:, postgres: or mysql:, as in sqlite:.kaimen/kaimen.db.',
    'KAIMEN_DATABASE_URL 必须以 sqlite:、postgres: 或 mysql: 开头，例如 sqlite:.kaimen/kaimen.db。',
  ],
  path: [
    'KAIMEN_DATABASE_URL names no file: write sqlite:path, as in sqlite:.kaimen/kaimen.db.',
    'KAIMEN_DATABASE_URL 没有指明文件：请写成 sqlite:路径，例如 sqlite:.kaimen/kaimen.db。',
  ],
  form: [
    `KAIMEN_DATABASE_URL is no URL. It has to be of the form ${form}; its port is a number up to 65535, and in user and password everything but A-Z a-z 0-9 - . _ ~ is percent-encoded.`,
    `KAIMEN_DATABASE_URL 不是合法的 URL。格式为 ${form}；端口是不超过 65535 的数字，用户名与密码中除 A-Z a-z 0-9 - . _ ~ 之外的字符都须百分号编码。`,
  ],
  host: [
    `KAIMEN_DATABASE_URL names no host. It has to be of the form ${form}.`,
    `KAIMEN_DATABASE_URL 缺少主机名。格式为 ${form}。`,
  ],
  user: [
    `KAIMEN_DATABASE_URL names no user, or one that is not percent-encoded. It has to be of the form ${form}.`,
    `KAIMEN_DATABASE_URL 缺少用户名，或用户名未做百分号编码。格式为 ${form}。`,
  ],
  password: [
    'The password in KAIMEN_DATABASE_URL is not percent-encoded: write % as %25, and everything but A-Z a-z 0-9 - . _ ~ likewise.',
    'KAIMEN_DATABASE_URL 中的密码未做百分号编码：% 写作 %25，除 A-Z a-z 0-9 - . _ ~ 之外的字符同理。',
  ],
  database: [
    `KAIMEN_DATABASE_URL names no database, or not one alone: its path is the database's name, as in ${form}.`,
    `KAIMEN_DATABASE_URL 没有指明唯一的数据库：路径部分就是数据库名，例如 ${form}。`,
  ],
  parameter: [
    'KAIMEN_DATABASE_URL has a parameter that Kaimen does not know, or one twice. It knows host, pool, sslmode and sslrootcert.',
    'KAIMEN_DATABASE_URL 含有未知或重复的参数。可用的参数有 host、pool、sslmode、sslrootcert。',
  ],
  sslmode: [
    'In KAIMEN_DATABASE_URL sslmode has to be disable, require, verify-ca or verify-full.',
    'KAIMEN_DATABASE_URL 中的 sslmode 必须是 disable、require、verify-ca 或 verify-full。',
  ],
  sslrootcert: [
    'In KAIMEN_DATABASE_URL sslrootcert has to be the path of a PEM file that this user can read.',
    'KAIMEN_DATABASE_URL 中的 sslrootcert 必须是当前用户可读取的 PEM 文件路径。',
  ],
  pool: [
    'In KAIMEN_DATABASE_URL pool has to be a whole number from 1 to 1000.',
    'KAIMEN_DATABASE_URL 中的 pool 必须是 1 到 1000 的整数。',
  ],
}

const later: Sentences = [
  'The database server did not answer as it should{code}. Look into its log, and try again.',
  '数据库服务器响应异常{code}。请查看其日志后重试。',
]

const faults: Record<DatabaseFault, Sentences> = {
  conflict: later,
  taken: later,
  lost: later,
  timeout: later,
  unexpected: later,
  unreachable: [
    'The database server cannot be reached{code}. Check host and port in KAIMEN_DATABASE_URL, that the server runs, and that nothing between blocks it.',
    '无法连接数据库服务器{code}。请检查 KAIMEN_DATABASE_URL 中的主机与端口、服务器是否在运行，以及网络是否放行。',
  ],
  tls: [
    'No TLS connection to the database server came to be{code}. Check sslmode and sslrootcert in KAIMEN_DATABASE_URL, and the certificate of the server.',
    '无法与数据库服务器建立 TLS 连接{code}。请检查 KAIMEN_DATABASE_URL 中的 sslmode 与 sslrootcert，以及服务器的证书。',
  ],
  credentials: [
    'The database server refuses the user or the password{code}. Check both in KAIMEN_DATABASE_URL, and from where this user may come.',
    '数据库服务器拒绝了用户名或密码{code}。请检查 KAIMEN_DATABASE_URL 中的两者，以及该用户允许的来源地址。',
  ],
  no_database: [
    'The database server has no database of the name in KAIMEN_DATABASE_URL{code}. Create it (create database …), or correct the name.',
    '数据库服务器上没有 KAIMEN_DATABASE_URL 指明的数据库{code}。请创建（create database …）或更正名称。',
  ],
  permission: [
    'The database user lacks a privilege{code}. docs/databases.md has those that Kaimen needs.',
    '数据库用户权限不足{code}。所需权限见 docs/databases.md。',
  ],
  read_only: [
    'The database takes no writes{code}: perhaps it is a replica. Name the primary in KAIMEN_DATABASE_URL.',
    '数据库不可写{code}，可能是只读副本。请在 KAIMEN_DATABASE_URL 中写主库。',
  ],
  overloaded: [
    'The database server has no connection left{code}. Raise its limit, or set pool in KAIMEN_DATABASE_URL to fewer.',
    '数据库服务器没有空闲连接{code}。请提高其上限，或在 KAIMEN_DATABASE_URL 中减小 pool。',
  ],
}
