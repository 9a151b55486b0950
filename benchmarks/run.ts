/** Kaimen beside others that do the same work, in one run: see README.md. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fillDatabase } from './fill.ts'
import { load } from './load.ts'
import { measureInPeace, settleSeconds, signInPeople, work } from './measure.ts'
import { heapOptions, measureMemory } from './memory.ts'
import { pinToLastCore } from './pin.ts'
import { openPostgresDatabases } from './postgres.ts'
import { waitForQuiet } from './quiet.ts'
import { describeForeign, median, renderMedians, renderTargets } from './report.ts'
import type { Finding, Sample } from './report.ts'
import { expected, nextRequest, scenarioNames } from './scenarios.ts'
import type { People, ScenarioName } from './scenarios.ts'
import { folderOf, startServer } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'
import { compile, measureStart } from './start.ts'
import { measureVerify } from './verify.ts'
import { playWechat } from './wechat.ts'

/** Who takes part in what. */
const contestants: Readonly<Record<string, readonly ScenarioName[]>> = {
  tutorial: ['returning', 'new', 'me'],
  'better-auth': ['returning', 'new', 'me'],
  floor: ['returning', 'new', 'me'],
  unchecked: ['me'],
  kaimen: ['returning', 'new', 'me', 'refresh'],
  'kaimen, few users': ['returning'],
  'kaimen, many users': ['returning'],
  'update, postgres': ['refresh'],
  'kaimen, postgres': ['refresh'],
}

/** People who signed in before the measurement began. */
const returningPeople = 5000
/** Those of them whose tokens are asked with. */
const signedIn = 1000
const fewUsers = 10_000

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
    'warm-up': { type: 'string' },
    wait: { type: 'string' },
    users: { type: 'string' },
    'sign-ins': { type: 'string' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log(`npm run bench -- [options]

  --rounds <n>        rounds; each measures every server (default 5); one round is a trial
  --seconds <n>       seconds of one measurement (default 3)
  --warm-up <n>       seconds of each kind of work before the first round, until Node has compiled what is
                      often run (default 8; in a trial 1)
  --connections <n>   connections of the load generator (default 64)
  --wait <n>          seconds to wait, before each measurement, for a machine that others leave alone
                      (default 10); a measurement that they disturb is repeated, twice at most
                      (in a trial: 1 second, and never)
  --users <n>         users of the large database (default 1000000); 0 leaves it out, as a trial does
  --sign-ins <n>      sign-ins after which memory is read (default 1000000); 0 leaves it out, as a
                      trial does
  --only <names>      servers, with semicolons, of: ${Object.keys(contestants).join('; ')}.
                      Measures nothing else, and writes no results.md
  --help              this

Refresh on PostgreSQL is measured where one answers at TEST_POSTGRES_URL, or on the standard port.
Writes benchmarks/results.md. Takes some 25 minutes.`)
  process.exit()
}

const { serverCore: core, description: pinning } = pinToLastCore()
const rounds = readNumber('rounds', values.rounds, 1)
const isTrial = rounds === 1
const effort = {
  seconds: readNumber('seconds', values.seconds, 1),
  connections: readNumber('connections', values.connections, 1),
  waitSeconds: readNumber('wait', values.wait ?? (isTrial ? '1' : '10'), 1),
  attempts: isTrial ? 1 : 3,
  hasOwnCore: core !== undefined,
}
const warmUp = readNumber('warm-up', values['warm-up'] ?? (isTrial ? '1' : '8'), 0)
const manyUsers = readNumber('users', values.users ?? (isTrial ? '0' : '1000000'), 0)
const signIns = readNumber('sign-ins', values['sign-ins'] ?? (isTrial ? '0' : '1000000'), 0)
const only = values.only?.split(';').map((name) => name.trim())
const unknown = only?.filter((name) => !(name in contestants)) ?? []
if (unknown.length > 0) stop(`No server is named ${unknown.join(', ')}: see --help.`)

