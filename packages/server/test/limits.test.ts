import { readFile } from 'node:fs/promises'
import { routes, type Route } from '@kaimen/protocol'
import { describe, expect, it } from 'vitest'
import { checkOtpOptions, otpLimits, windowMs } from '../src/challenge/otp-limits.ts'
import { maxOtpTries, otpTtlMs } from '../src/challenge/otp.ts'
import { maxBodyBytes } from '../src/http/body.ts'
import { hardLimit } from '../src/password/lockout.ts'
import { checkPasswordOptions } from '../src/password/options.ts'
import { maxReplays } from '../src/session/refresh.ts'

const minuteMs = 60_000
const names = {
  'limits.md': { address: 'address', app: 'app', server: 'server', phone: 'phone', to: 'to' },
  'limits.zh-CN.md': { address: '地址', app: '应用', server: '服务端', phone: '手机号', to: '到' },
}
const within = { pause: '60 s', hour: '1 h', day: '1 d' }

const { maxFailures, lockMs } = checkPasswordOptions().lockout
/** Of the second table: where it is counted, and the numbers that stand in it. */
const others: [endpoints: string[], limits: number[]][] = [
  [['POST /v1/sign-in/otp', 'PUT /v1/me/phone'], [maxOtpTries]],
  [['POST /v1/sign-in/otp', 'PUT /v1/me/phone'], [otpTtlMs / minuteMs]],
  [
    ['POST /v1/sign-in/password', 'PUT /v1/me/password'],
    [maxFailures, lockMs / minuteMs],
  ],
  [['POST /v1/sign-in/password', 'PUT /v1/me/password'], [hardLimit]],
  [['POST /v1/token'], [maxReplays]],
  [[], [maxBodyBytes / 1024]],
]

describe.each(Object.entries(names))('[AU-1] docs/%s', (file, words) => {
  async function readTables(): Promise<string[][][]> {
    const text = await readFile(new URL(`../../../docs/${file}`, import.meta.url), 'utf8')
    return [...text.matchAll(/^\|[^\n]*\n\|[ -|]*\n((?:\|[^\n]*\n)+)/gm)].map(([, rows = '']) =>
      rows
        .trimEnd()
        .split('\n')
        .map((row) =>
          row
            .split('|')
            .slice(1, -1)
            .map((cell) => cell.trim()),
        ),
    )
  }

  it('has every limit on sending codes as the code has it, in its order', async () => {
    const [table] = await readTables()
    expect(table).toEqual(
      otpLimits.map(({ per, max, window, option }) => [
        words[per],
        String(max),
        within[window],
        option ? `\`otp.${option.name}\`` : '',
        option ? `1 ${words.to} ${option.most}` : '',
      ]),
    )
  })

  it('has every other limit as the code has it', async () => {
    const [, table = []] = await readTables()
    expect(
      table.map(([endpoints = '', , limit = '']) => [
        [...endpoints.matchAll(/`([^`]+)`/g)].map(([, endpoint]) => endpoint),
        [...limit.matchAll(/\d+/g)].map(Number),
      ]),
    ).toEqual(others)
  })

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
