import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { ConfigError, systemClock, type StoredSigningKey } from '@kaimen/server'
import { createSqlStore, migrations, openDatabase } from '@kaimen/server/store/sql'
import type { Text } from '@kaimen/wechat'
import { explainFault } from '../database-faults.ts'
import { describeDatabase, faultOf, readUrl } from '../stores.ts'
import { failed, ok, say, skipped, type Finding } from './finding.ts'

export type DatabaseReport = {
  readonly finding: Finding
  /** Somebody who signed in to the app. */
  readonly findOpenid: (app_id: string) => string | undefined
  /** `undefined`: they could not be read. */
  readonly signingKeys?: readonly StoredSigningKey[] | undefined
}

type Inspected = {
  /** The migrations. */
  readonly applied: readonly string[]
  readonly signingKeys?: readonly StoredSigningKey[]
}

/** Looks at the database without making or changing a file of it. */
export async function checkDatabase(
  databaseUrl: string,
  app_ids: readonly string[],
): Promise<DatabaseReport> {
  const openids = new Map<string, string>()
  const findOpenid = (app_id: string) => openids.get(app_id)
  try {
    const named = readUrl(databaseUrl)
    if (named.engine !== 'sqlite') {
      const { applied, signingKeys } = await inspectServer(databaseUrl, app_ids, openids)
      return { finding: compare(describeDatabase(databaseUrl), applied), findOpenid, signingKeys }
    }
    const path = resolve(named.path)
    if (!existsSync(path)) return { finding: checkPlace(path), findOpenid, signingKeys: [] }
    const { applied, signingKeys } = inspect(path, app_ids, openids)
    if (!isWritable(path)) return { finding: notWritable(path), findOpenid, signingKeys }
    return { finding: compare(path, applied), findOpenid, signingKeys }
  } catch (error) {
    return { finding: explain(error), findOpenid }
  }
}

function checkPlace(path: string): Finding {
  let folder = dirname(path)
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder)
  if (isWritable(folder)) {
    return skipped(
      'database',
      say(
        `The database ${path} is not there yet: kaimen migrate or kaimen start makes it.`,
        `数据库 ${path} 尚不存在：kaimen migrate 或 kaimen start 会创建它。`,
      ),
    )
  }
  return failed(
    'database',
    say(
      `The database ${path} is not there yet, and this user may not make it.`,
      `数据库 ${path} 尚不存在，且当前用户无权创建。`,
    ),
    permission(folder),
  )
}

const permission = (path: string): Text =>
  say(
    `Let this user write to ${path}, or set KAIMEN_DATABASE_URL or KAIMEN_DATA_DIR to another place.`,
    `请允许当前用户写入 ${path}，或更改 KAIMEN_DATABASE_URL、KAIMEN_DATA_DIR。`,
  )

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Reads which migrations were applied, one openid for each app, and the signing keys. */
function inspect(
  path: string,
  app_ids: readonly string[],
  openids: Map<string, string>,
): Inspected {
  const sqlite = new DatabaseSync(readOnly(path), { readOnly: true, timeout: 2000 })
  try {
    const tables = sqlite.prepare('select name from sqlite_schema').all()
    const names = new Set(tables.map(({ name }) => name))
    if (names.has('identities')) {
      const find = sqlite.prepare('select openid from identities where app_id = ? limit 1')
      for (const app_id of app_ids) {
        const openid = find.get(app_id)?.['openid']
        if (typeof openid === 'string') openids.set(app_id, openid)
      }
    }
    if (!names.has('kysely_migration')) return { applied: [] }
    const rows = sqlite.prepare('select name from kysely_migration').all()
    const applied = rows.map(({ name }) => String(name))
    return { applied, ...(isOfThisVersion(applied) && { signingKeys: readKeys(sqlite) }) }
  } finally {
    sqlite.close()
  }
}

const isOfThisVersion = (applied: readonly string[]) =>
  applied.toSorted().join() === Object.keys(migrations).toSorted().join()

const slots = ['next', 'current', 'previous'] as const

