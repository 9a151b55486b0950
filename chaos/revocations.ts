import { ask, type Crowd, type Person, type Session } from './people.ts'
import { sleep, until } from './child-process.ts'
import type { System } from './system.ts'

export type Reach = {
  readonly revoked: number
  /** From the answer to the revocation until every node's feed told of it. */
  readonly medianMs: number
  readonly longestMs: number
  readonly broken: readonly string[]
}

/** What the design promises of a revocation. [SE-5] */
const reachMs = 5_000
const parallel = 8

/** Ends many sessions, and measures how long it takes until each node's feed tells of each. */
export async function measureReach({ nodes }: System, crowd: Crowd, count: number): Promise<Reach> {
  const [first] = nodes
  if (!first) throw new Error('There is no node')
  const credential = await first.makeCredential()
  const told = nodes.map(() => new Map<string, number>())
  const closing = new AbortController()
  const readers = nodes.map(({ url }, index) =>
    follow(url, told[index] ?? new Map<string, number>(), closing.signal),
  )

  async function follow(url: string, seen: Map<string, number>, signal: AbortSignal) {
    let after = ''
    const headers = { authorization: `Bearer ${credential}` }
    while (!signal.aborted) {
      const query = new URLSearchParams({ wait: '5', ...(after && { after }) })
      const answer = await ask(`${url}/v1/revocations?${query.toString()}`, { headers }).catch(
        () => undefined,
      )
      if (answer?.status !== 200) {
        await sleep(200)
        continue
      }
      const { cursor, revocations } = answer.body as unknown as {
        cursor: string
        revocations: { session_id: string }[]
      }
      after = cursor
      for (const { session_id } of revocations) {
        if (!seen.has(session_id)) seen.set(session_id, Date.now())
      }
    }
  }

  const sessions: Session[] = []
  await inParallel(count, crowd, async (person) => void sessions.push(await crowd.signIn(person)))
  const answered = new Map<string, number>()
  const queue = [...sessions]
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (let next = queue.pop(); next; next = queue.pop()) {
        await crowd.revoke(next)
        answered.set(next.session_id, Date.now())
      }
    }),
  )
  const revoked = sessions.filter((session) => crowd.revoked.includes(session))
  const missing = () =>
    revoked.filter(({ session_id }) => told.some((seen) => !seen.has(session_id))).length
  await until(() => missing() === 0, { withinMs: 3 * reachMs, describe: () => '' }).catch(
    () => undefined,
  )
  closing.abort()
  await Promise.all(readers)

  const lags = revoked
    .map(({ session_id }) => {
      const seenLast = Math.max(
        ...told.map((seen) => seen.get(session_id) ?? Number.POSITIVE_INFINITY),
      )
      return Math.max(0, seenLast - (answered.get(session_id) ?? 0))
    })
    .toSorted((a, b) => a - b)
  const late = lags.filter((lag) => lag > reachMs).length
  return {
    revoked: revoked.length,
    medianMs: lags[Math.floor(lags.length / 2)] ?? 0,
    longestMs: lags.at(-1) ?? 0,
    broken: [
      ...(late > 0 ? [`${late} revocations did not reach every node within ${reachMs} ms`] : []),
      ...(revoked.length < count
        ? [`${count - revoked.length} revocations were not answered`]
        : []),
    ],
  }
}

async function inParallel(count: number, crowd: Crowd, act: (person: Person) => Promise<void>) {
  let begun = 0
  await Promise.all(
    Array.from({ length: parallel }, async (_, lane) => {
      while (begun < count) {
        const person = crowd.people[(begun++ * parallel + lane) % crowd.people.length]
        if (person) await act(person)
      }
    }),
  )
}
