import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EphemeralStore } from '@kaimen/server'
import { createMemoryEphemeralStore } from '@kaimen/server/store/memory'
import { createSqlEphemeralStore, createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { secret } from '@kaimen/wechat'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultHashCost, hashPassword, verifyPassword } from '../../src/password/hash.ts'
import { countGuess, forgetFailures, type LockoutLimits } from '../../src/password/lockout.ts'
import { limitHashing } from '../../src/password/queue.ts'
import { systemRandom } from '../../src/random.ts'
import { testClock, type TestClock } from '../support/clock.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const limits: LockoutLimits = { maxFailures: 10, lockMs: 15 * minuteMs }
const account = 'blind index of a phone'

type Opened = { ephemeral: EphemeralStore; clock: TestClock; close(): Promise<void> }

const stores: Record<string, () => Promise<Opened>> = {
  memory() {
    const clock = testClock()
    const ephemeral = createMemoryEphemeralStore(clock)
    return Promise.resolve({ ephemeral, clock, close: () => ephemeral.close() })
  },
  async sqlite() {
    const clock = testClock()
    const folder = await mkdtemp(join(tmpdir(), 'kaimen-lockout-'))
    const database = openSqlite(join(folder, 'kaimen.db'))
    const store = createSqlStore(database, clock)
    await store.migrate()
    return {
      ephemeral: createSqlEphemeralStore(database, clock),
      clock,
      async close() {
        await store.close()
        await rm(folder, { recursive: true })
      },
    }
  },
}

