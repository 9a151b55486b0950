import type { Store } from '@kaimen/server'
import { createSqlStore, openDatabase, type Database } from '@kaimen/server/store/sql'
import { CompiledQuery } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { endsAll, event, signIn, signInWrite } from '../../src/store/suite/builders.ts'
import { openProxy } from '../support/database-proxy.ts'
import { lacksServer, makeDatabase, run, type TestDatabase } from '../support/databases.ts'

const unavailable = { code: 'unavailable', retryAfterSeconds: 1 }

for (const kind of ['postgres', 'mysql'] as const)
  describe.skipIf(lacksServer[kind])(`a ${kind} that fails`, () => {
    let direct: TestDatabase
    let proxy: Awaited<ReturnType<typeof openProxy>>
    let database: Database
    let store: Store
    let observer: Database

    beforeEach(async () => {
      direct = await makeDatabase(kind)
      observer = direct.open()
      await createSqlStore(observer, systemClock).migrate()
      const url = new URL(direct.url)
      const port = Number(url.port || (kind === 'mysql' ? 3306 : 5432))
      proxy = await openProxy({ host: url.hostname, port })
      url.host = `127.0.0.1:${proxy.port}`
      database = openDatabase(url.href, {
        poolSize: 2,
        maxWaiting: 4,
        waitMs: 300,
        statementTimeoutMs: 500,
      })
      store = createSqlStore(database, systemClock)
    })
    afterEach(async () => {
      await proxy.stop()
      await database.close()
      await direct.close()
    })

    const count = async (table: string) =>
      Number((await run(observer, `select count(*) as n from ${table}`)).rows[0]?.['n'])

    it('is told of as unavailable while it is away, and used again when it is back', async () => {
      const { user_id } = await signIn(store)
      await proxy.stop()
      await expect(store.findUser(user_id)).rejects.toMatchObject(unavailable)
      await expect(store.signIn(signInWrite(store))).rejects.toMatchObject(unavailable)
      await expect(store.ping()).rejects.toMatchObject(unavailable)
      await proxy.start()
      expect((await store.findUser(user_id))?.id).toBe(user_id)
      await signIn(store, { wechat: { openid: 'two' } })
    })

    it('is waited for by a bounded number for a bounded time when it says nothing', async () => {
      await store.ping()
      proxy.freeze()
      const pings = await Promise.allSettled(Array.from({ length: 20 }, () => store.ping()))
      for (const ping of pings) {
        expect(ping).toMatchObject({ status: 'rejected', reason: unavailable })
      }
      await proxy.stop()
      await proxy.start()
      await store.ping()
    })

    it('is given up when it takes a connection and says nothing', async () => {
      proxy.freeze()
      const url = new URL(direct.url)
      url.host = `127.0.0.1:${proxy.port}`
      const silent = openDatabase(url.href, { connectTimeoutMs: 200 })
      await expect(silent.reader.executeQuery(CompiledQuery.raw('select 1'))).rejects.toMatchObject(
        {
          ...unavailable,
          cause: { fault: 'unreachable' },
        },
      )
      await silent.close()
    }, 5000)

    it('that loses a connection in the midst of a transaction costs another try', async () => {
      const { user_id, session_id: id } = await signIn(store)
      // What is prepared is not sent again: this one was not yet.
      proxy.cutAt('update', false)
      expect(await store.endSession({ id, ...endsAll, event: event(store, { user_id }) })).toBe(
        true,
      )
      expect(await count('events')).toBe(2)
    })

    it('that loses the answer to a commit is not asked to do it twice', async () => {
      // Its begin says committed.
      proxy.cutAt(kind === 'postgres' ? 'commit\0' : 'commit', true)
      await expect(store.signIn(signInWrite(store))).rejects.toMatchObject(unavailable)
      await expect.poll(() => count('users')).toBe(1)
      expect(await count('sessions')).toBe(1)
      expect(await store.signIn(signInWrite(store))).toBe('taken')
    })

    it('that loses the answer to a lone write is not asked to do it twice', async () => {
      proxy.cutAt('insert into cursors', true)
      const insert = CompiledQuery.raw(`insert into cursors (name, position) values ('one', 1)`)
      const lost = { ...unavailable, cause: { fault: 'lost' } }
      await expect(database.alone.executeQuery(insert)).rejects.toMatchObject(lost)
      await expect.poll(() => count('cursors')).toBe(1)
    })

    it('that loses the answer to a read is asked again', async () => {
      proxy.cutAt('select 41', true)
      const read = CompiledQuery.raw('select 41 + 1 as n')
      const { rows } = await database.reader.executeQuery<{ n: unknown }>(read)
      expect(Number(rows[0]?.n)).toBe(42)
    })

    it('that ends its connections is used over new ones', async () => {
      await Promise.all([store.ping(), store.ping()])
      await run(
        observer,
        kind === 'postgres'
          ? `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
          : 'select 1',
      )
      if (kind === 'mysql') {
        const list = await run(
          observer,
          `select id from information_schema.processlist where db = database() and id <> connection_id()`,
        )
        for (const row of list.rows) await run(observer, `kill ${String(Object.values(row)[0])}`)
      }
      await expect.poll(() => store.ping().then(() => 'answers')).toBe('answers')
      await signIn(store)
    })

    it('breaks off a statement that takes too long', async () => {
      const sleep = kind === 'postgres' ? 'select pg_sleep(5)' : 'select sleep(5)'
      const sleeping = database.reader.executeQuery(CompiledQuery.raw(sleep))
      await expect(sleeping).rejects.toMatchObject({ ...unavailable, cause: { fault: 'timeout' } })
      await store.ping()
    })
  })
