// The servers that tests need: each is used where it answers, else started where it is installed.

import { spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { findOnPath } from './find.ts'
import { letsIn, mysqlConversation, postgresConversation, redisConversation } from './probe.ts'

export type Service = {
  readonly name: string
  /** What tells the tests where it is. */
  readonly variable: string
  readonly port: number
  /** Debian's. */
  readonly packages: readonly string[]
  url(port: number): string
  answers(port: number): Promise<boolean>
  /** How it is begun in an empty folder; `undefined` where it is not installed. */
  begin(folder: string, port: number): Beginning | undefined
}

type Command = readonly [file: string, ...args: string[]]
type Beginning = {
  /** Makes its data; run to their end. */
  readonly prepare: readonly Command[]
  readonly run: Command
  /** Whom it runs as, where root starts it and it refuses to be root. */
  readonly user?: string
}

const redis: Service = {
  name: 'Redis',
  variable: 'TEST_REDIS_URL',
  port: 6379,
  packages: ['redis-server'],
  url: (port) => `redis://127.0.0.1:${port}`,
  answers: (port) => letsIn(port, redisConversation),
  begin(folder, port) {
    const server = find('redis-server')
    if (server === undefined) return undefined
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '']
    return { prepare: [], run: [server, ...args] }
  },
}

const postgres: Service = {
  name: 'PostgreSQL',
  variable: 'TEST_POSTGRES_URL',
  port: 5432,
  packages: ['postgresql'],
  url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
  answers: (port) => letsIn(port, postgresConversation),
  begin(folder, port) {
    const [initdb, server] = [find('initdb'), find('postgres')]
    if (initdb === undefined || server === undefined) return undefined
    const data = join(folder, 'data')
    const settings = ['listen_addresses=127.0.0.1', 'fsync=off', 'max_connections=300']
    return {
      prepare: [[initdb, '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync']],
      run: [
        server,
        '-D',
        data,
        '-p',
        String(port),
        '-k',
        folder,
        ...settings.flatMap((setting) => ['-c', setting]),
      ],
      user: 'postgres',
    }
  },
}

const mysql: Service = {
  name: 'MySQL or MariaDB',
  variable: 'TEST_MYSQL_URL',
  port: 3306,
  packages: ['mariadb-server'],
  url: (port) => `mysql://root@127.0.0.1:${port}/test`,
  answers: (port) => letsIn(port, mysqlConversation),
  begin(folder, port) {
    const data = `--datadir=${join(folder, 'data')}`
    const common = ['--no-defaults', data]
    const asRoot = isRoot() ? ['--user=root'] : []
    const place = ['--bind-address=127.0.0.1', `--port=${port}`, `--socket=${join(folder, 's')}`]
    const [maria, install, server] = ['mariadbd', 'mariadb-install-db', 'mysqld'].map(find)
    if (maria !== undefined && install !== undefined) {
      const plain = '--auth-root-authentication-method=normal'
      return {
        prepare: [[install, ...common, ...asRoot, plain]],
        run: [maria, ...common, ...asRoot, ...place],
      }
    }
    if (server === undefined) return undefined
    return {
      prepare: [[server, ...common, ...asRoot, '--initialize-insecure']],
      run: [server, ...common, ...asRoot, ...place, '--mysqlx=OFF'],
    }
  },
}

export const services: readonly Service[] = [postgres, mysql, redis]

export type Opened = { readonly url: string; close(): Promise<void> }

/** Starts a server of its own; `undefined` where it is not installed. */
export async function startService(service: Service): Promise<Opened | undefined> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'kaimen-service-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    const beginning = service.begin(folder, port)
    if (!beginning) {
      remove()
      return undefined
    }
    const identity = identityOf(beginning.user, folder)
    for (const [file, ...args] of beginning.prepare) {
      const { status, stderr } = spawnSync(file, args, {
        ...identity,
        cwd: folder,
        encoding: 'utf8',
      })
      if (status !== 0) throw new Error(`${service.name}: ${file} failed:\n${stderr}`)
    }
    const [file, ...args] = beginning.run
    const child = spawn(file, args, { ...identity, cwd: folder, stdio: 'ignore' })
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
      child.once('error', () => resolve())
    })
    const close = async () => {
      // Its data go with it: nothing has to be written down in order.
      child.kill('SIGKILL')
      await ended
      remove()
    }
    for (const deadline = Date.now() + startMs; !(await service.answers(port));) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await close()
        throw new Error(`${service.name} did not start. Run it by hand to see why: ${file}`)
      }
      await setTimeout(100)
    }
    return { url: service.url(port), close }
  } catch (error) {
    remove()
    throw error
  }
}

const startMs = 60_000

export const isRoot = () => process.getuid?.() === 0

/** PostgreSQL refuses to be root. */
function identityOf(user: string | undefined, folder: string): { uid?: number; gid?: number } {
  if (user === undefined || !isRoot()) return {}
  const known = spawnSync('id', ['-u', user]).status === 0 ? user : 'nobody'
  const [uid, gid] = ['-u', '-g'].map((flag) =>
    Number(spawnSync('id', [flag, known], { encoding: 'utf8' }).stdout),
  )
  if (uid === undefined || gid === undefined) return {}
  chownSync(folder, uid, gid)
  return { uid, gid }
}

/** Debian keeps PostgreSQL's programs out of the path, the newest last. */
function find(program: string): string | undefined {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : []
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))
  return findOnPath(program, [
    '/usr/sbin',
    '/usr/local/sbin',
    ...newest.map((version) => `/usr/lib/postgresql/${version}/bin`),
  ])
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
