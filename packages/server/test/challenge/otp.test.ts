import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { EphemeralStore, SmsOutcome } from '@kaimen/server'
import { createMemoryEphemeralStore } from '@kaimen/server/store/memory'
import { createSqlEphemeralStore, createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { issueOtp, makeOtp, otpTtlMs, spendOtp, type OtpTarget } from '../../src/challenge/otp.ts'
import { KaimenError } from '../../src/errors.ts'
import { readKeyRing } from '../../src/key-ring.ts'
import { systemRandom } from '../../src/random.ts'
import { testClock } from '../support/clock.ts'
import { testSecret } from '../support/world.ts'

function openRing() {
  const ring = readKeyRing(testSecret)
  if (typeof ring === 'string') throw new Error(ring)
  return ring
}

const clock = testClock()
const stores: Record<string, () => Promise<EphemeralStore>> = {
  memory: () => Promise.resolve(createMemoryEphemeralStore(clock)),
  async sqlite() {
    const folder = await mkdtemp(join(tmpdir(), 'kaimen-otp-'))
    const database = openSqlite(join(folder, 'kaimen.db'))
    const store = createSqlStore(database, clock)
    onTestFinished(async () => {
      await store.close()
      await rm(folder, { recursive: true })
    })
    await store.migrate()
    return createSqlEphemeralStore(database, clock)
  },
}

const target: OtpTarget = { phone_index: '1:one', purpose: 'sign_in' }
const wrongThan = (otp: string, by = 1) => String((Number(otp) + by) % 1_000_000).padStart(6, '0')

describe('[OTP-1] a code', () => {
  it('has six digits, each of them and each first three as often as chance has it, in a million', () => {
    const digits = Array.from({ length: 6 }, () => new Uint32Array(10))
    const heads = new Uint32Array(1000)
    for (let i = 0; i < 1_000_000; i++) {
      const otp = makeOtp(systemRandom)
      if (otp.length !== 6) throw new Error(`${otp.length} digits`)
      digits.forEach((counts, place) => count(counts, Number(otp[place])))
      count(heads, Number(otp.slice(0, 3)))
    }
    // What chance exceeds once in a thousand million: χ² of 9 and of 999 degrees of freedom.
    for (const counts of digits) expect(chiSquare(counts)).toBeLessThan(61)
    expect(chiSquare(heads)).toBeLessThan(1290)
  })

  it('is not made of a number that would make low codes likelier', () => {
    const fair = 4_294_000_000
    const numbers = [2 ** 32 - 1, fair, fair - 1]
    const random = () => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(numbers.shift() ?? 0)
      return new Uint8Array(bytes)
    }
    expect(makeOtp(random)).toBe('999999')
    expect(numbers).toEqual([])
  })
})

function count(counts: Uint32Array, index: number) {
  counts[index] = (counts[index] ?? 0) + 1
}

function chiSquare(counts: Uint32Array): number {
  const expected = counts.reduce((sum, each) => sum + each) / counts.length
  return counts.reduce((sum, each) => sum + (each - expected) ** 2 / expected, 0)
}

