import fc from 'fast-check'
import { createLocalJWKSet, jwtVerify, type JWK } from 'jose'
import { createMemoryStore } from '@kaimen/server/store/memory'
import type { Store } from '@kaimen/server'
import { describe, expect, it } from 'vitest'
import { readKeyRing } from '../../src/key-ring.ts'
import { systemRandom } from '../../src/random.ts'
import { accessTokens } from '../../src/session/access-token.ts'
import { moveKeysOn, rotateKeys } from '../../src/session/rotate-keys.ts'
import { checkRotation } from '../../src/session/rotation.ts'
import { loadSigningKeys } from '../../src/session/signing-keys.ts'
import { testClock } from '../support/clock.ts'
import { testSecret } from '../support/world.ts'

const secondMs = 1000
const lifetimeMs = 900 * secondMs
const yearMs = 365 * 24 * 3600 * secondMs
const maxAgeMs = 600 * secondMs
const rotation = checkRotation({ rotateDays: 1 }, lifetimeMs)
const url = 'http://kaimen.test'

const who = fc.nat(2)
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait'), seconds: fc.integer({ min: 1, max: 700 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait'), seconds: fc.constant(86_400) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('sign'), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('rotate'), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('race'), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('tidy'), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart'), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('part'), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('check'), who }) },
)
type Step = { do: string; who?: number; seconds?: number }

/** A node as long as it is not parted from the store; then it serves nobody. */
async function openNode(store: Store, clock: ReturnType<typeof testClock>) {
  const ring = readKeyRing(testSecret)
  if (typeof ring === 'string') throw new Error(ring)
  const parts = { store, ring, clock, random: systemRandom, rotation, emit: () => {} }
  const keys = await loadSigningKeys({ ...parts, report: () => {} })
  const tokens = accessTokens({ ...parts, keys, issuer: url, audience: url, lifetimeMs })
  return { parts: { ...parts, keys }, keys, tokens, isParted: false }
}

type Held = { token: string; kid: string; signedAtMs: number; isForged: boolean }

describe('random histories of three nodes and two verifiers', () => {
  it('[TK-5] refuse no good token, and take no token of a retired key beyond the bound', async () => {
    let rotations = 0
    let refused = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const clock = testClock()
        const store = createMemoryStore(clock)
        const nodes = await Promise.all([1, 2, 3].map(() => openNode(store, clock)))
        const verifiers: ({ keys: readonly JWK[]; atMs: number } | undefined)[] = [
          undefined,
          undefined,
        ]
        const held: Held[] = []
        /** When each key signed last by right. */
        const stoppedAtMs = new Map<string, number>()

        const served = async (index: number) => {
          const live = nodes.filter(({ isParted }) => !isParted)
          const node = live[index % live.length]
          // As a handler does before it answers.
          await node?.keys.keepFresh()
          return node
        }

        async function rotate(index: number, times: number) {
          const before = (await store.listSigningKeys()).find(({ slot }) => slot === 'current')
          const live = await Promise.all(
            Array.from({ length: times }, (_, each) => served(index + each)),
          )
          const outcomes = await Promise.all(
            live.flatMap((node) => (node ? [rotateKeys(node.parts)] : [])),
          )
          const done = outcomes.filter((each) => each.outcome === 'rotated').length
          expect(done).toBeLessThanOrEqual(1)
          if (done && before) stoppedAtMs.set(before.kid, clock.now())
          rotations += done
        }

        async function tidy(index: number) {
          const before = (await store.listSigningKeys()).find(({ slot }) => slot === 'current')
          const node = await served(index)
          if (node) await moveKeysOn(node.parts)
          const after = (await store.listSigningKeys()).find(({ slot }) => slot === 'current')
          if (before && after?.kid !== before.kid) stoppedAtMs.set(before.kid, clock.now())
        }

        async function signAt(index: number) {
          const node = await served(index)
          if (!node) return
          const { kid } = node.keys.current
          for (const life of [lifetimeMs, yearMs]) {
            const of = { user_id: 1, session_id: 1, app_id: 'app', signedInAt: clock.now() }
            const subject = { ...of, lifetimeMs: life }
            const isForged = life === yearMs
            const token = node.tokens.sign(subject)
            held.push({ token, kid, signedAtMs: clock.now(), isForged })
          }
        }

        async function checkAll(index: number) {
          const node = await served(index)
          if (!node) return
          for (const [each, verifier] of verifiers.entries()) {
            if (verifier && clock.now() - verifier.atMs < maxAgeMs) continue
            const from = await served(index + each)
            if (from) verifiers[each] = { keys: from.keys.jwks().keys, atMs: clock.now() }
          }
          for (const one of held) {
            const ageMs = clock.now() - one.signedAtMs
            const stoppedMs = clock.now() - (stoppedAtMs.get(one.kid) ?? clock.now())
            const isTaken = await node.tokens.verify(one.token).then(
              () => true,
              () => false,
            )
            if (ageMs < lifetimeMs) expect([one, isTaken]).toEqual([one, true])
            if (stoppedMs >= rotation.overlapMs) expect([one, isTaken]).toEqual([one, false])
            if (!isTaken) refused++
            for (const verifier of verifiers) {
              if (!verifier) continue
              const jwks = createLocalJWKSet({ keys: [...verifier.keys] })
              const isVerified = await jwtVerify(one.token, jwks, {
                currentDate: new Date(clock.now()),
              }).then(
                () => true,
                () => false,
              )
              if (ageMs < lifetimeMs) expect([one, isVerified]).toEqual([one, true])
              const isOver = stoppedMs >= rotation.overlapMs + maxAgeMs
              if (isOver) expect([one, isVerified]).toEqual([one, false])
            }
          }
        }

        async function take({ do: act, who: index = 0, seconds = 0 }: Step) {
          if (act === 'wait') clock.advance(seconds * secondMs)
          if (act === 'sign') await signAt(index)
          if (act === 'rotate') await rotate(index, 1)
          if (act === 'race') await rotate(index, 3)
          if (act === 'tidy') await tidy(index)
          if (act === 'restart') nodes[index] = await openNode(store, clock)
          if (act === 'check') await checkAll(index)
          const node = nodes[index]
          if (act === 'part' && node) node.isParted = !node.isParted
        }

        for (const each of steps) await take(each)
        await checkAll(0)
      }),
      { numRuns: 60 },
    )
    // The histories come to where it matters.
    expect([rotations > 30, refused > 100]).toEqual([true, true])
  })
})