// On the disk of the working copy: a temporary folder may be in memory, where durability is free.
mkdirSync(join(import.meta.dirname, '.kaimen'), { recursive: true })
const folder = mkdtempSync(join(import.meta.dirname, '.kaimen', 'bench-'))
const wechat = await playWechat()
const surroundings = { wechatUrl: wechat.url, folder, core }
const postgres = await openPostgresDatabases(
  process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres',
)
const servers: ServerProcess[] = []
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(1)))
}

try {
  const ceiling = await measureCeiling()
  console.log(`Load generator: ${ceiling.toLocaleString('en')} requests/s at most. ${pinning}.`)
  const names = Object.keys(contestants).filter((name) => takesPart(name))
  const people = new Map<string, People>()
  for (const name of names) people.set(name, await openServer(name))
  await warmUpServers(people)
  const samples = await measureRounds(people)

  const medians = renderMedians(samples, names)
  console.log(`\n${medians}`)
  if (only === undefined) {
    const targets = renderTargets(samples, await measureTheRest())
    console.log(`\n${targets}`)
    const foreign = describeForeign(samples)
    const results = describeRun({ ceiling, foreign, medians, targets })
    writeFileSync(join(import.meta.dirname, 'results.md'), results)
    console.log('\nWritten to benchmarks/results.md')
  }
} finally {
  await cleanUp()
}

function takesPart(name: string): boolean {
  if (only !== undefined && !only.includes(name)) return false
  if (name.endsWith('users') && manyUsers === 0) return leaveOut(name, 'no large database')
  if (name.endsWith('postgres') && !postgres) return leaveOut(name, 'no PostgreSQL answers')
  return true
}

function leaveOut(name: string, reason: string): false {
  console.log(`Left out: ${name}: ${reason}.`)
  return false
}

/** Starts a server, and signs in those who are to come back. */
async function openServer(name: string): Promise<People> {
  const filled = name.endsWith('users') ? (name.includes('many') ? manyUsers : fewUsers) : 0
  if (filled > 0) await fillDatabase(folderOf(surroundings, name), filled)
  const usesPostgres = name.endsWith('postgres')
  const databaseUrl = usesPostgres && postgres ? await postgres.make() : ''
  const server = await startServer(name, surroundings, databaseUrl)
  servers.push(server)
  const count = filled || returningPeople
  const people = { count, turn: 0, credentials: [], refreshTokens: [] }
  const comesBack = contestants[name]?.includes('returning') && filled === 0
  if (comesBack) await signInPeople(server, people, returningPeople, effort.connections)
  return people
}

/** Once for all rounds: V8 compiles for seconds what it saw often. */
async function warmUpServers(everybody: ReadonlyMap<string, People>) {
  if (warmUp === 0) return
  for (const server of servers) {
    const people = everybody.get(server.name)
    if (!people) continue
    console.log(`warming up  ${server.name}`)
    for (const scenario of contestants[server.name] ?? []) {
      await prepare(server, scenario, people)
      await work(server, scenario, people, { ...effort, seconds: warmUp })
    }
  }
}

/** In every round: access tokens live for 15 minutes, and a run may take longer. */
async function prepare(server: ServerProcess, scenario: ScenarioName, people: People) {
  if (scenario !== 'me' && scenario !== 'refresh') return
  await signInPeople(server, people, signedIn, effort.connections)
}

async function measureRounds(everybody: ReadonlyMap<string, People>): Promise<Sample[]> {
  const samples: Sample[] = []
  for (let round = 0; round < rounds; round += 1) {
    for (const scenario of scenarioNames) {
      const entrants = servers.filter(({ name }) => contestants[name]?.includes(scenario))
      for (let place = 0; place < entrants.length; place += 1) {
        // Another one begins in every round, so that none always has the warmest machine.
        const server = entrants[(round + place) % entrants.length]
        const people = server && everybody.get(server.name)
        if (!people) continue
        await prepare(server, scenario, people)
        const sample = await measureInPeace(server, scenario, people, effort)
        samples.push(sample)
        console.log(
          `round ${round + 1}/${rounds}  ${scenario.padEnd(9)}  ${server.name.padEnd(18)}  ` +
            `${Math.round(sample.requestsPerSecond).toLocaleString('en').padStart(7)}/s  ` +
            `${sample.cpuMicroseconds.toFixed(0).padStart(4)} µs`,
        )
      }
    }
  }
  return samples
}

