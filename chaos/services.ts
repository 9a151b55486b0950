import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, globSync, mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort, isInstalled, start, until, type RunningProcess } from './child-process.ts'

/** A server of our own, in a folder of its own, that can be taken away and given back. */
export type Service = {
  readonly url: string
  start(): Promise<void>
  /** At once, with no time to put anything in order. */
  stop(): Promise<void>
}

/** What this machine lacks for a campaign; nothing, where it has all. */
export function missingPrograms(): string[] {
  return [
    ...(findPostgres() === undefined ? ['PostgreSQL (Debian: postgresql)'] : []),
    ...(isInstalled('redis-server') ? [] : ['redis-server (Debian: redis-server)']),
  ]
}

function findPostgres(): string | undefined {
  const folders = [...globSync('/usr/lib/postgresql/*/bin'), ...globSync('/usr/local/pgsql/bin')]
  return folders.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
}

export type Postgres = Service & {
  /** @returns The rows, their columns separated by `|`. */
  query(sql: string): string[]
}

export async function openPostgres(folder: string): Promise<Postgres> {
  const bin = findPostgres()
  if (bin === undefined) throw new Error(missingPrograms().join(', '))
  const port = await freePort()
  const place = join(folder, 'postgres')
  mkdirSync(place)
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? 'postgres' : undefined
  if (user !== undefined) {
    chmodSync(folder, 0o755)
    execFileSync('chown', [user, place])
  }
  const data = join(place, 'data')
  const initdb = start(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'kaimen', '-A', 'trust', '-E', 'UTF8'],
    {
      ...(user && { user }),
    },
  )
  await initdb.ended
  if (initdb.child.exitCode !== 0) throw new Error(`initdb: ${initdb.lastOutput()}`)

  const settings = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${place}`,
    `port=${port}`,
  ]
  const url = `postgres://kaimen@127.0.0.1:${port}/postgres`
  const psql = (sql: string) =>
    spawnSync(join(bin, 'psql'), ['-X', '-At', '-c', sql, url], { encoding: 'utf8' })
  let running: RunningProcess | undefined
  return {
    url,
    async start() {
      const server = start(
        join(bin, 'postgres'),
        ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
        { ...(user && { user }) },
      )
      running = server
      await until(() => psql('select 1').status === 0, {
        withinMs: 60_000,
        describe: () => `PostgreSQL does not answer: ${server.lastOutput()}`,
      })
    },
    async stop() {
      // An immediate shutdown: the next start recovers from the log.
      await running?.end('SIGQUIT')
    },
    query(sql) {
      const { status, stdout, stderr } = psql(sql)
      if (status !== 0) throw new Error(`psql: ${stderr}`)
      return stdout.split('\n').filter(Boolean)
    },
  }
}

/** Keeps nothing on disk: whoever stops it has flushed it. */
export async function openRedis(folder: string): Promise<Service> {
  const port = await freePort()
  const place = join(folder, 'redis')
  mkdirSync(place)
  let running: RunningProcess | undefined
  return {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const settings = { port, bind: '127.0.0.1', dir: place, save: '', appendonly: 'no' }
      const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
      const server = start('redis-server', args)
      running = server
      await until(() => answers(port), {
        withinMs: 30_000,
        describe: () => `Redis does not answer: ${server.lastOutput()}`,
      })
    },
    async stop() {
      await running?.end('SIGKILL')
    },
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
