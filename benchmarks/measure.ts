import { load } from './load.ts'
import type { Measurement } from './load.ts'
import { disturbedCores, machineCpuMicroseconds, waitForQuiet } from './quiet.ts'
import type { Sample } from './report.ts'
import {
  expected,
  nextRequest,
  readAnswer,
  rememberSignedIn,
  returningPerson,
  signInRequest,
} from './scenarios.ts'
import type { People, ScenarioName } from './scenarios.ts'
import type { ServerProcess } from './server-process.ts'

export interface Effort {
  readonly seconds: number
  readonly connections: number
  /** Waited at most for a machine that others leave alone, before each measurement. */
  readonly waitSeconds: number
  /** How often a measurement that others disturb is made. */
  readonly attempts: number
  /** Whether the load generator has a core of its own. */
  readonly hasOwnCore: boolean
}

/** Before each measurement; also how long latency at one connection is measured. */
export const settleSeconds = 0.5

/** The least disturbed of several measurements. */
export async function measureInPeace(
  server: ServerProcess,
  scenario: ScenarioName,
  people: People,
  effort: Effort,
): Promise<Sample> {
  let best: Sample | undefined
  for (let attempt = 0; attempt < effort.attempts; attempt += 1) {
    await waitForQuiet(effort.waitSeconds)
    const sample = await measure(server, scenario, people, effort)
    if ((sample.foreignCores ?? 0) <= disturbedCores) return sample
    if (best === undefined || (sample.foreignCores ?? 0) < (best.foreignCores ?? 0)) best = sample
  }
  if (best === undefined) throw new Error('no measurement was made')
  return best
}

async function measure(
  server: ServerProcess,
  scenario: ScenarioName,
  people: People,
  effort: Effort,
): Promise<Sample> {
  const { seconds } = effort
  const settle = { ...effort, seconds: settleSeconds }
  const alone = await work(server, scenario, people, { ...settle, connections: 1 })
  await work(server, scenario, people, settle)
  const before = await server.usage()
  const ownBefore = process.cpuUsage()
  const machineBefore = machineCpuMicroseconds()
  const measured = await work(server, scenario, people, effort)
  const machineAfter = machineCpuMicroseconds()
  const { user, system } = process.cpuUsage(ownBefore)
  const own = user + system
  const cpu = (await server.usage()).cpuMicroseconds - before.cpuMicroseconds
  return {
    server: server.name,
    scenario,
    requestsPerSecond: measured.requestsPerSecond,
    cpuMicroseconds: cpu / measured.requests,
    p50Ms: measured.p50Ms,
    p99Ms: measured.p99Ms,
    aloneMs: alone.p50Ms,
    loadBusy: measured.busy,
    foreignCores:
      machineBefore === undefined || machineAfter === undefined
        ? undefined
        : Math.max(0, machineAfter - machineBefore - cpu - own) / (seconds * 1e6),
  }
}

/** Puts load on one server. */
export function work(
  server: ServerProcess,
  scenario: ScenarioName,
  people: People,
  { seconds, connections, hasOwnCore }: Pick<Effort, 'seconds' | 'connections' | 'hasOwnCore'>,
): Promise<Measurement> {
  return load({
    port: server.port,
    connections,
    seconds,
    // A database beside the server needs that core as well.
    mayStayAwake: hasOwnCore && !server.usesDatabaseServer,
    expect: expected[scenario],
    nextRequest: () => nextRequest(scenario, people),
    onBody: (body: string) => readAnswer(scenario, people, body),
  })
}

/** Signs in the first so many of a server's people, and remembers what they were given. */
export async function signInPeople(
  { name, port }: ServerProcess,
  people: People,
  count: number,
  connections: number,
): Promise<void> {
  people.credentials = []
  people.refreshTokens = []
  let next = 0
  await load({
    port,
    connections,
    seconds: Infinity,
    expect: expected.returning,
    nextRequest: () => (next < count ? signInRequest(returningPerson(next++)) : undefined),
    onBody: (body) =>
      rememberSignedIn(people, body, name === 'unchecked' ? 'session_id' : 'access_token'),
  })
}
