import { errorTable, type ErrorCode } from '@kaimen/protocol'
import { expect } from 'vitest'
import type { Reply } from './world.ts'

/** A page that says no: in words, with nothing on it that could run or be framed. */
export function expectPages(reply: Reply, status: number, code: ErrorCode): void {
  const { headers, text } = reply
  expect([reply.status, /<small>.* (\w+)<\/small>/.exec(text)?.[1]]).toEqual([status, code])
  expect(text).toContain(`<h1>${escape(errorTable[code].title.en)}</h1>`)
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; frame-ancestors 'none'/)
  expect(policy).not.toContain('script-src')
  expect(text).not.toContain('<script')
  expect(headers.getSetCookie().filter((line) => !line.includes('browser'))).toEqual([])
}

const escape = (text: string) =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
