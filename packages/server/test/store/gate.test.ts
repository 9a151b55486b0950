import { expect, it } from 'vitest'
import { DatabaseError } from '../../src/store/sql/database-error.ts'
import { gate } from '../../src/store/sql/gate.ts'

const overloaded = new DatabaseError('overloaded')

it('so many are let in at a time, and whoever came next goes next', async () => {
  const enter = gate({ size: 2, maxWaiting: 2, waitMs: 60_000 })
  const inside: string[] = []
  const come = (name: string) =>
    enter().then((leave) => {
      inside.push(name)
      return leave
    })
  const leaves = await Promise.all([come('one'), come('two')])
  const three = come('three')
  const four = come('four')
  await settled()
  expect(inside).toEqual(['one', 'two'])
  leaves[0]()
  const leaveThree = await three
  expect(inside).toEqual(['one', 'two', 'three'])
  leaveThree()
  leaves[1]()
  const leaveFour = await four
  leaveFour()
  await Promise.all([come('five'), come('six')])
  const seven = come('seven')
  await settled()
  expect(inside).toEqual(['one', 'two', 'three', 'four', 'five', 'six'])
  void seven
})

it('one more than may wait is told at once', async () => {
  const enter = gate({ size: 1, maxWaiting: 1, waitMs: 60_000 })
  const leave = await enter()
  const waiting = enter()
  await expect(enter()).rejects.toThrow(overloaded)
  leave()
  const leaveToo = await waiting
  leaveToo()
  await enter()
})

it('who has waited for too long is told so, and keeps nobody’s place', async () => {
  const enter = gate({ size: 1, maxWaiting: 1, waitMs: 20 })
  const leave = await enter()
  await expect(enter()).rejects.toThrow(overloaded)
  // There is room to wait again, and whoever leaves makes room to come in.
  await expect(enter()).rejects.toThrow(overloaded)
  leave()
  const leaveToo = await enter()
  leaveToo()
})

it('who was let in in time keeps their place when the time is over', async () => {
  const enter = gate({ size: 1, maxWaiting: 1, waitMs: 20 })
  const leave = await enter()
  const waiting = enter()
  leave()
  const leaveToo = await waiting
  await new Promise((resolve) => setTimeout(resolve, 40))
  await expect(enter()).rejects.toThrow(overloaded)
  leaveToo()
  expect(await enter()).toBeTypeOf('function')
})

function settled() {
  return new Promise((resolve) => setTimeout(resolve, 10))
}
