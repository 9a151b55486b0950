import { describe, expect, it } from 'vitest'
import {
  errorCodeOf,
  errorCodes,
  errorTable,
  type Action,
  type ErrorCode,
  type ErrorEntry,
} from '@kaimen/protocol'

const entries = Object.entries<ErrorEntry>(errorTable) as [ErrorCode, ErrorEntry][]

/** What clients already rely on: a code may be added, never renamed or dropped. */
const promised: Record<string, readonly number[]> = {
  code_invalid: [40029],
  code_used: [40163],
  wechat_busy: [-1],
  wechat_rate_limited: [45011],
  wechat_user_blocked: [40226],
  wechat_unreachable: [],
  wechat_config: [40013, 40125, 40164, 40243],
  app_unknown: [],
  ticket_invalid: [],
  phone_taken: [],
  phone_code_invalid: [],
  phone_unverified: [],
  password_wrong: [],
  password_weak: [],
  otp_wrong: [],
  otp_expired: [],
  otp_exhausted: [],
  session_key_stale: [],
  data_invalid: [],
  token_invalid: [],
  token_expired: [],
  refresh_reused: [],
  session_ended: [],
  reauth_required: [],
  user_disabled: [],
  snapshot_user: [],
  rate_limited: [],
  body_invalid: [],
  not_found: [],
  unavailable: [],
}

/** Every action, and whether it means that trying again may help. */
const retryableByAction: Record<Action, boolean> = {
  none: false,
  relogin: false,
  retry: true,
  wait: true,
  fix_config: false,
}

describe('the error table', () => {
  it.each(Object.entries(promised))('has %s', (code, errcodes) => {
    expect(errorCodes).toContain(code)
    for (const errcode of errcodes) expect(errorCodeOf(errcode)).toBe(code)
  })

  it.each(entries)('says %s in Chinese and in English', (_code, { title, detail }) => {
    for (const text of [title, detail]) {
      expect(Object.keys(text).sort()).toEqual(['en', 'zh-CN'])
      expect(text['zh-CN']).toMatch(/\p{Script=Han}/u)
      expect(text.en).not.toMatch(/\p{Script=Han}/u)
      expect(text.en).toMatch(/^\S.*\S$/)
    }
    expect(title['zh-CN']).not.toBe(detail['zh-CN'])
    expect(title.en).not.toBe(detail.en)
    expect(detail['zh-CN']).toMatch(/。$/)
    expect(detail.en).toMatch(/\.$/)
  })

  it.each(entries)('%s has an HTTP error status and one of the actions', (_code, entry) => {
    expect(entry.status).toBeGreaterThanOrEqual(400)
    expect(entry.status).toBeLessThan(600)
    expect(Object.keys(retryableByAction)).toContain(entry.action)
    expect(entry.retryable).toBe(retryableByAction[entry.action])
  })

  it('gives each errcode to one entry only', () => {
    const errcodes = entries.flatMap(([, entry]) => entry.errcodes ?? [])
    expect(errcodes).toHaveLength(new Set(errcodes).size)
    for (const [code, entry] of entries) {
      for (const errcode of entry.errcodes ?? []) expect(errorCodeOf(errcode)).toBe(code)
    }
  })

  it('ends an errcode that nobody knows in wechat_error', () => {
    for (const errcode of [0, 99_999, Number.NaN]) expect(errorCodeOf(errcode)).toBe('wechat_error')
  })

  it('names its codes in snake_case', () => {
    for (const code of errorCodes) expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
  })
})
