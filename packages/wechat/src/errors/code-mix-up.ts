import type { ErrorEntry } from './error-entry.ts'

/**
 * WeChat answers 40029 alike to a bad code and to a code of the wrong kind. The kinds differ in
 * length as far as anyone has seen: good for a hint, never for a refusal.
 */
export function isPhoneCode(code: string): boolean {
  return /^[0-9a-f]{64}$/.test(code)
}

/** What `wx.login` gives: 32 characters. */
export function isLoginCode(code: string): boolean {
  return /^[0-9A-Za-z]{32}$/.test(code)
}

/** For 40029 to a login that was sent what looks like a phone-number code. */
export const phoneCodeForLogin = {
  40029: {
    fault: 'caller',
    retryable: false,
    meaning: {
      en: 'code invalid: it looks like a phone-number code (64 hex digits), not one of wx.login',
      zh: 'code 无效：它看起来是手机号 code（64 位十六进制），而不是 wx.login 的 code',
    },
    fix: {
      en: 'Send the code of wx.login here, and that of the getPhoneNumber button to getPhoneNumber.',
      zh: '此处应传 wx.login 的 code；getPhoneNumber 按钮给出的 code 请交给 getPhoneNumber。',
    },
  },
} as const satisfies Record<number, ErrorEntry>

/** For 40029 to a phone-number call that was sent what looks like a login code. */
export const loginCodeForPhone = {
  40029: {
    fault: 'caller',
    retryable: false,
    meaning: {
      en: 'code invalid: it looks like one of wx.login (32 characters), not a phone-number code',
      zh: 'code 无效：它看起来是 wx.login 的 code（32 个字符），而不是手机号 code',
    },
    fix: {
      en: 'Send the code that the getPhoneNumber button gave in event.detail.code.',
      zh: '请传 getPhoneNumber 按钮回调中的 event.detail.code。',
    },
  },
} as const satisfies Record<number, ErrorEntry>
