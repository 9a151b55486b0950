import { setImmediate } from 'node:timers/promises'
import { KaimenError } from '@kaimen/server'
import { DatabaseError } from '@kaimen/server/store/sql'
import { expect, it } from 'vitest'
import { askInGroups } from '../../src/store/sql/ask-in-groups.ts'

const unavailable = (cause: DatabaseError) =>
  new KaimenError('unavailable', { cause, retryAfterSeconds: 1 })

/** Notes who is asked for with whom, and holds each group until it is answered. */
function groups({ waitMs = 60_000 } = {}) {
  const held: { readonly names: readonly string[]; answer(error?: Error): void }[] = []
  const lone: string[] = []
  const faulty = new Set<string>()
  const overlooked = new Set<string>()
  const ask = askInGroups<string, string>(
    {
      keyOf: (name) => name[0],
      together: (names) =>
        new Promise((resolve, reject) => {
          const found = names.filter((name) => !overlooked.has(name))
          const answers = new Map(found.map((name) => [name[0], `${name} together`]))
          held.push({ names, answer: (error) => (error ? reject(error) : resolve(answers)) })
        }),
      alone(name) {
        lone.push(name)
        if (faulty.has(name)) return Promise.reject(new DatabaseError('unexpected'))
        return Promise.resolve(`${name} alone`)
      },
    },
    { waitMs },
  )
  return { ask, held, lone, faulty, overlooked }
}

/** Two groups are under way, so whoever comes waits. */
async function busy(options?: { waitMs: number }) {
  const world = groups(options)
  const first = world.ask('1')
  await turn()
  const second = world.ask('2')
  await turn()
  return { ...world, others: Promise.all([first, second]) }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 5))

it('who comes when fewer than two groups are under way is asked for at once', async () => {
  const { held, others } = await busy()
  expect(held.map(({ names }) => names)).toEqual([['1'], ['2']])
  for (const { answer } of held) answer()
  expect(await others).toEqual(['1 together', '2 together'])
})

it('those who come in one turn of the event loop are asked for together', async () => {
  const { ask, held, lone } = groups()
  const come = async (name: string) => {
    await setImmediate()
    return ask(name)
  }
  const answers = Promise.all(['a', 'b', 'c'].map(come))
  await turn()
  expect(held.map(({ names }) => names)).toEqual([['a', 'b', 'c']])
  held[0]?.answer()
  expect(await answers).toEqual(['a together', 'b together', 'c together'])
  expect(lone).toEqual([])
})

it('those who come while two groups are under way are asked for together when one ends', async () => {
  const { ask, held, others } = await busy()
  const answers: Promise<string>[] = []
  for (const name of ['a', 'b', 'c']) {
    answers.push(ask(name))
    await turn()
  }
  expect(held).toHaveLength(2)
  held[1]?.answer()
  await turn()
  expect(held.slice(2).map(({ names }) => names)).toEqual([['a', 'b', 'c']])
  held[2]?.answer()
  expect(await Promise.all(answers)).toEqual(['a together', 'b together', 'c together'])
  held[0]?.answer()
  expect(await others).toEqual(['1 together', '2 together'])
})

it('two of one key are in no group together, and neither waits for the other', async () => {
  const { ask, held } = await busy()
  const [one, again, two] = [ask('a 1'), ask('a 2'), ask('b')]
  expect(await again).toBe('a 2 alone')
  held[0]?.answer()
  await turn()
  expect(held[2]?.names).toEqual(['a 1', 'b'])
  held[2]?.answer()
  expect(await Promise.all([one, two])).toEqual(['a 1 together', 'b together'])
})

it('who finds no room in the group is asked for alone', async () => {
  const { ask, held, lone } = groups()
  const many = Array.from({ length: 501 }, (_, n) => ask(String.fromCodePoint(0x4e00 + n)))
  await turn()
  expect(held.map(({ names }) => names.length)).toEqual([500])
  expect(lone).toHaveLength(1)
  held[0]?.answer()
  await Promise.all(many)
})

it('who has no answer in the group is asked for alone', async () => {
  const { ask, held, overlooked, lone } = groups()
  overlooked.add('b')
  const answers = Promise.all(['a', 'b', 'c'].map(ask))
  await turn()
  held[0]?.answer()
  expect(await answers).toEqual(['a together', 'b alone', 'c together'])
  expect(lone).toEqual(['b'])
})

it.each([
  new DatabaseError('unexpected'),
  new DatabaseError('taken'),
  unavailable(new DatabaseError('conflict')),
  new TypeError('of a value'),
])('a group that fails by one of them harms that one alone: %s', async (failure) => {
  const { ask, held, faulty } = groups()
  faulty.add('b')
  const answers = Promise.allSettled(['a', 'b', 'c'].map(ask))
  await turn()
  held[0]?.answer(failure)
  expect(await answers).toEqual([
    { status: 'fulfilled', value: 'a alone' },
    { status: 'rejected', reason: new DatabaseError('unexpected') },
    { status: 'fulfilled', value: 'c alone' },
  ])
})

it.each(['lost', 'timeout', 'unreachable', 'overloaded'] as const)(
  'a group that the server did not answer (%s) is not asked for again',
  async (fault) => {
    const { ask, held, lone } = groups()
    const answers = Promise.allSettled(['a', 'b'].map(ask))
    await turn()
    const reason = unavailable(new DatabaseError(fault))
    held[0]?.answer(reason)
    expect(await answers).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ])
    expect(lone).toEqual([])
    const later = ask('c')
    await turn()
    held[1]?.answer()
    expect(await later).toBe('c together')
  },
)

it('who has waited for too long is told so, and whoever comes later waits anew', async () => {
  const { ask, held, lone } = await busy({ waitMs: 20 })
  const refusals = await Promise.allSettled(['a', 'b'].map(ask))
  for (const refusal of refusals) {
    expect(refusal).toMatchObject({
      status: 'rejected',
      reason: { code: 'unavailable', retryAfterSeconds: 1, cause: { fault: 'overloaded' } },
    })
  }
  const later = ask('c')
  held[0]?.answer()
  await turn()
  held[2]?.answer()
  expect(await later).toBe('c together')
  expect(lone).toEqual([])
})

it('a group that fails makes room for the next', async () => {
  const { ask, held, faulty } = groups()
  faulty.add('a')
  for (const n of [0, 1, 2]) {
    const failing = ask('a')
    await turn()
    held[n]?.answer(new DatabaseError('unexpected'))
    await expect(failing).rejects.toThrow(new DatabaseError('unexpected'))
  }
  const next = ask('b')
  await turn()
  held[3]?.answer()
  expect(await next).toBe('b together')
})
