import { randomBytes } from 'node:crypto'
import { hash as argon2 } from '@node-rs/argon2'
import { secret } from '@kaimen/wechat'
import { describe, expect, it, test } from 'vitest'
import {
  defaultHashCost,
  hashPassword,
  verifyNothing,
  verifyPassword,
  type HashCost,
} from '../../src/password/hash.ts'
import { limitHashing } from '../../src/password/queue.ts'
import { systemRandom } from '../../src/random.ts'
import { everyPrint, findCanaries } from '../support/canary.ts'

const queue = limitHashing({ concurrency: 2, maxWaiting: 1000 })
const hash = (password: string, cost: HashCost = defaultHashCost) =>
  queue.run((slot) => hashPassword({ slot, cost, random: systemRandom }, secret(password)))
const verify = (stored: string, password: string, cost: HashCost = defaultHashCost) =>
  queue.run((slot) => verifyPassword({ slot, cost }, stored, secret(password)))

const password = 'heron wakes the moss'

describe('a stored password', () => {
  it('[PW-4] is Argon2id of 19 MiB and two passes, as a PHC string with a salt of its own', async () => {
    const [one, two] = await Promise.all([hash(password), hash(password)])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(two).not.toBe(one)
    expect(await verify(one, password)).toBe('right')
    expect(await verify(one, `${password} `)).toBe('wrong')
    expect(await verify(one, '')).toBe('wrong')
  })

  it('[PW-4] has to be hashed anew once the cost has changed, and then no more', async () => {
    const old = await hash(password)
    for (const cost of [
      { ...defaultHashCost, passes: 3 },
      { ...defaultHashCost, memoryKib: 20_480 },
      { ...defaultHashCost, lanes: 2 },
    ]) {
      expect(await verify(old, password, cost)).toBe('right_outdated')
      expect(await verify(old, 'another', cost)).toBe('wrong')
      expect(await verify(await hash(password, cost), password, cost)).toBe('right')
    }
  })

  it.each([
    ['Argon2i', { algorithm: 1 }],
    ['Argon2d', { algorithm: 0 }],
    ['version 16', { version: 0 }],
    ['less memory', { memoryCost: 4096 }],
    ['a short salt', { salt: randomBytes(8) }],
    ['a short hash', { outputLen: 16 }],
  ])('[PW-4] of another system, with %s, is read and has to be hashed anew', async (_, options) => {
    const legacy = await argon2(password, options)
    expect(await verify(legacy, password)).toBe('right_outdated')
    expect(await verify(legacy, 'another')).toBe('wrong')
  })

  test.each([
    ['nothing', () => ''],
    ['a word', () => 'x'],
    ['bcrypt', () => `$2b$10$${'a'.repeat(53)}`],
    ['one cut short', (stored: string) => stored.slice(0, -2)],
    ['one with something behind', (stored: string) => `${stored} `],
    ['one without a cost', (stored: string) => stored.replace('m=19456,t=2,p=1', '')],
    ['one of more memory than there is', (stored: string) => stored.replace('19456', '4294967295')],
    ['one of endless passes', (stored: string) => stored.replace('t=2', 't=4294967295')],
    ['one of many lanes', (stored: string) => stored.replace('p=1', 'p=255')],
    ['one of no lane', (stored: string) => stored.replace('p=1', 'p=0')],
    [
      'one with a salt of four bytes',
      (stored: string) => stored.replace(/(p=1.)[^$]+/, '$1AAAAAA'),
    ],
    ['one of six bytes', (stored: string) => stored.slice(0, stored.lastIndexOf('$') + 9)],
  ])('[PW-4] %s is malformed, and no exception', async (_, spoil) => {
    expect(await verify(spoil(await hash(password)), password)).toBe('malformed')
  })
})