/** What is not asked of a server under load, or of one alone. */
async function measureTheRest(): Promise<Finding[]> {
  for (const server of servers) server.stop()
  const [seen, notSeen] = await measureVerify({ rounds: isTrial ? 1 : 9 })
  await compile()
  const starts: number[] = []
  for (let time = 0; time < rounds; time += 1) {
    await waitForQuiet(effort.waitSeconds)
    starts.push(await measureStart(surroundings))
  }
  const startMs = median(starts)
  const residentBytes =
    signIns > 0 ? await measureMemory(surroundings, signIns, effort.connections) : undefined
  if (signIns === 0) leaveOut('memory', 'no sign-ins')
  return [
    ratioFinding('check of a token, seen before', 0.8, seen),
    ratioFinding('check of a token, not seen', 0.9, notSeen),
    {
      work: `memory after ${(signIns || 1_000_000).toLocaleString('en')} sign-ins, ${heapOptions.join(' ')}`,
      target: '< 200 MB',
      measured: residentBytes === undefined ? undefined : `${(residentBytes / 1e6).toFixed(0)} MB`,
      isReached: (residentBytes ?? 0) < 200e6,
    },
    {
      work: 'start, from spawn to the first answer',
      target: '< 500 ms',
      measured: `${startMs.toFixed(0)} ms`,
      isReached: startMs < 500,
    },
  ]
}

function ratioFinding(
  work: string,
  ratio: number,
  measure: { baseline: string; ratio: number } | undefined,
): Finding {
  return {
    work,
    target: `≥ ${ratio} × ${measure?.baseline ?? ''}`,
    measured: measure && `${measure.ratio.toFixed(2)} ×`,
    isReached: (measure?.ratio ?? 0) >= ratio,
  }
}

async function cleanUp() {
  for (const server of servers) server.stop()
  wechat.close()
  rmSync(folder, { recursive: true, force: true })
  await postgres?.close()
}

async function measureCeiling(): Promise<number> {
  const server = await startServer('ceiling', surroundings)
  const somebody = { count: 1, turn: 0, credentials: ['none'], refreshTokens: [] }
  const request = {
    port: server.port,
    connections: effort.connections,
    mayStayAwake: effort.hasOwnCore,
    expect: expected.me,
    nextRequest: () => nextRequest('me', somebody),
  }
  let best = 0
  for (let attempt = 0; attempt < 4; attempt += 1) {
    await waitForQuiet(effort.waitSeconds)
    const { requestsPerSecond } = await load({ ...request, seconds: settleSeconds })
    best = Math.max(best, requestsPerSecond)
  }
  server.stop()
  return Math.round(best)
}

function describeRun(run: {
  ceiling: number
  foreign: string
  medians: string
  targets: string
}): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  }).trim()
  const [cpu] = cpus()
  const { seconds, connections } = effort
  const given = process.argv.slice(2)
  return `# Results

Written by \`npm run bench\`; [README.md](README.md) says how to read it.

- date: ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC
- commit: ${commit}
- machine: ${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${process.platform} ${process.arch}
- Node.js: ${process.version}
- command: \`${['npm run bench', ...(given.length > 0 ? ['--', ...given] : [])].join(' ')}\`
- measured: ${rounds} rounds of ${seconds} s, ${connections} connections
- pinning: ${pinning}
- taken by other processes meanwhile: ${run.foreign}
- load generator: ${run.ceiling.toLocaleString('en')} requests/s at most
- few users: ${fewUsers.toLocaleString('en')}; many users: ${manyUsers.toLocaleString('en')}

## Targets

Ratios are of throughput, measured in the same round.

${run.targets}

## Medians of ${rounds} rounds

${run.medians}
`
}

function readNumber(name: string, text: string, least: number): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= least) return number
  return stop(`--${name} has to be a whole number from ${least} on.`)
}

function stop(message: string): never {
  console.error(message)
  process.exit(1)
}
