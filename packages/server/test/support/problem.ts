import { errorTable, Problem, type ErrorCode, type ErrorEntry } from '@kaimen/protocol'
import { parse } from 'valibot'
import { expect } from 'vitest'
import type { Reply } from './world.ts'

/**
 * Reads a reply as the problem it has to be, and fails the test where it differs from the protocol:
 * in its type, its members, its status, its language or its title.
 */
export function readProblem(reply: Reply): Problem {
  expect(reply.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  const problem = parse(Problem, reply.body)
  const entry: ErrorEntry = errorTable[problem.code]
  const language = reply.headers.get('content-language') === 'en' ? 'en' : 'zh-CN'
  expect(reply.headers.get('content-language')).toBe(language)
  expect(problem).toMatchObject({
    type: `urn:kaimen:error:${problem.code}`,
    title: entry.title[language],
    status: reply.status,
    retryable: entry.retryable,
    action: entry.action,
  })
  expect(reply.status).toBe(entry.status)
  // Whoever is told to wait is told for how long.
  expect(reply.headers.has('retry-after')).toBe([429, 503].includes(reply.status))
  const isChallenged = reply.status === 401 || problem.code === 'scope_missing'
  expect(reply.headers.has('www-authenticate')).toBe(isChallenged)
  expect(reply.headers.get('cache-control')).toBe('no-store')
  return problem
}

/** Fails the test where the reply is anything but this problem. */
export function expectProblem(reply: Reply, code: ErrorCode): Problem {
  const problem = readProblem(reply)
  expect(problem.code).toBe(code)
  return problem
}