describe('[PW-1] what was typed', () => {
  it('counts to the last character, also beyond the 72 bytes of bcrypt', async () => {
    const long = `${'ab3'.repeat(24)}x`
    expect(long).toHaveLength(73)
    const stored = await hash(long)
    expect(await verify(stored, long)).toBe('right')
    expect(await verify(stored, long.slice(0, 72))).toBe('wrong')
    expect(await verify(stored, `${long.slice(0, 72)}y`)).toBe('wrong')
    const longest = 'x'.repeat(128)
    const storedLongest = await hash(longest)
    expect(await verify(storedLongest, longest)).toBe('right')
    expect(await verify(storedLongest, `${longest.slice(1)}y`)).toBe('wrong')
    expect(await verify(storedLongest, `${longest}y`)).toBe('wrong')
  })

  it('counts behind a NUL', async () => {
    const stored = await hash('heron\0wakes the moss')
    expect(await verify(stored, 'heron\0wakes the moss')).toBe('right')
    expect(await verify(stored, 'heron\0wakes the lawn')).toBe('wrong')
  })

  it.each([
    ['composed or not', 'caf\u00e9 \u1ec7 \uac00', 'cafe\u0301 e\u0323\u0302 \u1100\u1161'],
    ['in full width or half', 'ＨＥＲＯＮ１２３', 'HERON123'],
    ['with a ligature or letters', 'o\ufb03ce', 'office'],
    ['in either sign of ångström', '\u212b', '\u00c5'],
  ])('is the same %s', async (_, one, other) => {
    expect(one).not.toBe(other)
    expect(await verify(await hash(one), other)).toBe('right')
    expect(await verify(await hash(other), one)).toBe('right')
  })

  it('is not the same in another case, or with spaces around', async () => {
    const stored = await hash('Heron')
    expect(await verify(stored, 'heron')).toBe('wrong')
    expect(await verify(stored, ' Heron')).toBe('wrong')
  })

  it('is refused as weak when it is too long or no text', async () => {
    for (const typed of ['x'.repeat(129), '\uD83D']) {
      await expect(hash(typed)).rejects.toMatchObject({ code: 'password_weak' })
      // U+FFFD is what UTF-8 makes of half a pair.
      expect(await verify(await hash('\uFFFD'), typed)).toBe('wrong')
    }
  })
})

describe('[AU-4] an account that is not there', () => {
  it('costs as much processor time as one that is', async () => {
    const stored = await hash(password)
    const nothing = (typed: string) =>
      queue.run((slot) => verifyNothing({ slot, cost: defaultHashCost }, secret(typed)))
    const spend = async (work: () => Promise<unknown>) => {
      const before = process.cpuUsage()
      for (let times = 0; times < 20; times++) await work()
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    expect(await nothing(password)).toBe('wrong')
    const known = await spend(() => verify(stored, 'another'))
    const unknown = await spend(() => nothing('another'))
    const malformed = await spend(() => verify('x', 'another'))
    const refused = await spend(() => nothing('x'.repeat(129)))
    // No timing: what is told apart here is hashing and not hashing, a factor of a hundred.
    for (const spent of [unknown, malformed]) {
      expect(spent).toBeGreaterThan(known / 3)
      expect(spent).toBeLessThan(known * 3)
    }
    expect(refused).toBeLessThan(known / 3)
  })
})

test('[LG-1] a password is in no error, outcome or printed line', async () => {
  const canary = randomBytes(24).toString('base64')
  const canaries = [{ what: 'password', value: canary }]
  const cost = defaultHashCost
  const typed = secret(canary)
  const tooLong = secret(canary.repeat(8))
  const stored = await queue.run((slot) =>
    hashPassword({ slot, cost, random: systemRandom }, typed),
  )
  const full = limitHashing({ concurrency: 1, maxWaiting: 0 })
  const settled = await Promise.allSettled([
    queue.run((slot) => hashPassword({ slot, cost, random: systemRandom }, tooLong)),
    queue.run((slot) => hashPassword({ slot, cost, random: () => new Uint8Array(0) }, typed)),
    queue.run((slot) => verifyPassword({ slot, cost: { ...cost, passes: 0 } }, canary, typed)),
    queue.run((slot) => verifyPassword({ slot, cost }, stored, typed)),
    queue.run((slot) => verifyPassword({ slot, cost }, canary, typed)),
    queue.run((slot) => verifyNothing({ slot, cost }, typed)),
    full.run((slot) => verifyNothing({ slot, cost }, typed)),
    full.run((slot) => verifyNothing({ slot, cost }, typed)),
  ])
  expect(settled.map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
  ])
  for (const outcome of [...settled, typed, queue, stored]) {
    expect(findCanaries(canaries, everyPrint(outcome))).toEqual([])
  }
})
