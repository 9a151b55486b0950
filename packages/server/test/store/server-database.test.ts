import { DatabaseError, type Database } from '@kaimen/server/store/sql'
import { CompiledQuery } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testClock } from '../support/clock.ts'
import { lacksServer, makeDatabase, run, type TestDatabase } from '../support/databases.ts'

/** What servers say of a conflict: serialization, deadlock, lock; MariaDB's and TiDB's own. */
const conflicts = {
  postgres: ['40001', '40P01', '55P03'],
  mysql: ['1213', '1205', '1020', '8002', '8022', '8028', '9007'],
}

/** What they say of a row that is there already, or that another needs. */
const takens = { postgres: ['23505', '23503'], mysql: ['1062'] }

for (const kind of ['postgres', 'mysql'] as const)
  describe.skipIf(lacksServer[kind])(`a statement on ${kind} that fails each time`, () => {
    let database: TestDatabase
    let node: Database
    let pauses: number[]
    beforeEach(async () => {
      database = await makeDatabase(kind)
      pauses = []
      const sleep = (milliseconds: number) => Promise.resolve(void pauses.push(milliseconds))
      const world = { clock: { ...testClock(), sleep }, random: () => Uint8Array.of(128, 0, 0, 0) }
      node = database.open({ poolSize: 1 }, world)
      // Counts beyond the transaction that is undone.
      await run(
        node,
        kind === 'postgres'
          ? 'create sequence tries'
          : 'create table tries (n int) engine = MyISAM',
      )
    })
    afterEach(() => database.close())

    const fail = async (code: string) => {
      await run(
        node,
        kind === 'postgres'
          ? `create function fail() returns int language plpgsql as
            $$ begin perform nextval('tries'); raise sqlstate '${code}'; end $$`
          : `create procedure fail() begin insert into tries values (1);
            signal sqlstate '40001' set mysql_errno = ${code}, message_text = 'failed'; end`,
      )
      const failing = CompiledQuery.raw(kind === 'postgres' ? 'select fail()' : 'call fail()')
      return node.write((on) => on.executeQuery(failing)).catch((error: unknown) => error)
    }
    const countTries = async () => {
      const text =
        kind === 'postgres'
          ? 'select last_value as n from tries'
          : 'select count(*) as n from tries'
      return Number((await run(node, text)).rows[0]?.['n'])
    }

    it.each(conflicts[kind])(
      'by a conflict, %s, is tried thirty times, then told of as unavailable',
      async (code) => {
        expect(await fail(code)).toMatchObject({
          code: 'unavailable',
          cause: { fault: 'conflict', code },
        })
        expect(await countTries()).toBe(30)
        expect(pauses.slice(0, 9)).toEqual([2, 4, 8, 16, 32, 64, 128, 128, 128])
        expect(pauses).toHaveLength(29)
      },
    )

    it.each(takens[kind])(
      'by what is taken, %s, is tried three times, then told of as it is',
      async (code) => {
        expect(await fail(code)).toEqual(new DatabaseError('taken', code))
        expect(await countTries()).toBe(3)
      },
    )

    it('by the end of its connection is told of as lost', async () => {
      const end =
        kind === 'postgres'
          ? 'select pg_terminate_backend(pg_backend_pid())'
          : 'kill connection_id()'
      await expect(node.reader.executeQuery(CompiledQuery.raw(end))).rejects.toMatchObject({
        code: 'unavailable',
        cause: { fault: 'lost', code: kind === 'postgres' ? '57P01' : '1927' },
      })
    })

    it('by a conflict leaves its connection as good', async () => {
      const text =
        kind === 'postgres' ? 'select pg_backend_pid() as n' : 'select connection_id() as n'
      const before = await run(node, text)
      await fail(conflicts[kind][0] ?? '')
      expect(await run(node, text)).toEqual(before)
    })
  })

it.skipIf(lacksServer.postgres)(
  'a transaction that was lost is begun again, also where the one before it met a conflict at its commit',
  async () => {
    const database = await makeDatabase('postgres')
    try {
      const node = database.open()
      for (const text of [
        'create table rows (n int)',
        'create sequence tries',
        `create function fail_once() returns trigger language plpgsql as
        $$ begin if nextval('tries') = 1 then raise sqlstate '40001'; end if; return null; end $$`,
        `create constraint trigger fail_once after insert on rows
        deferrable initially deferred for each row execute function fail_once()`,
      ]) {
        await run(node, text)
      }
      let tries = 0
      await node.write(async (on) => {
        tries += 1
        const end = CompiledQuery.raw('select pg_terminate_backend(pg_backend_pid())')
        if (tries === 2) await on.executeQuery(end)
        await on.executeQuery(CompiledQuery.raw('insert into rows values (1)'))
      })
      expect(tries).toBe(3)
      expect((await run(node, 'select n from rows')).rows).toEqual([{ n: 1 }])
    } finally {
      await database.close()
    }
  },
)

describe('what a connection is bound by', () => {
  const open = async (kind: 'postgres' | 'mysql', text: string) => {
    const database = await makeDatabase(kind)
    const isolations = ['read committed', 'repeatable read', 'serializable'] as const
    try {
      const found: Record<string, unknown> = {}
      for (const isolation of [undefined, ...isolations]) {
        const options = { statementTimeoutMs: 4000, ...(isolation && { isolation }) }
        const node = database.open(options)
        const query = CompiledQuery.raw(text)
        const { rows } = await node.write((on) => on.executeQuery<Record<string, unknown>>(query))
        found[isolation ?? 'default'] = { ...rows[0] }
      }
      return found
    } finally {
      await database.close()
    }
  }

  it.skipIf(lacksServer.postgres)(
    'at PostgreSQL: a level, and an end of what takes long or rests',
    async () => {
      const at = (level: string) => ({ level, statement: '4s', idle: '3s' })
      const found = await open(
        'postgres',
        `select current_setting('transaction_isolation') as level,
        current_setting('statement_timeout') as statement,
        current_setting('idle_in_transaction_session_timeout') as idle`,
      )
      expect(found).toEqual({
        default: at('read committed'),
        'read committed': at('read committed'),
        'repeatable read': at('repeatable read'),
        serializable: at('serializable'),
      })
    },
  )

  it.skipIf(lacksServer.mysql)(
    'at MySQL: strictness and a level, and an end of who waits for a lock',
    async () => {
      const at = (level: string) => ({
        level,
        mode: 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
        seconds: 3,
      })
      const found = await open(
        'mysql',
        `select @@${await levelName()} as level, @@sql_mode as mode,
        @@innodb_lock_wait_timeout as seconds`,
      )
      expect(found).toEqual({
        default: at('REPEATABLE-READ'),
        'read committed': at('READ-COMMITTED'),
        'repeatable read': at('REPEATABLE-READ'),
        serializable: at('SERIALIZABLE'),
      })
    },
  )
})

/** MariaDB's before 11.1 is not MySQL's. */
async function levelName(): Promise<string> {
  const database = await makeDatabase('mysql')
  try {
    const { rows } = await run(database.open(), 'select version() as version')
    return String(rows[0]?.['version']).includes('MariaDB')
      ? 'tx_isolation'
      : 'transaction_isolation'
  } finally {
    await database.close()
  }
}
