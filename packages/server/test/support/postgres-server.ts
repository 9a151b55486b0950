import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openDatabase } from '@kaimen/server/store/sql'
import { freePort } from '../../../../tools/support/free-port.ts'

// Tests that start servers of their own name TEST_POSTGRES_URL here, so that PostgreSQL is installed for them.

/** A PostgreSQL of the test's own that offers TLS and lets nobody in without a password. */
export type PostgresServer = {
  /** Of its superuser, without a password. The host is localhost, as in the certificate. */
  readonly url: URL
  readonly password: string
  /** What signed its certificate. */
  readonly caFile: string
  close(): Promise<void>
}

const startMs = 60_000

export const missingForPostgres: readonly string[] = ['initdb', 'postgres', 'openssl'].filter(
  (program) => find(program) === undefined,
)

export async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-postgres-'))
  let server: ChildProcess | undefined
  const close = async () => {
    if (server) await kill(server)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const [keyFile, caFile, passwordFile] = ['key', 'cert', 'password'].map((name) =>
      join(folder, name),
    )
    if (keyFile === undefined || caFile === undefined || passwordFile === undefined)
      throw new Error()
    certify(keyFile, caFile)
    const password = 'p&ss:w@rd'
    await writeFile(passwordFile, password)
    const identity = ownerOf()
    for (const file of [folder, keyFile, caFile, passwordFile]) {
      if (identity) await chown(file, identity.uid, identity.gid)
    }
    await chmod(keyFile, 0o600)
    const data = join(folder, 'data')
    const access = ['-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`]
    const options = { ...identity, cwd: folder, stdio: 'ignore' } as const
    execFileSync(find('initdb') ?? '', ['-D', data, '-E', 'UTF8', '--no-sync', ...access], options)
    const port = await freePort()
    const settings = {
      listen_addresses: 'localhost',
      unix_socket_directories: folder,
      fsync: 'off',
      ssl: 'on',
      ssl_key_file: keyFile,
      ssl_cert_file: caFile,
    }
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    server = spawn(find('postgres') ?? '', ['-D', data, '-p', String(port), ...args], options)
    const url = new URL(`postgres://postgres@localhost:${port}/postgres`)
    await untilAnswers(withPassword(url, password))
    return { url, password, caFile, close }
  } catch (error) {
    await close()
    throw error
  }
}

export function withPassword(url: URL, password: string): string {
  const changed = new URL(url)
  changed.password = encodeURIComponent(password)
  return changed.href
}

async function untilAnswers(url: string) {
  const database = openDatabase(url, { poolSize: 1, connectTimeoutMs: 1000 })
  try {
    for (const deadlineMs = Date.now() + startMs; ;) {
      try {
        return await database.listMigrations()
      } catch (error) {
        if (Date.now() > deadlineMs) throw error
        await setTimeout(100)
      }
    }
  } finally {
    await database.close()
  }
}

function certify(keyFile: string, certFile: string) {
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  execFileSync('openssl', [...made, '-keyout', keyFile, '-out', certFile, ...subject], {
    stdio: 'ignore',
  })
}

/** PostgreSQL refuses to be root. */
function ownerOf(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (flag: string) =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

/** Debian keeps PostgreSQL's programs out of the path. */
function find(program: string): string | undefined {
  return [...(process.env['PATH'] ?? '').split(delimiter), ...globSync('/usr/lib/postgresql/*/bin')]
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file))
}

async function kill(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  // At once: its data go with it.
  child.kill('SIGQUIT')
  await exit
}
