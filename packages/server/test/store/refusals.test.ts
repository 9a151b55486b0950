import { openDatabase } from '@kaimen/server/store/sql'
import { createSqlStore } from '@kaimen/server/store/sql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { run } from '../support/databases.ts'
import {
  missingForPostgres,
  startPostgres,
  withPassword,
  type PostgresServer,
} from '../support/postgres-server.ts'

const isSkipped = missingForPostgres.length > 0 && process.env['CI'] !== 'true'
if (isSkipped) {
  const names = missingForPostgres.join(', ')
  process.stderr.write(`The tests on PostgreSQL with TLS are SKIPPED, for want of ${names}\n`)
}

describe.skipIf(isSkipped)('a PostgreSQL that asks for a password and offers TLS', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
    await asked(withPassword(server.url, server.password), async (admin) => {
      await createSqlStore(admin, systemClock).migrate()
      await run(admin, `create role reader login password 'reading'`)
      await run(admin, `create role guest login connection limit 0 password 'knocking'`)
      await run(admin, `alter role reader set default_transaction_read_only = on`)
      await run(admin, `create role stranger login password 'strange'`)
      await run(admin, 'grant select, insert on users to reader')
    })
  }, 90_000)
  afterAll(() => server?.close())

  const as = (user: string, password: string, change: (url: URL) => void = () => {}) => {
    const url = new URL(server.url)
    url.username = user
    change(url)
    return withPassword(url, password)
  }
  const withTls = (mode: string, change: (url: URL) => void = () => {}) =>
    as('postgres', server.password, (url) => {
      url.searchParams.set('sslmode', mode)
      url.searchParams.set('sslrootcert', server.caFile)
      change(url)
    })

  it.each(['require', 'verify-ca', 'verify-full'])(
    'is spoken to under TLS where the certificate is of whom sslmode=%s trusts',
    async (mode) => {
      const text = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()'
      const { rows } = await asked(withTls(mode), (database) => run(database, text))
      expect(rows).toEqual([{ ssl: true }])
    },
  )

  it('is spoken to by another name than the certificate’s under verify-ca alone', async () => {
    const byAddress = (url: URL) => void (url.hostname = '127.0.0.1')
    await asked(withTls('verify-ca', byAddress), (database) => run(database, 'select 1'))
    expect(await refusalOf(withTls('verify-full', byAddress))).toBe('tls')
  })

  it('tells what it refuses apart: certificate, password, database, right, write, room', async () => {
    const withoutCa = (url: URL) => url.searchParams.delete('sslrootcert')
    const insert = `insert into users (id, status, created_at) values (1, 'active', 1)`
    const refusals = {
      tls: await refusalOf(withTls('verify-full', withoutCa)),
      credentials: await refusalOf(as('postgres', 'canary')),
      no_password: await refusalOf(server.url.href),
      no_database: await refusalOf(
        as('postgres', server.password, (url) => (url.pathname = '/none')),
      ),
      permission: await refusalOf(as('stranger', 'strange'), 'select id from users'),
      read_only: await refusalOf(as('reader', 'reading'), insert),
      overloaded: await refusalOf(as('guest', 'knocking')),
    }
    expect(refusals).toEqual({
      tls: 'tls',
      credentials: 'credentials',
      no_password: 'credentials',
      no_database: 'no_database',
      permission: 'permission',
      read_only: 'read_only',
      overloaded: 'overloaded',
    })
  })
})

type Asked = ReturnType<typeof openDatabase>

async function asked<Outcome>(url: string, ask: (database: Asked) => Promise<Outcome>) {
  const database = openDatabase(url, { poolSize: 1 })
  try {
    return await ask(database)
  } finally {
    await database.close()
  }
}

async function refusalOf(url: string, text = 'select 1'): Promise<unknown> {
  const error: unknown = await asked(url, (database) => run(database, text)).catch(
    (each: unknown) => each,
  )
  expect(error).toMatchObject({ code: 'unavailable' })
  for (const word of ['canary', 'strange', 'reading', 'knocking']) {
    expect(String(error instanceof Error && error.stack)).not.toContain(word)
  }
  return error instanceof Error && error.cause instanceof Error && 'fault' in error.cause
    ? error.cause.fault
    : error
}
