import { expect, it } from 'vitest'
import { checkPasswordOptions, type PasswordOptions } from '../../src/password/options.ts'

it('[PW-1] [PW-4] [AU-2] fills in what the standards ask for', () => {
  const { queue, ...settings } = checkPasswordOptions()
  expect(settings).toEqual({
    registration: 'verified',
    policy: { minLength: 15, contextWords: [] },
    cost: { memoryKib: 19_456, passes: 2, lanes: 1 },
    lockout: { maxFailures: 10, lockMs: 900_000 },
  })
  expect([1, 2, 3]).toContain(queue.concurrency)
  expect(queue.maxWaiting).toBe(32 * queue.concurrency)
})

const least: PasswordOptions = {
  minLength: 8,
  hash: { memoryKib: 19_456, passes: 2, lanes: 1, concurrency: 1, maxWaiting: 0 },
  lockout: { maxFailures: 1, lockSeconds: 60 },
}
const most: PasswordOptions = {
  minLength: 64,
  contextWords: ['饺子馆'],
  hash: { memoryKib: 262_144, passes: 16, lanes: 16, concurrency: 64, maxWaiting: 10_000 },
  lockout: { maxFailures: 100, lockSeconds: 86_400 },
}
it.each([
  ['least', least],
  ['most', most],
])('takes the %s that may be', (_, options) => {
  expect(checkPasswordOptions(options)).toMatchObject({
    policy: { minLength: options.minLength },
    queue: { maxWaiting: options.hash?.maxWaiting },
    lockout: { maxFailures: options.lockout?.maxFailures },
  })
})

it.each<[object, string]>([
  [{ minLength: 7 }, 'password.minLength has to be a whole number from 8 to 64.'],
  [{ minLength: 65 }, 'password.minLength has to be a whole number from 8 to 64.'],
  [{ minLength: '15' }, 'password.minLength has to be a whole number from 8 to 64.'],
  [{ minLength: 15.5 }, 'password.minLength has to be a whole number from 8 to 64.'],
  [{ contextWords: 'shop' }, 'password.contextWords has to be a list of names.'],
  [{ contextWords: [1] }, 'password.contextWords.0 has to be a list of names.'],
  [
    { hash: { memoryKib: 19_455 } },
    'password.hash.memoryKib has to be a whole number from 19456 to 262144.',
  ],
  [{ hash: { passes: 1 } }, 'password.hash.passes has to be a whole number from 2 to 16.'],
  [{ hash: 5 }, 'password.hash has to be a group of options.'],
  [
    { lockout: { maxFailures: 101 } },
    'password.lockout.maxFailures has to be a whole number from 1 to 100.',
  ],
  [{ maxLength: 20 }, 'password.maxLength is not an option.'],
])('refuses %o', (options, message) => {
  expect(() => checkPasswordOptions(options)).toThrow(
    expect.objectContaining({ name: 'ConfigError', message }),
  )
})
