import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { openDatabase } from '@kaimen/server/store/sql'
import { run } from './databases.ts'
import { freePort } from '../../../../tools/support/free-port.ts'

const library = [...globSync('/usr/lib{,64}/{,*/}galera*/libgalera_smm.so')][0]
const programs = ['mariadbd', 'mariadb-install-db', 'rsync']

/** What a cluster needs and is not here; Debian's mariadb-server brings all of it. */
export const missingForGalera: readonly string[] = [
  ...programs.filter((program) => find(program) === undefined),
  ...(library === undefined ? ['libgalera_smm.so'] : []),
]

function find(program: string): string | undefined {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file))
}

export type GaleraCluster = {
  /** Of a database that is there on every node. */
  readonly urls: readonly string[]
  close(): Promise<void>
}

const startMs = 60_000

/** Three nodes that wait, before they answer, for what the others have committed. */
export async function startGalera(): Promise<GaleraCluster> {
  if (missingForGalera.length > 0) throw new Error(`Missing: ${missingForGalera.join(', ')}`)
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-galera-'))
  const nodes: Node[] = []
  const close = async () => {
    await Promise.all(nodes.map((node) => node.kill()))
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const asUser = isRoot && hasUser ? ['--user=mysql'] : []
    if (asUser.length > 0) execFileSync('chown', ['mysql', folder])
    const deadlineMs = Date.now() + startMs
    // The first is the cluster by itself; the others copy what it has.
    for (const name of ['one', 'two', 'three']) {
      nodes.push(await startNode(join(folder, name), asUser, nodes[0]))
      if (nodes.length === 1) await becomeSynced(nodes, deadlineMs)
    }
    await becomeSynced(nodes, deadlineMs)
    const [first] = nodes
    if (first) await askAlone(first.urlOf('mysql'), 'create database kaimen')
    return { urls: nodes.map((node) => node.urlOf('kaimen')), close }
  } catch (error) {
    await close()
    throw error
  }
}

const isRoot = process.getuid?.() === 0
const hasUser = spawnSync('id', ['mysql']).status === 0

type Node = {
  readonly groupAddress: string
  urlOf(database: string): string
  lastOutput(): string
  kill(): Promise<void>
}

/** Nothing of it is to last, so nothing is flushed. */
const small = ['--innodb-flush-method=nosync', '--innodb-log-file-size=8M']

async function startNode(
  folder: string,
  asUser: readonly string[],
  first: Node | undefined,
): Promise<Node> {
  const common = ['--no-defaults', `--datadir=${folder}`, ...asUser, ...small]
  if (first) {
    await mkdir(folder)
    if (asUser.length > 0) execFileSync('chown', ['mysql', folder])
  } else {
    const plain = ['--auth-root-authentication-method=normal', '--skip-test-db']
    const install = find('mariadb-install-db') ?? ''
    execFileSync(install, [...common, ...plain], { stdio: ['ignore', 'ignore', 'pipe'] })
  }
  const port = await freePort([1, 2, 3])
  const [groupAddress, incremental, copy] = [1, 2, 3].map((n) => `127.0.0.1:${port + n}`)
  let output = ''
  const child = spawn(
    find('mariadbd') ?? '',
    [
      ...common,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      `--socket=${join(folder, 's')}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--performance-schema=OFF',
      '--innodb-buffer-pool-size=32M',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-autoinc-lock-mode=2',
      '--binlog-format=ROW',
      '--wsrep-on=ON',
      `--wsrep-provider=${library}`,
      `--wsrep-cluster-address=gcomm://${first?.groupAddress ?? ''}`,
      ...(first ? [] : ['--wsrep-new-cluster']),
      `--wsrep-node-address=${groupAddress}`,
      '--wsrep-sst-method=rsync',
      `--wsrep-sst-receive-address=${copy}`,
      '--wsrep-sync-wait=7',
      '--wsrep-retry-autocommit=0',
      '--wsrep-provider-options=' +
        `gmcast.listen_addr=tcp://${groupAddress};ist.recv_addr=${incremental};gcache.size=16M`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  child.stderr.on('data', (text: Buffer) => {
    output = `${output}${text.toString()}`.slice(-2000)
  })
  return {
    groupAddress: groupAddress ?? '',
    urlOf: (database) => `mysql://root@127.0.0.1:${port}/${database}`,
    lastOutput: () => output,
    kill: () => kill(child),
  }
}

async function kill(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

async function becomeSynced(nodes: readonly Node[], deadlineMs: number) {
  for (const node of nodes) {
    while (!(await isSynced(node, nodes.length))) {
      if (Date.now() > deadlineMs) throw new Error(`Galera did not start:\n${node.lastOutput()}`)
      await setTimeout(200)
    }
  }
}

async function isSynced(node: Node, size: number): Promise<boolean> {
  const status = `show status where (variable_name = 'wsrep_local_state_comment' and value = 'Synced')
    or (variable_name = 'wsrep_cluster_size' and value = '${size}')`
  try {
    return (await askAlone(node.urlOf('mysql'), status)).rows.length === 2
  } catch {
    return false
  }
}

async function askAlone(url: string, text: string) {
  const database = openDatabase(url, { poolSize: 1, connectTimeoutMs: 1000 })
  try {
    return await run(database, text)
  } finally {
    await database.close()
  }
}
