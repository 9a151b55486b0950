import { execFile } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import {
  createSqlStore,
  DatabaseError,
  migrations,
  type Migrations,
} from '@kaimen/server/store/sql'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { signIn, start } from '../../src/store/suite/builders.ts'
import { testClock } from '../support/clock.ts'
import { lacksServer, makeDatabase, run, type TestDatabase } from '../support/databases.ts'

const execute = promisify(execFile)
const program = new URL('../support/migrate-process.ts', import.meta.url).pathname
const all = Object.keys(migrations)

/** As a later version would have it: a column that may be left out. */
const later: Migrations = {
  ...migrations,
  '999_later': {
    async up(db, types) {
      await db.schema.alterTable('sessions').addColumn('city', types.text).execute()
      await db.schema.createIndex('later').on('sessions').column('app_id').execute()
    },
  },
}

for (const kind of ['postgres', 'mysql'] as const)
  describe.skipIf(lacksServer[kind])(`migrating on ${kind}`, () => {
    let database: TestDatabase
    beforeEach(async () => {
      database = await makeDatabase(kind)
    })
    afterEach(() => database.close())

    it('[OP-1] ten nodes that start at once apply each migration once', async () => {
      const nodes = Array.from({ length: 10 }, () =>
        execute(process.execPath, ['--conditions=@kaimen/source', program, database.url]),
      )
      const applied = (await Promise.all(nodes)).flatMap(
        ({ stdout }) => JSON.parse(stdout) as string[],
      )
      expect(applied.toSorted()).toEqual(all)
      expect((await database.open().listMigrations()).toSorted()).toEqual(all)
    }, 60_000)

    it('[OP-1] nodes that come while one migrates wait for it, and begin nothing themselves', async () => {
      const node = database.open()
      await node.migrate(migrations)
      const [make, begin, count] =
        kind === 'postgres'
          ? [
              'create sequence begun',
              `select nextval('begun'), pg_sleep(0.3)`,
              'select last_value as n from begun',
            ]
          : [
              'create table begun (n int) engine = MyISAM',
              'insert into begun select sleep(0.3)',
              'select count(*) as n from begun',
            ]
      await run(node, make)
      const slow: Migrations = {
        ...migrations,
        '999_slow': {
          async up(db) {
            await sql.raw(begin).execute(db)
            await db.schema.createTable('slow').addColumn('n', 'integer').execute()
          },
        },
      }
      const applied = await Promise.all([1, 2, 3, 4].map(() => database.open().migrate(slow)))
      expect(applied.flat()).toEqual(['999_slow'])
      expect(Number((await run(node, count)).rows[0]?.['n'])).toBe(1)
    })

    it('[OP-1] is safe to repeat, and changes nothing then', async () => {
      const node = database.open()
      expect(await node.listMigrations()).toEqual([])
      expect(await node.migrate(migrations)).toEqual(all)
      expect(await node.migrate(migrations)).toEqual([])
    })

    it('[OP-1] a server goes on with its statements while a later version migrates, and after', async () => {
      const clock = testClock()
      const store = createSqlStore(database.open(), clock)
      await store.migrate()
      const server = { isOver: false }
      let signIns = 0
      const serving = (async () => {
        while (!server.isOver) {
          const { user_id, session_id: id } = await signIn(store, {
            wechat: { openid: `openid ${signIns}` },
          })
          const rotation = { id, generation: 0, now_ms: start, idle_expires_at: start + 1 }
          expect(await store.rotateSession(rotation)).toMatchObject({ id, generation: 1 })
          expect(await store.findUser(user_id)).toBeDefined()
          signIns += 1
        }
      })()
      const before = signIns
      expect(await database.open().migrate(later)).toEqual(['999_later'])
      await signIn(store, { wechat: { openid: 'after' } })
      server.isOver = true
      await serving
      expect(signIns).toBeGreaterThan(before)
      // The older version starts anew on the newer schema.
      expect((await createSqlStore(database.open(), clock).migrate()).applied).toEqual([])
    })

    it('[OP-1] one that was broken off is applied whole by whoever comes next', async () => {
      const node = database.open()
      await node.migrate(migrations)
      let isBroken = true
      const breaking: Migrations = {
        ...migrations,
        '998_breaking': {
          async up(db, types) {
            await db.schema.createTable('one').addColumn('id', types.id).execute()
            await db.schema.alterTable('one').addColumn('two', types.count).execute()
            if (isBroken) await sql`select * from no_such_table`.execute(db)
            await db.schema.createTable('three').addColumn('id', types.id).execute()
          },
        },
      }
      await expect(node.migrate(breaking)).rejects.toThrow(DatabaseError)
      expect(await node.listMigrations()).not.toContain('998_breaking')
      isBroken = false
      expect(await database.open().migrate(breaking)).toEqual(['998_breaking'])
      await run(node, 'select id, two from one')
      await run(node, 'select id from three')
    })

    it.runIf(kind === 'mysql')(
      '[OP-1] a node whose lease another took while it was away begins nothing more',
      async () => {
        const node = database.open()
        await node.migrate(migrations)
        const away: Migrations = {
          ...later,
          '998_away': {
            async up() {
              await run(node, `update migration_lease set holder = 'other'`)
            },
          },
        }
        await expect(database.open().migrate(away)).rejects.toThrow(DatabaseError)
        expect(await node.listMigrations()).not.toContain('999_later')
        const { rows } = await run(node, 'select holder from migration_lease')
        expect(rows[0]?.['holder']).toBe('other')
      },
    )

    it.runIf(kind === 'mysql')(
      '[OP-1] a lease is renewed for as long as the work goes on',
      async () => {
        const node = database.open()
        await node.migrate(migrations)
        const readEnd = async () =>
          Number((await run(node, 'select ends_at as n from migration_lease')).rows[0]?.['n'])
        vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
        try {
          const long: Migrations = {
            ...migrations,
            '999_long': {
              async up() {
                await run(node, 'update migration_lease set ends_at = 1')
                vi.advanceTimersByTime(20_000)
                while ((await readEnd()) === 1) await setTimeout(20)
              },
            },
          }
          expect(await database.open().migrate(long)).toEqual(['999_long'])
        } finally {
          vi.useRealTimers()
        }
      },
    )

    it.runIf(kind === 'mysql')('[OP-1] a step that met a conflict is tried again', async () => {
      const node = database.open()
      await node.migrate(migrations)
      await run(node, 'create table tries (n int) engine = MyISAM')
      await run(
        node,
        `create procedure meet() begin insert into tries values (1);
        if (select count(*) from tries) = 1 then
          signal sqlstate '40001' set mysql_errno = 1213; end if; end`,
      )
      const meeting: Migrations = {
        ...migrations,
        '999_meeting': { up: async (db) => void (await sql`call meet()`.execute(db)) },
      }
      expect(await node.migrate(meeting)).toEqual(['999_meeting'])
    })

    it.runIf(kind === 'mysql')('a lease that a dead node left behind ends', async () => {
      const node = database.open()
      await node.migrate(migrations)
      await run(
        node,
        `update migration_lease set holder = 'dead', ends_at = unix_timestamp() + 1 where name = 'schema'`,
      )
      expect(await node.migrate(later)).toEqual(['999_later'])
    })
  })