describe.each(Object.entries(stores))('guesses at a password, on %s', (name, open) => {
  let opened: Opened
  beforeEach(async () => void (opened = await open()))
  afterEach(() => opened.close())

  const guess = (of = account, by = limits) => countGuess(opened, by, of)
  const guessTimes = async (times: number) => {
    const outcomes = []
    for (let guesses = 0; guesses < times; guesses++) outcomes.push(await guess())
    return outcomes
  }

  it('[AU-2] ten are compared, and the eleventh waits a quarter of an hour', async () => {
    expect(await guessTimes(11)).toEqual([
      ...Array<string>(10).fill('allowed'),
      { lockedForSeconds: 900 },
    ])
    opened.clock.advance(15 * minuteMs - 1)
    expect(await guess()).toEqual({ lockedForSeconds: 1 })
    opened.clock.advance(1)
    expect(await guess()).toBe('allowed')
  })

  it('[AU-2] of 200 wrong guesses at once exactly ten are compared', async () => {
    const cost = defaultHashCost
    const queue = limitHashing({ concurrency: 2, maxWaiting: 200 })
    const stored = await queue.run((slot) =>
      hashPassword({ slot, cost, random: systemRandom }, secret('heron wakes the moss')),
    )
    let compared = 0
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, number) =>
        queue.run(async (slot) => {
          const counted = await guess()
          if (counted !== 'allowed') return counted
          compared += 1
          return verifyPassword({ slot, cost }, stored, secret(`guess ${number}`))
        }),
      ),
    )
    expect(compared).toBe(10)
    expect(outcomes.filter((outcome) => outcome === 'wrong')).toHaveLength(10)
    expect(outcomes.filter((outcome) => typeof outcome === 'object')).toHaveLength(190)
  })

  it('[AU-2] of 200 that are counted in the same moment exactly ten are allowed', async () => {
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => guess()))
    expect(outcomes.filter((outcome) => outcome === 'allowed')).toHaveLength(10)
    const refused = outcomes.filter((outcome) => outcome !== 'allowed')
    expect(refused.map(({ lockedForSeconds }) => lockedForSeconds)).toEqual(Array(190).fill(900))
  })

  it('[AU-2] each further failure doubles the lock, up to a day', async () => {
    await guessTimes(10)
    const locks = []
    for (let failure = 10; failure < 20; failure++) {
      const outcome = await guess()
      const seconds = outcome === 'allowed' ? 0 : outcome.lockedForSeconds
      locks.push(seconds)
      opened.clock.advance(seconds * 1000)
      expect(await guess()).toBe('allowed')
    }
    const quarter = 900
    expect(locks).toEqual([
      ...[1, 2, 4, 8, 16, 32, 64].map((times) => times * quarter),
      86_400,
      86_400,
      86_400,
    ])
  })

  it('[AU-2] after a hundred in a row, however slow, the password is no way in for a year', async () => {
    let allowed = 0
    for (let days = 0; days < 300; days++) {
      while ((await guess()) === 'allowed') allowed += 1
      opened.clock.advance(dayMs)
    }
    expect(allowed).toBe(100)
    const outcome = await guess()
    expect(outcome === 'allowed' ? 0 : outcome.lockedForSeconds).toBeGreaterThan(100 * 86_400)
  })

  it('[AU-2] a right password begins the count anew', async () => {
    await guessTimes(9)
    await forgetFailures(opened, account)
    expect(await guessTimes(11)).toEqual([
      ...Array<string>(10).fill('allowed'),
      { lockedForSeconds: 900 },
    ])
  })

  it('[AU-3] one account’s lock is nobody else’s, and ends when the phone is proven', async () => {
    await guessTimes(11)
    expect(await guess('blind index of another')).toBe('allowed')
    await forgetFailures(opened, account)
    expect(await guess()).toBe('allowed')
  })

  it('[LG-1] the key of the count is a digest', async () => {
    const keys: string[] = []
    const { ephemeral, clock } = opened
    const watched: EphemeralStore = {
      ...ephemeral,
      add: (key, value, ttlMs) => {
        keys.push(key, value)
        return ephemeral.add(key, value, ttlMs)
      },
    }
    await countGuess({ ephemeral: watched, clock }, limits, '+8613812345678')
    expect(keys).toHaveLength(2)
    expect(keys.join()).not.toContain('13812345678')
  })

  type Step =
    | { kind: 'guess'; right: boolean }
    | { kind: 'burst'; size: number }
    | { kind: 'wait'; ms: number }
  const steps = fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constant('guess' as const), right: fc.constant(false) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('guess' as const), right: fc.constant(true) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('burst' as const),
          size: fc.integer({ min: 2, max: 12 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('wait' as const),
          ms: fc.oneof(
            fc.integer({ min: 1, max: hourMs }),
            fc.constantFrom(15 * minuteMs, 30 * minuteMs, dayMs, 366 * dayMs),
          ),
        }),
      },
    ),
    { maxLength: 150 },
  )

  it('[AU-2] any history goes as the rules say', async () => {
    let histories = 0
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.integer({ min: 1, max: 12 }),
        async (history: Step[], maxFailures) => {
          const { clock } = opened
          histories += 1
          const of = `account ${histories}`
          const by = { maxFailures, lockMs: 15 * minuteMs }
          let failures = 0
          let lockedUntil = 0
          let forgottenAt = Infinity
          /** What the rules say of one guess now. */
          const expected = () => {
            const now = clock.now()
            if (now >= forgottenAt) {
              failures = 0
              lockedUntil = 0
            }
            if (now < lockedUntil)
              return { lockedForSeconds: Math.ceil((lockedUntil - now) / 1000) }
            failures += 1
            forgottenAt = now + 365 * dayMs
            if (failures >= 100) lockedUntil = forgottenAt
            else if (failures >= maxFailures) {
              lockedUntil = now + Math.min(dayMs, 15 * minuteMs * 2 ** (failures - maxFailures))
            }
            return 'allowed'
          }
          for (const step of history) {
            if (step.kind === 'wait') clock.advance(step.ms)
            else if (step.kind === 'guess') {
              const outcome = await guess(of, by)
              expect(outcome).toEqual(expected())
              if (step.right && outcome === 'allowed') {
                await forgetFailures(opened, of)
                failures = 0
                lockedUntil = 0
                forgottenAt = Infinity
              }
            } else {
              const outcomes = await Promise.all(
                Array.from({ length: step.size }, () => guess(of, by)),
              )
              const byRule = outcomes.map(expected)
              const count = (all: unknown[]) => all.filter((each) => each === 'allowed').length
              expect(count(outcomes)).toBe(count(byRule))
            }
          }
        },
      ),
      { numRuns: name === 'memory' ? 300 : 25 },
    )
  })
})
