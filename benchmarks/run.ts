/** Kaimen beside a tutorial's server and beside the leanest possible one, in one run: see README.md. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { load } from './load.ts'
import { pinToLastCore } from './pin.ts'
import { disturbedCores, machineCpuMicroseconds, waitForQuiet } from './quiet.ts'
import { describeForeign, renderMedians, renderTargets } from './report.ts'
import type { Sample } from './report.ts'
import {
  expected,
  nextRequest,
  returningPeople,
  returningPerson,
  sessions,
  scenarioNames,
  signInRequest,
} from './scenarios.ts'
import type { ScenarioName } from './scenarios.ts'
import { startServer } from './server-process.ts'
import type { ServerProcess } from './server-process.ts'
import { playWechat } from './wechat.ts'

const allServers = ['tutorial', 'floor', 'kaimen']

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
    wait: { type: 'string', default: '10' },
    only: { type: 'string', default: allServers.join(',') },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log(`npm run bench -- [options]

  --rounds <n>        rounds; each measures every server (default 5)
  --seconds <n>       seconds of one measurement (default 3)
  --connections <n>   connections of the load generator (default 64)
  --wait <n>          seconds to wait, before each measurement, for a machine that others leave alone
                      (default 10); a measurement that they disturb is repeated, twice at most
  --only <names>      servers, with commas, of ${allServers.join(', ')}; writes no results.md
  --help              this

Writes benchmarks/results.md. Takes some five minutes.`)
  process.exit()
}

/** Also how long latency at one connection is measured. */
const warmUpSeconds = 0.5
const rounds = readNumber('rounds', values.rounds)
const seconds = readNumber('seconds', values.seconds)
const connections = readNumber('connections', values.connections)
const wait = readNumber('wait', values.wait)
const names = values.only.split(',')
const unknown = names.filter((name) => !allServers.includes(name))
if (unknown.length > 0) stop(`No server is named ${unknown.join(', ')}: ${allServers.join(', ')}.`)

const { serverCore: core, description: pinning } = pinToLastCore()

// On the disk of the working copy: a temporary folder may be in memory, where durability is free.
mkdirSync(join(import.meta.dirname, '.kaimen'), { recursive: true })
const folder = mkdtempSync(join(import.meta.dirname, '.kaimen', 'bench-'))
const wechat = await playWechat()
const servers: ServerProcess[] = []
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    cleanUp()
    process.exit(1)
  })
}

try {
  const ceiling = await measureCeiling()
  console.log(`Load generator: ${ceiling.toLocaleString('en')} requests/s at most. ${pinning}.`)

  const tokens = new Map<string, string[]>()
  for (const name of names) {
    const server = await startServer(name, { wechatUrl: wechat.url, folder, core })
    servers.push(server)
    await signInPeople(server, returningPeople)
  }

  const samples: Sample[] = []
  for (let round = 0; round < rounds; round += 1) {
    // In every round: the tokens live for 15 minutes, and a run may take longer.
    for (const server of servers) tokens.set(server.name, await signInPeople(server, sessions))
    for (const scenario of scenarioNames) {
      for (let place = 0; place < servers.length; place += 1) {
        // Another one begins in every round, so that none always has the warmest machine.
        const server = servers[(round + place) % servers.length]
        if (server === undefined) continue
        const sample = await measureInPeace(server, scenario, tokens.get(server.name) ?? [])
        samples.push(sample)
        console.log(
          `round ${round + 1}/${rounds}  ${scenario.padEnd(9)}  ${server.name.padEnd(8)}  ` +
            `${Math.round(sample.requestsPerSecond).toLocaleString('en').padStart(7)}/s  ` +
            `${sample.cpuMicroseconds.toFixed(0).padStart(4)} µs`,
        )
      }
    }
  }

  const medians = renderMedians(samples, names)
  console.log(`\n${medians}`)
  if (names.length === allServers.length) {
    const targets = renderTargets(samples)
    const foreign = describeForeign(samples)
    console.log(`\n${targets}`)
    const results = describeRun({ ceiling, foreign, medians, targets })
    writeFileSync(join(import.meta.dirname, 'results.md'), results)
    console.log('\nWritten to benchmarks/results.md')
  }
} finally {
  cleanUp()
}

