import { sql, type ColumnDataType, type Expression, type RawBuilder } from 'kysely'
import type { Engine } from './database.ts'

type Type = ColumnDataType | Expression<unknown>

/** The types that the migrations give to columns, in each engine's words. */
export type ColumnTypes = {
  readonly engine: Engine
  /** Whole numbers of 53 bits. */
  readonly id: Type
  /** Milliseconds since the Unix epoch. */
  readonly instant: Type
  readonly count: Type
  /** Text that an index holds: at most `size` characters, compared byte by byte. Default: 191. */
  key(size?: number): Type
  /** Any text; in no index. */
  readonly text: Type
  /** Bytes; in no index. */
  readonly bytes: Type
  /** What ends a table whose rows are found by a key that is no number. */
  readonly keyedTable: RawBuilder<unknown>
  /** Whether an index may hold a part of the rows. */
  readonly hasPartialIndexes: boolean
  /**
   * Whether rows name their users by foreign keys. Not on MySQL, which reads `references` beside a
   * column and ignores it; the statements keep to the order that makes it hold.
   */
  readonly hasForeignKeys: boolean
}

/** @param version What a server of MySQL's kind says of itself. */
export function columnTypes(engine: Engine, version = ''): ColumnTypes {
  switch (engine) {
    case 'sqlite':
      return {
        engine,
        id: 'integer',
        instant: 'integer',
        count: 'integer',
        key: () => 'text',
        text: 'text',
        bytes: 'blob',
        keyedTable: sql`without rowid`,
        hasPartialIndexes: true,
        hasForeignKeys: true,
      }
    case 'postgres':
      return {
        engine,
        id: 'bigint',
        instant: 'bigint',
        count: 'integer',
        key: () => 'text',
        text: 'text',
        bytes: 'bytea',
        keyedTable: sql``,
        hasPartialIndexes: true,
        hasForeignKeys: true,
      }
    case 'mysql': {
      const collation = sql.raw(`character set utf8mb4 collate ${byteByByte(version)}`)
      return {
        engine,
        id: 'bigint',
        instant: 'bigint',
        count: 'integer',
        key: (size = 191) => sql`varchar(${sql.lit(size)}) ${collation}`,
        text: sql`longtext ${collation}`,
        bytes: sql`blob`,
        keyedTable: sql``,
        hasPartialIndexes: false,
        hasForeignKeys: false,
      }
    }
  }
}

/** The collation that tells apart what differs in any byte, also in spaces at the end. */
function byteByByte(version: string): string {
  if (/mariadb/i.test(version)) return 'utf8mb4_nopad_bin'
  if (/tidb|oceanbase/i.test(version)) return 'utf8mb4_bin'
  return 'utf8mb4_0900_bin'
}
