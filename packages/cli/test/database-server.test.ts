import { randomBytes } from 'node:crypto'
import { openDatabase } from '@kaimen/server/store/sql'
import { CompiledQuery } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lacksServer } from '../../server/test/support/databases.ts'
import { checkDatabase } from '../src/doctor/check-database.ts'
import { describeDatabase, openStore, openStores, readUrl } from '../src/stores.ts'

const servers = {
  postgres: process.env['TEST_POSTGRES_URL'] ?? 'postgres://127.0.0.1',
  mysql: process.env['TEST_MYSQL_URL'] ?? 'mysql://127.0.0.1',
}

async function ask(url: string, text: string) {
  const database = openDatabase(url)
  try {
    await database.alone.executeQuery(CompiledQuery.raw(text))
  } finally {
    await database.close()
  }
}

for (const engine of ['postgres', 'mysql'] as const)
  describe.skipIf(lacksServer[engine])(`on ${engine}`, () => {
    const server = servers[engine]
    const name = `kaimen_cli_${randomBytes(6).toString('hex')}`
    const at = (change: (url: URL) => void) => {
      const url = new URL(server)
      url.pathname = `/${name}`
      change(url)
      return url.href
    }
    const url = at(() => {})
    beforeEach(() => ask(server, `create database ${name}`))
    afterEach(() => ask(server, `drop database ${name}`))

    it('doctor tells what is to be applied, changes nothing, and finds it up to date after migrate', async () => {
      const look = async () => (await checkDatabase(url, ['wx1'])).finding
      expect((await look()).says.en).toContain('is not of this version yet: 001_')
      expect((await look()).status).toBe('failed')
      const store = await openStore(url)
      expect((await store.migrate()).applied[0]).toContain('001_')
      expect((await store.migrate()).applied).toEqual([])
      await store.close()
      expect(await look()).toMatchObject({ status: 'ok' })
      await ask(url, `insert into kysely_migration values ('999_later', '2099-01-01')`)
      expect((await look()).says.en).toContain('newer version')
    })

    it('several servers share what lives for minutes', async () => {
      const [one, other] = [await openStores(url), await openStores(url)]
      await one.store.migrate()
      await one.ephemeral?.set('key', 'value', 60_000)
      expect(await other.ephemeral?.get('key')).toBe('value')
      await Promise.all([one.store.close(), other.store.close()])
    })

    it('what is wrong at the server is told apart, and no password is said', async () => {
      const refusals = {
        'has no database of the name': at((each) => (each.pathname = '/no_such_database')),
        'cannot be reached': at((each) => (each.port = '1')),
        'sslmode and sslrootcert': at((each) => (each.search = '?sslmode=verify-full')),
        ...(engine === 'mysql' && {
          'refuses the user or the password': at((each) => {
            each.username = 'nobody'
            each.password = 'canaryPassword'
          }),
        }),
      }
      for (const [says, wrong] of Object.entries(refusals)) {
        const error: unknown = await openStore(wrong).catch((each: unknown) => each)
        expect(String(error)).toContain(says)
        expect(String(error)).toMatch(/\p{Script=Han}/u)
        expect(String(error)).not.toContain('canaryPassword')
        expect((await checkDatabase(wrong, [])).finding.fix?.en).toContain(says)
      }
    })
  })

it.each([
  ['oracle://u:canary@h/d', 'begin with sqlite:'],
  ['postgres://h', 'names no user'],
  ['postgres://u:canary@h', 'names no database'],
  ['postgres://u:canary@h/', 'names no database'],
  ['postgres://u:canary@/d', 'names no host'],
  ['postgres:///d', 'names no host'],
  ['postgres:canary', 'is no URL'],
  ['postgres://u:can/ary@h/d', 'is no URL'],
  ['postgres://u:canary@h:port/d', 'is no URL'],
  ['postgres://u:canary@h:99999/d', 'is no URL'],
  ['postgres://u:canary#x@h/d', 'is no URL'],
  ['postgres://u:canary%@h/d', 'password in KAIMEN_DATABASE_URL'],
  ['postgres://%zz:canary@h/d', 'names no user'],
  ['mysql://u:canary@h/d?canary=1', 'a parameter'],
  ['mysql://u:canary@h/d?pool=1&pool=2', 'a parameter'],
  ['mysql://u:canary@h/d?pool=0', 'pool'],
  ['mysql://u:canary@h/d?sslmode=canary', 'sslmode'],
  ['mysql://u:canary@h/d?sslmode=verify-ca&sslrootcert=/no/canary.pem', 'sslrootcert'],
])('%s is refused by the part that is wrong, and not repeated', (url, says) => {
  const refused = () => readUrl(url)
  expect(refused).toThrow(says)
  expect(refused).toThrow(/\p{Script=Han}/u)
  expect(refused).not.toThrow(/canary/)
})

it.each([
  ['postgresql://u:p%40ss@h:5433/d?sslmode=require&pool=20', 'postgres://h:5433/d'],
  ['mariadb://u:p@[::1]/d', 'mysql://::1/d'],
  ['postgres://u@/d?host=/run/postgresql', 'postgres:///run/postgresql/d'],
  ['sqlite:a.db', 'sqlite:a.db'],
])('%s is shown as %s', (url, shown) => {
  expect(describeDatabase(url)).toBe(shown)
})
