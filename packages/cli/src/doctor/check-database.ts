import { accessSync, constants, existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { ConfigError, systemClock } from '@kaimen/server'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import type { Text } from '@kaimen/wechat'
import { readPath } from '../stores.ts'
import { failed, ok, say, skipped, type Finding } from './finding.ts'

export type DatabaseReport = {
  readonly finding: Finding
  /** Somebody who signed in to the app. */
  readonly findOpenid: (app_id: string) => string | undefined
}

/** Looks at the database without making or changing a file of it. */
export async function checkDatabase(
  databaseUrl: string,
  app_ids: readonly string[],
): Promise<DatabaseReport> {
  const openids = new Map<string, string>()
  const findOpenid = (app_id: string) => openids.get(app_id)
  try {
    const path = readPath(databaseUrl)
    if (!existsSync(path)) return { finding: checkPlace(path), findOpenid }
    const applied = inspect(path, app_ids, openids)
    return { finding: compare(path, applied, await listMigrations()), findOpenid }
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

/** Reads which migrations were applied, and one openid for each app. */
function inspect(
  path: string,
  app_ids: readonly string[],
  openids: Map<string, string>,
): readonly string[] {
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
    if (!names.has('kysely_migration')) return []
    return sqlite
      .prepare('select name from kysely_migration')
      .all()
      .map(({ name }) => String(name))
  } finally {
    sqlite.close()
  }
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

/** What this version applies, as it does so to a database of no further use. */
async function listMigrations(): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-doctor-'))
  try {
    const store = createSqlStore(openSqlite(join(folder, 'empty.db')), systemClock)
    try {
      return (await store.migrate()).applied
    } finally {
      await store.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function compare(path: string, applied: readonly string[], known: readonly string[]): Finding {
  if (!isWritable(path)) {
    return failed(
      'database',
      say(
        `The database ${path} cannot be written by this user.`,
        `当前用户无法写入数据库 ${path}。`,
      ),
      permission(path),
    )
  }
  if (applied.some((name) => !known.includes(name))) {
    return failed(
      'database',
      say(
        `The database ${path} is of a newer version of Kaimen.`,
        `数据库 ${path} 来自更新版本的 Kaimen。`,
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
        `The database ${path} is not of this version yet: ${missing.join(', ')} to be applied.`,
        `数据库 ${path} 尚未升级到当前版本：待执行 ${missing.join('、')}。`,
      ),
      say(
        'Back it up, then run kaimen migrate; kaimen start does it too.',
        '备份后运行 kaimen migrate；kaimen start 启动时也会执行。',
      ),
    )
  }
  return ok(
    'database',
    say(`The database ${path} is there and up to date.`, `数据库 ${path} 可用，且已是最新结构。`),
  )
}

function explain(error: unknown): Finding {
  if (error instanceof ConfigError) {
    // One line in each language.
    const [en = '', zh = en] = error.message.split(/\n\s*/)
    return failed(
      'database',
      say(en, zh),
      say('Set KAIMEN_DATABASE_URL to sqlite:path.', '请把 KAIMEN_DATABASE_URL 设为 sqlite:路径。'),
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
