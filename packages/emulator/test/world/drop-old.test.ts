import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { advanceClock } from '../../src/world/clock.ts'
import { findHexCode, issueHexCode } from '../../src/world/hex-code.ts'
import { findRid, newRid, recordRid } from '../../src/world/rid.ts'
import { beginWorld } from '../../src/world/world.ts'
import type { World } from '../../src/world/world.ts'
import { liHua, miniProgram, startMs } from '../start-emulator.ts'

const begin = () => beginWorld({ now: () => startMs, random: randomBytes })
const { appid } = miniProgram

const issue = (world: World) =>
  issueHexCode(world, { kind: 'phone', appid, personId: liHua.id, pluginAppid: appid })

function refuse(world: World): string {
  const rid = newRid(world)
  const refused = { appid, query: {}, requestBody: '', responseBody: '', clientIp: '' }
  recordRid(world, rid, refused)
  return rid
}

test('expired phone codes are forgotten when the next one is issued', () => {
  const world = begin()
  for (let i = 0; i < 10; i += 1) issue(world)
  advanceClock(world, 150)
  const kept = issue(world)
  advanceClock(world, 150)
  issue(world)
  expect(world.hexCodes.size).toBe(2)
  expect(findHexCode(world, 'phone', kept)).toMatchObject({ personId: liHua.id })
})

test('no more than 100,000 phone codes and 10,000 rids are kept, and the newest are', () => {
  const world = begin()
  const [code, rid] = [issue(world), refuse(world)]
  for (let i = 0; i < 100_001; i += 1) issue(world)
  for (let i = 0; i < 10_000; i += 1) refuse(world)
  expect(world.hexCodes.size).toBe(100_000)
  expect(world.rids.size).toBe(10_000)
  expect(findHexCode(world, 'phone', code)).toBeUndefined()
  expect(findRid(world, rid)).toBe('unknown')
  expect(findRid(world, refuse(world))).toMatchObject({ appid })
})

test('rids are forgotten after two weeks, when the next one is recorded', () => {
  const world = begin()
  refuse(world)
  advanceClock(world, 14 * 24 * 3600)
  refuse(world)
  expect(world.rids.size).toBe(1)
})