function readKeys(sqlite: DatabaseSync): StoredSigningKey[] {
  return sqlite
    .prepare('select * from signing_keys where slot is not null')
    .all()
    .map(({ kid, slot, slot_since, sealed, public_jwk, created_at }) => ({
      kid: String(kid),
      slot: slots.find((each) => each === slot) ?? null,
      slot_since: Number(slot_since),
      sealed: sealed instanceof Uint8Array ? sealed : new Uint8Array(),
      public_jwk: String(public_jwk),
      created_at: Number(created_at),
    }))
}

/**
 * A reader makes the -wal and -shm files where nobody has the database open, and the server might
 * not be allowed to write to them. SQLite makes none for a file that it is told nobody changes.
 */
function readOnly(path: string): URL {
  const url = pathToFileURL(path)
  if (!existsSync(`${path}-wal`) || !existsSync(`${path}-shm`))
    url.searchParams.set('immutable', '1')
  return url
}

async function inspectServer(
  databaseUrl: string,
  app_ids: readonly string[],
  openids: Map<string, string>,
): Promise<Inspected> {
  const database = openDatabase(databaseUrl, { poolSize: 1 })
  try {
    const applied = await database.listMigrations()
    if (applied.length === 0) return { applied }
    const { builder, reader } = database
    for (const app_id of app_ids) {
      const find = builder
        .selectFrom('identities')
        .select('openid')
        .where('app_id', '=', app_id)
        .limit(1)
      const [row] = (await reader.executeQuery(find.compile())).rows
      if (row) openids.set(app_id, row.openid)
    }
    if (!isOfThisVersion(applied)) return { applied }
    const stored = await createSqlStore(database, systemClock).listSigningKeys()
    return { applied, signingKeys: stored.filter(({ slot }) => slot !== null) }
  } finally {
    await database.close()
  }
}

const notWritable = (path: string) =>
  failed(
    'database',
    say(`The database ${path} cannot be written by this user.`, `当前用户无法写入数据库 ${path}。`),
    permission(path),
  )

/** @param name The path, or the server's address without user and password. */
function compare(name: string, applied: readonly string[]): Finding {
  const known = Object.keys(migrations)
  if (applied.some((name) => !known.includes(name))) {
    return failed(
      'database',
      say(
        `The database ${name} is of a newer version of Kaimen.`,
        `数据库 ${name} 来自更新版本的 Kaimen。`,
      ),
      say(
        'Install the version that it belongs to, or restore a backup.',
        '请安装对应的版本，或恢复备份。',
      ),
    )
  }
  const missing = known.filter((name) => !applied.includes(name))
  if (missing.length > 0) {
    return failed(
      'database',
      say(
        `The database ${name} is not of this version yet: ${missing.join(', ')} to be applied.`,
        `数据库 ${name} 尚未升级到当前版本：待执行 ${missing.join('、')}。`,
      ),
      say(
        'Back it up, then run kaimen migrate; kaimen start does it too.',
        '备份后运行 kaimen migrate；kaimen start 启动时也会执行。',
      ),
    )
  }
  return ok(
    'database',
    say(`The database ${name} is there and up to date.`, `数据库 ${name} 可用，且已是最新结构。`),
  )
}

function explain(error: unknown): Finding {
  const fault = faultOf(error)
  if (fault) {
    const [en, zh] = explainFault(fault)
    return failed(
      'database',
      say('The database server is of no use as it is.', '数据库服务器目前无法使用。'),
      say(en, zh),
    )
  }
  if (error instanceof ConfigError) {
    // One line in each language.
    const [en = '', zh = en] = error.message.split(/\n\s*/)
    return failed(
      'database',
      say(en, zh),
      say('Correct KAIMEN_DATABASE_URL.', '请更正 KAIMEN_DATABASE_URL。'),
    )
  }
  const reason = error instanceof Error ? error.message : 'unknown'
  return failed(
    'database',
    say(`The database cannot be read: ${reason}.`, `无法读取数据库：${reason}。`),
    say(
      'Check that the path is a database of Kaimen’s and that this user may read it.',
      '请确认该路径是 Kaimen 的数据库，且当前用户可以读取。',
    ),
  )
}