describe.each(Object.entries(stores))('codes, on %s', (_, open) => {
  async function openParts() {
    const ephemeral = await open()
    const parts = { ephemeral, ring: openRing(), random: systemRandom }
    let sent = ''
    return {
      ephemeral,
      async issue(to = target, outcome: SmsOutcome = 'sent') {
        await issueOtp(parts, to, (otp) => {
          sent = otp
          return Promise.resolve(outcome)
        })
        return sent
      },
      spend: (otp: string, from = target) =>
        spendOtp(parts, from, otp).then(
          () => 'spent',
          (error: unknown) => (error instanceof KaimenError ? error.code : error),
        ),
    }
  }

  it('[OTP-2] of a thousand guesses at once five are compared, and the right one comes too late', async () => {
    const { issue, spend } = await openParts()
    const otp = await issue()
    const guesses = await Promise.all(
      Array.from({ length: 1000 }, (_each, i) => spend(i < 5 ? wrongThan(otp, i + 1) : otp)),
    )
    expect(guesses.filter((outcome) => outcome === 'spent')).toEqual([])
    expect(guesses.filter((outcome) => outcome === 'otp_wrong')).toHaveLength(4)
    expect(guesses.filter((outcome) => outcome === 'otp_exhausted')).toHaveLength(996)
  })

  it('[OTP-2] the tries outlive the code: just before its end there are no five more', async () => {
    const { issue, spend } = await openParts()
    const otp = await issue()
    for (let i = 1; i <= 5; i++) await spend(wrongThan(otp, i))
    clock.advance(otpTtlMs - 1)
    expect(await spend(otp)).toBe('otp_exhausted')
    clock.advance(1)
    expect(await spend(otp)).toBe('otp_expired')
  })

  it('[OTP-2] a newer code has five tries of its own', async () => {
    const { issue, spend } = await openParts()
    const first = await issue()
    for (let i = 1; i <= 5; i++) await spend(wrongThan(first, i))
    const second = await issue()
    for (let i = 1; i <= 4; i++) expect(await spend(wrongThan(second, i))).toBe('otp_wrong')
    expect(await spend(second)).toBe('spent')
  })

  it('[OTP-3] of a hundred who have the right code at once one spends it', async () => {
    const { issue, spend } = await openParts()
    const otp = await issue()
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => spend(otp)))
    expect(outcomes.filter((outcome) => outcome === 'spent')).toHaveLength(1)
    expect(await spend(otp)).toBe('otp_expired')
  })

  it('[OTP-5] a code is good for its number and its purpose, and for no other of either', async () => {
    const purposes = ['sign_in', 'change_phone/1', 'change_phone/2'] as const
    const targets = purposes.flatMap((purpose) =>
      ['1:one', '1:two'].map((phone_index) => ({ phone_index, purpose })),
    )
    const { issue, spend } = await openParts()
    for (const made of targets) {
      for (const used of targets) {
        const otp = await issue(made)
        // Where it is used another one waits, so that it is the code which is refused.
        if (used !== made) await issue(used)
        expect([made, used, await spend(otp, used)]).toEqual([
          made,
          used,
          used === made ? 'spent' : 'otp_wrong',
        ])
      }
    }
  })

  it('[OTP-5] a code for one purpose leaves that for another good', async () => {
    const change: OtpTarget = { ...target, purpose: 'change_phone/1' }
    const { issue, spend } = await openParts()
    const [one, other] = [await issue(target), await issue(change)]
    expect([await spend(one, target), await spend(other, change)]).toEqual(['spent', 'spent'])
  })

  it('[OTP-5] nor does who can write to the store make one for another', async () => {
    const { ephemeral, issue, spend } = await openParts()
    const otp = await issue()
    const stored = (await ephemeral.get('otp/sign_in/1:one')) ?? ''
    expect(stored).toMatch(/^1:/)
    const other: OtpTarget = { phone_index: '1:two', purpose: 'change_phone/1' }
    await ephemeral.set('otp/change_phone/1/1:two', stored, otpTtlMs)
    expect(await spend(otp, other)).toBe('otp_wrong')
    expect(await spend(otp)).toBe('spent')
  })

  it('[OTP-6] a code that was not sent leaves the one before good, and its tries', async () => {
    const { issue, spend } = await openParts()
    const first = await issue()
    for (let i = 1; i <= 3; i++) await spend(wrongThan(first, i))
    for (const outcome of [
      'rate_limited',
      'phone_refused',
      'misconfigured',
      'unavailable',
    ] as const) {
      const unsent = await issue(target, outcome)
      expect(unsent).not.toBe(first)
    }
    expect(await spend(wrongThan(first, 4))).toBe('otp_wrong')
    expect(await spend(first)).toBe('spent')
  })

  it('a code that may have been sent is good where there is no other', async () => {
    const { issue, spend } = await openParts()
    expect(await spend(await issue(target, 'unavailable'))).toBe('spent')
    for (const outcome of ['rate_limited', 'phone_refused', 'misconfigured'] as const) {
      const other = { ...target, phone_index: outcome }
      expect(await spend(await issue(other, outcome), other)).toBe('otp_expired')
    }
  })

  it('[OTP-4] what is stored has neither the code nor what anybody without the secret could test it by', async () => {
    const { ephemeral, issue } = await openParts()
    const written: string[] = []
    const { set } = ephemeral
    ephemeral.set = (key, value, ttlMs) => {
      written.push(key, value)
      return set(key, value, ttlMs)
    }
    const otp = await issue()
    expect(written.length).toBeGreaterThan(0)
    expect(written.filter((text) => text.includes(otp))).toEqual([])
    // 43 letters and digits after the version: an HMAC-SHA256, which the secret alone makes.
    expect(written.filter((text) => /(^|\/)1:[\w-]{43}$/.test(text))).toHaveLength(2)
  })
})
