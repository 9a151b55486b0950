import { readFile } from 'node:fs/promises'
import { routes, type Route } from '@kaimen/protocol'
import { describe, expect, it } from 'vitest'
import { checkOtpOptions, otpLimits, windowMs } from '../src/challenge/otp-limits.ts'

const minuteMs = 60_000

describe.each(['limits.md', 'limits.zh-CN.md'])('[AU-1] docs/%s', (file) => {
  it('leaves out no endpoint that refuses whoever comes too often', async () => {
    const text = await readFile(new URL(`../../../docs/${file}`, import.meta.url), 'utf8')
    const limited = Object.values<Route>(routes).filter(({ errors }) =>
      errors.some((code) => code === 'rate_limited' || code === 'otp_exhausted'),
    )
    expect(limited.length).toBeGreaterThan(4)
    for (const { method, path } of limited) expect(text).toContain(`\`${method} ${path}\``)
  })
})

it('the windows are as long as the page says', () => {
  expect(windowMs).toEqual({ pause: minuteMs, hour: 60 * minuteMs, day: 24 * 60 * minuteMs })
})

it('[OTP-6] without options the limits are the table, and an option changes its own and no other', () => {
  expect(checkOtpOptions()).toEqual(otpLimits)
  for (const { option } of otpLimits) {
    if (!option) continue
    for (const max of [1, option.most]) {
      expect(checkOtpOptions({ [option.name]: max })).toEqual(
        otpLimits.map((limit) => (limit.option === option ? { ...limit, max } : limit)),
      )
    }
  }
})
