import { expect, it } from 'vitest'
import { keepOutcomes } from '../once.ts'

it('shares what came of a key for its time, and forgets it then', async () => {
  let nowMs = 0
  let acts = 0
  const outcomes = keepOutcomes<number>(() => nowMs, 60_000)
  const act = () => Promise.resolve((acts += 1))
  expect(outcomes.find('a')).toBe(undefined)
  expect(await Promise.all([outcomes.share('a', act), outcomes.share('a', act)])).toEqual([1, 1])
  nowMs = 59_999
  expect(await outcomes.share('b', act)).toBe(2)
  expect(await outcomes.find('a')).toBe(1)
  nowMs = 60_000
  expect(outcomes.find('a')).toBe(undefined)
  expect(await outcomes.find('b')).toBe(2)
})
