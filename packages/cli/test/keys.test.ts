import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openOperations, systemClock } from '@kaimen/server'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runKaimen } from './support/kaimen.ts'

const secret = 'f3a9c1e7-only-for-this-test-b2d4'
const hourMs = 3_600_000
let env: { KAIMEN_DATA_DIR: string; KAIMEN_SECRET: string }

beforeAll(async () => {
  env = { KAIMEN_DATA_DIR: await mkdtemp(join(tmpdir(), 'kaimen-keys-')), KAIMEN_SECRET: secret }
  // A server was here an hour ago.
  const clock = { ...systemClock, now: () => Date.now() - hourMs }
  const store = createSqlStore(openSqlite(join(env.KAIMEN_DATA_DIR, 'kaimen.db')), clock)
  await store.migrate()
  // Nothing is ripe yet, but the keys are there now.
  await openOperations({ store, clock, secret }).keys.rotate()
  await store.close()
})
afterAll(() => rm(env.KAIMEN_DATA_DIR, { recursive: true }))

const keys = (args: readonly string[], change: Record<string, string> = {}) =>
  runKaimen(['keys', ...args], { ...env, ...change }).ended

async function list() {
  const { code, stdout } = await keys(['list'])
  expect(code).toBe(0)
  expect(stdout).not.toMatch(/"d"|sealed/)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>)
}

const bySlot = async () =>
  Object.fromEntries((await list()).map(({ slot = '', kid }) => [slot, kid]))

describe('kaimen keys', () => {
  it('lists the keys with when they move, and no private part', async () => {
    const [next, current] = await list()
    expect([next?.['slot'], current?.['slot']]).toEqual(['next', 'current'])
    expect(Object.keys(next ?? {}).sort()).toEqual([
      'created_at',
      'kid',
      'moves_at',
      'since',
      'slot',
    ])
    const days = (at = '') => Math.round((Date.parse(at) - Date.now()) / (24 * hourMs))
    expect(days(current?.['moves_at'])).toBe(90)
  })

  it('has the next key sign, once: the one after is too new yet', async () => {
    const { next, current } = await bySlot()
    expect(await keys(['rotate'])).toMatchObject({ code: 0, stdout: `${next}: signs now\n` })
    const after = await bySlot()
    expect(after).toMatchObject({ current: next, previous: current })
    const { code, stdout, stderr } = await keys(['rotate'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/Too soon: until 20\d\d-.*\n.*为时过早/)
    expect(await bySlot()).toEqual(after)
  })

  it('revokes every key when one leaked, and says how long that takes', async () => {
    const before = await list()
    const { code, stdout } = await keys(['rotate', '--now', '--revoke'])
    expect(code).toBe(0)
    for (const { kid } of before) expect(stdout).toContain(`${kid}: revoked`)
    expect(stdout).toContain('10 minutes')
    const after = (await list()).map(({ kid }) => kid)
    expect(after).toHaveLength(2)
    expect(after.filter((kid) => before.some((each) => each['kid'] === kid))).toEqual([])
    const events = (await runKaimen(['users', 'events'], env).ended).stdout
    expect(events).toMatch(/signing_key_rotated.*\n.*signing_keys_revoked/)
  })

  it.each([
    ['--now without --revoke', ['rotate', '--now'], {}, /go together/],
    ['--revoke without --now', ['rotate', '--revoke'], {}, /go together/],
    ['no secret', ['list'], { KAIMEN_SECRET: '' }, /KAIMEN_SECRET is missing/],
    [
      'another secret than the servers have',
      ['rotate', '--now', '--revoke'],
      { KAIMEN_SECRET: '0a1b2c3d-some-other-secret-4e5f6071' },
      /sealed under another KAIMEN_SECRET/,
    ],
  ])('%s is refused in words, and changes nothing', async (_, args, change, words) => {
    const before = await list()
    const { code, stdout, stderr } = await keys(args, change)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(words)
    expect(stderr).not.toContain('    at ')
    expect(await list()).toEqual(before)
  })
})
