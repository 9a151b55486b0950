import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { advanceClock } from '../../src/world/clock.ts'
import { findLoginCode, issueLoginCode } from '../../src/world/login-code.ts'
import { beginWorld } from '../../src/world/world.ts'
import { liHua, miniProgram, startMs } from '../start-emulator.ts'

const issue = (world: ReturnType<typeof beginWorld>) =>
  issueLoginCode(world, miniProgram.appid, liHua.id)

test('expired codes are forgotten when the next one is issued', () => {
  const world = beginWorld({ now: () => startMs, random: randomBytes })
  for (let i = 0; i < 10; i += 1) issue(world)
  advanceClock(world, 150)
  const kept = issue(world)
  advanceClock(world, 150)
  issue(world)
  expect(world.loginCodes.size).toBe(2)
  expect(findLoginCode(world, kept)).toMatchObject({ personId: liHua.id, used: false })
})

test('no more than 100,000 codes are kept, and the newest are', () => {
  const world = beginWorld({ now: () => startMs, random: randomBytes })
  const oldest = issue(world)
  for (let i = 0; i < 100_000; i += 1) issue(world)
  expect(world.loginCodes.size).toBe(100_000)
  expect(findLoginCode(world, oldest)).toBe(undefined)
  expect(findLoginCode(world, issue(world))).toMatchObject({ used: false })
})