function cleanUp() {
  for (const server of servers) server.stop()
  wechat.close()
  rmSync(folder, { recursive: true, force: true })
}

/** The least disturbed of up to three measurements. */
async function measureInPeace(
  server: ServerProcess,
  scenario: ScenarioName,
  tokens: readonly string[],
): Promise<Sample> {
  let best: Sample | undefined
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await waitForQuiet(wait)
    const sample = await measure(server, scenario, tokens)
    if ((sample.foreignCores ?? 0) <= disturbedCores) return sample
    if (best === undefined || (sample.foreignCores ?? 0) < (best.foreignCores ?? 0)) best = sample
  }
  return best ?? stop('no measurement was made')
}

async function measure(
  server: ServerProcess,
  scenario: ScenarioName,
  tokens: readonly string[],
): Promise<Sample> {
  const request = {
    port: server.port,
    expect: expected[scenario],
    nextRequest: () => nextRequest(scenario, tokens),
  }
  const alone = await load({ ...request, connections: 1, seconds: warmUpSeconds })
  await load({ ...request, connections, seconds: warmUpSeconds })
  const cpuBefore = await server.cpuMicroseconds()
  const ownBefore = process.cpuUsage()
  const machineBefore = machineCpuMicroseconds()
  const measured = await load({ ...request, connections, seconds })
  const machineAfter = machineCpuMicroseconds()
  const { user, system } = process.cpuUsage(ownBefore)
  const own = user + system
  const cpu = (await server.cpuMicroseconds()) - cpuBefore
  return {
    server: server.name,
    scenario,
    requestsPerSecond: measured.requestsPerSecond,
    cpuMicroseconds: cpu / measured.requests,
    p50Ms: measured.p50Ms,
    p99Ms: measured.p99Ms,
    aloneMs: alone.p50Ms,
    loadBusy: own / (seconds * 1e6),
    foreignCores:
      machineBefore === undefined || machineAfter === undefined
        ? undefined
        : Math.max(0, machineAfter - machineBefore - cpu - own) / (seconds * 1e6),
  }
}

/** Signs in the first `count` of the returning people. @returns Their access tokens. */
async function signInPeople({ port }: ServerProcess, count: number): Promise<string[]> {
  const tokens: string[] = []
  let next = 0
  await load({
    port,
    connections,
    seconds: Infinity,
    expect: expected.returning,
    nextRequest: () => (next < count ? signInRequest(returningPerson(next++)) : undefined),
    onBody: (body) => tokens.push(/"access_token":"([^"]+)"/.exec(body)?.[1] ?? ''),
  })
  return tokens
}

async function measureCeiling(): Promise<number> {
  const server = await startServer('ceiling', { wechatUrl: wechat.url, folder, core })
  const request = {
    port: server.port,
    connections,
    expect: expected.me,
    nextRequest: () => nextRequest('me', ['none']),
  }
  let best = 0
  for (let attempt = 0; attempt < 4; attempt += 1) {
    await waitForQuiet(wait)
    const { requestsPerSecond } = await load({ ...request, seconds: warmUpSeconds })
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
  return `# Results

Written by \`npm run bench\`; [README.md](README.md) says how to read it.

- date: ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC
- commit: ${commit}
- machine: ${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${process.platform} ${process.arch}
- Node.js: ${process.version}
- command: \`npm run bench -- --rounds ${rounds} --seconds ${seconds} --connections ${connections}\`
- pinning: ${pinning}
- taken by other processes meanwhile: ${run.foreign}
- load generator: ${run.ceiling.toLocaleString('en')} requests/s at most

## Targets

Kaimen's throughput as a multiple of the other's, measured in the same round.

${run.targets}

## Medians of ${rounds} rounds

${run.medians}
`
}

function readNumber(name: string, text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  return stop(`--${name} has to be a whole number above 0.`)
}

function stop(message: string): never {
  console.error(message)
  process.exit(1)
}
