import { expect, test } from 'vitest'
import { startEmulator } from '../start-emulator.ts'
import type { TestEmulator } from '../start-emulator.ts'

const hour = 3600
const day = 24 * hour

async function sessionKey(emulator: TestEmulator) {
  return (await emulator.exchange(await emulator.login())).session_key
}

test('a login keeps the session_key within the interval and replaces it after', async () => {
  const emulator = await startEmulator()
  const first = await sessionKey(emulator)
  await emulator.advance(hour - 1)
  expect(await sessionKey(emulator)).toBe(first)
  await emulator.advance(1)
  const second = await sessionKey(emulator)
  expect(second).not.toBe(first)
  await emulator.switch({ session_key_min_interval_seconds: 60 })
  await emulator.advance(60)
  expect(await sessionKey(emulator)).not.toBe(second)
})

test('with session_key_rotation "always" every login replaces the session_key', async () => {
  const emulator = await startEmulator()
  await emulator.switch({ session_key_rotation: 'always' })
  expect(await sessionKey(emulator)).not.toBe(await sessionKey(emulator))
})

test('with session_key_rotation "never" only the end of its life replaces the session_key', async () => {
  const emulator = await startEmulator()
  await emulator.switch({ session_key_rotation: 'never' })
  const first = await sessionKey(emulator)
  await emulator.advance(2 * day)
  expect(await sessionKey(emulator)).toBe(first)
  await emulator.advance(3 * day)
  expect(await sessionKey(emulator)).not.toBe(first)
})

test('an older code answers the session_key that a newer login made valid', async () => {
  const emulator = await startEmulator()
  await emulator.switch({ session_key_rotation: 'always' })
  const [older, newer] = [await emulator.login(), await emulator.login()]
  const { session_key } = await emulator.exchange(newer)
  expect(await emulator.exchange(older)).toMatchObject({ session_key })
})

test('a session_key lives three days from its last use', async () => {
  const emulator = await startEmulator()
  await emulator.login()
  await emulator.advance(2 * day)
  expect(await emulator.checkSession()).toBe('checkSession:ok')
  await emulator.login()
  await emulator.advance(3 * day - 1)
  expect(await emulator.checkSession()).toBe('checkSession:ok')
  await emulator.advance(1)
  expect(await emulator.checkSession()).toMatch(/^checkSession:fail/)
})

test('an exchange answers a new session_key if the one of its login has expired', async () => {
  const emulator = await startEmulator()
  await emulator.switch({ session_key_ttl_seconds: 60 })
  const [first, second] = [await emulator.login(), await emulator.login()]
  const { session_key } = await emulator.exchange(first)
  await emulator.advance(60)
  expect(await emulator.checkSession()).toMatch(/^checkSession:fail/)
  expect((await emulator.exchange(second)).session_key).not.toBe(session_key)
  expect(await emulator.checkSession()).toBe('checkSession:ok')
})
