import { describeEnds, findBroken } from './checks.ts'
import { sleep } from './child-process.ts'
import { gatherCrowd, type Crowd } from './people.ts'
import { measureReach } from './revocations.ts'
import { openSystem, type System } from './system.ts'

export type Scale = {
  readonly people: number
  /** How long a fault lasts, and how long the load goes on after it. */
  readonly faultMs: number
  readonly calmMs: number
  /** Longer than anything waits for a node. */
  readonly pauseMs: number
  /** How many nodes are killed, and replaced, one after the other. */
  readonly inTurn: number
  readonly revocations: number
  readonly losing: number
}

export const fullScale: Scale = {
  people: 30,
  faultMs: 12_000,
  calmMs: 8_000,
  pauseMs: 25_000,
  inTurn: 3,
  revocations: 1_000,
  losing: 0.01,
}
/** Under a minute, for every change. */
export const smallScale: Scale = {
  people: 10,
  faultMs: 2_000,
  calmMs: 500,
  pauseMs: 6_500,
  inTurn: 1,
  revocations: 60,
  losing: 0.1,
}

export type PhaseResult = {
  readonly name: string
  readonly requests: number
  readonly retries: number
  /** What clients were left with after all retries. */
  readonly failures: readonly string[]
  readonly longestMs: number
  readonly broken: readonly string[]
  readonly note: string
}

type Phase = {
  readonly name: string
  /** What is really done, under load. @returns What is worth a note. */
  run(system: System, scale: Scale, crowd: Crowd): Promise<Outcome | void>
}

type Outcome = { readonly note?: string; readonly broken?: readonly string[] }

const phases: readonly Phase[] = [
  {
    name: 'nothing is wrong',
    run: (_, { faultMs }) => sleep(faultMs),
  },
  {
    name: 'nodes are killed by kill -9, one after the other',
    async run({ nodes }, { faultMs, inTurn }) {
      for (const node of nodes.slice(0, inTurn)) {
        await node.end('SIGKILL')
        await sleep(faultMs / inTurn)
        await node.start()
      }
    },
  },
  {
    name: 'nodes are stopped by SIGTERM and replaced, one after the other',
    async run({ nodes }, { inTurn }) {
      for (const node of nodes.slice(0, inTurn)) {
        await node.end('SIGTERM')
        await node.start()
      }
    },
  },
  {
    name: 'Redis is killed, and comes back empty',
    async run({ redis }, { faultMs }) {
      await redis.stop()
      await sleep(faultMs)
      await redis.start()
    },
  },
  {
    name: 'PostgreSQL is stopped at once, and recovers',
    async run({ postgres }, { faultMs }) {
      await postgres.stop()
      await sleep(faultMs)
      await postgres.start()
    },
  },
  {
    name: 'a node is paused beyond every timeout',
    async run({ nodes: [node] }, { pauseMs }) {
      node?.signal('SIGSTOP')
      await sleep(pauseMs)
      node?.signal('SIGCONT')
    },
  },
  {
    name: 'replies are lost after the work was done',
    async run({ balancer }, { faultMs, losing }) {
      const before = balancer.lost()
      balancer.losing = losing
      await sleep(faultMs)
      balancer.losing = 0
      return { note: `${balancer.lost() - before} replies lost` }
    },
  },
  {
    name: 'all of it at once',
    async run({ nodes: [first, second], redis, postgres, balancer }, { faultMs, losing }) {
      balancer.losing = losing
      first?.signal('SIGSTOP')
      await Promise.all([redis.stop(), second?.end('SIGKILL')])
      await sleep(faultMs / 2)
      await postgres.stop()
      await sleep(faultMs / 2)
      await Promise.all([redis.start(), postgres.start()])
      first?.signal('SIGCONT')
      await second?.start()
      balancer.losing = 0
    },
  },
  {
    name: 'many sessions are revoked [SE-5]',
    async run(system, { revocations }, crowd) {
      const { revoked, medianMs, longestMs, broken } = await measureReach(
        system,
        crowd,
        revocations,
      )
      return {
        note: `${revoked} on three nodes: median ${medianMs} ms, longest ${longestMs} ms`,
        broken,
      }
    },
  },
]

/**
 * Breaks a system of three nodes in one way after the other while people use it, and looks each
 * time whether anything that was answered was lost.
 *
 * @param tell Is told of the progress.
 */
export async function runCampaign(
  scale: Scale,
  tell: (text: string) => void,
): Promise<readonly PhaseResult[]> {
  tell('Starting PostgreSQL, Redis, WeChat, three nodes and a balancer…')
  const system = await openSystem()
  const results: PhaseResult[] = []
  try {
    const { balancer, wechatUrl } = system
    const crowd = await gatherCrowd(scale.people, { url: balancer.url, wechatUrl })
    for (const phase of phases) {
      tell(`${phase.name}…`)
      const result = await runPhase(phase, { system, crowd, scale })
      tell(`  ${describe(result)}`)
      results.push(result)
    }
    return results
  } finally {
    await system.close()
  }
}

type At = { system: System; crowd: Crowd; scale: Scale }

async function runPhase({ name, run }: Phase, { system, crowd, scale }: At): Promise<PhaseResult> {
  const tokensBefore = await system.tokenRequests()
  const startsBefore = countStarts(system)
  crowd.begin()
  const outcome = await run(system, scale, crowd)
  await sleep(scale.calmMs)
  await crowd.pause()
  const broken = await findBroken(system, crowd)
  const { requests, retries, failures, longestMs, signedOut, contradictions } = crowd.takeTally()
  const tokens = (await system.tokenRequests()) - tokensBefore
  // One for each node that lost its copy, and one where Redis lost it.
  const tokensAllowed = system.nodes.length + countStarts(system) - startsBefore
  return {
    name,
    requests,
    retries,
    failures,
    longestMs,
    broken: [
      ...signedOut.map((what) => `signed out: ${what} (ends: ${describeEnds(system)})`),
      ...contradictions,
      ...broken,
      ...(outcome?.broken ?? []),
      ...(tokens > tokensAllowed ? [`WeChat was asked for ${tokens} access_tokens`] : []),
    ],
    note: outcome?.note ?? '',
  }
}

const countStarts = ({ nodes }: System) => nodes.reduce((sum, node) => sum + node.starts(), 0)

function describe({ requests, retries, failures, longestMs, broken, note }: PhaseResult): string {
  const faults = [...failures, ...broken].map((fault) => `\n    BROKEN ${fault}`).join('')
  const seconds = (longestMs / 1000).toFixed(1)
  return `${requests} requests, ${retries} repeated, longest wait ${seconds} s${note && `; ${note}`}${faults}`
}

/** Whether everything that has to hold held. */
export function isSound(results: readonly PhaseResult[]): boolean {
  return results.every(({ failures, broken }) => failures.length + broken.length === 0)
}

export const phaseCount = phases.length
