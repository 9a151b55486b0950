import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite, type Database } from '@kaimen/server/store/sql'
import { CompiledQuery } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../support/databases.ts'

let folder: string
let database: Database
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kaimen-sqlite-'))
  database = openSqlite(join(folder, 'kaimen.db'))
  await run(database, 'create table things (name text)')
})
afterAll(async () => {
  await database.close()
  await rm(folder, { recursive: true })
})

test('whoever reads in the midst of a transaction sees nothing of it', async () => {
  const insert = CompiledQuery.raw(`insert into things values ('new')`)
  const seenInside = await database.write(async (transaction) => {
    await transaction.executeQuery(insert)
    return countThings()
  })
  expect(seenInside).toBe(0)
  expect(await countThings()).toBe(1)
})

test('whoever reads after a transaction that was undone sees nothing of it', async () => {
  const count = await countThings()
  const undone = database.write(async (transaction) => {
    await transaction.executeQuery(CompiledQuery.raw(`insert into things values ('undone')`))
    throw new Error('on purpose')
  })
  await expect(undone).rejects.toThrow('on purpose')
  expect(await countThings()).toBe(count)
})

async function countThings() {
  const { rows } = await database.reader.executeQuery(CompiledQuery.raw('select * from things'))
  return rows.length
}
