import { randomBytes } from 'node:crypto'
import { openDatabase } from '@kaimen/server/store/sql'
import { CompiledQuery } from 'kysely'

export interface PostgresDatabases {
  /** Makes an empty one. @returns Its URL. */
  make(): Promise<string>
  /** Drops those that were made. */
  close(): Promise<void>
}

/** @returns `undefined` where no PostgreSQL answers that lets databases be made. */
export async function openPostgresDatabases(
  server: string,
): Promise<PostgresDatabases | undefined> {
  const admin = openDatabase(server, { poolSize: 1 })
  const run = (text: string) => admin.alone.executeQuery(CompiledQuery.raw(text))
  const names: string[] = []
  try {
    await run('select 1')
  } catch {
    await admin.close()
    return undefined
  }
  return {
    async make() {
      const name = `kaimen_bench_${randomBytes(6).toString('hex')}`
      await run(`create database ${name}`)
      names.push(name)
      const url = new URL(server)
      url.pathname = `/${name}`
      return url.href
    },
    async close() {
      for (const name of names) await run(`drop database ${name} with (force)`)
      await admin.close()
    },
  }
}
