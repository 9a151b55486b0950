import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanCause, scrub } from '../../src/transport/scrub.ts'

test('[WX-7] scrub takes out a value as it is and as it stands in a URL', () => {
  const value = "a+b/c=='~ d"
  const texts = [
    value,
    encodeURIComponent(value),
    new URLSearchParams({ secret: value }).toString().replace('secret=', ''),
  ]
  for (const text of texts)
    expect(scrub(`before ${text} after`, [value])).toBe('before [secret] after')
})

test('[WX-7] scrub leaves no trace of any value, whatever the text around it', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 4 }), fc.string(), (before, middle, after) => {
      const value = `canary${middle}`
      expect(scrub(`${before}${value}${after}`, [value])).not.toContain(value)
    }),
  )
})

test('scrub keeps a text from forging a log line and from filling the log', () => {
  expect(scrub('one\r\n{"level":"info"}\u001b[31m\u2028two', [])).toBe(
    'one {"level":"info"} [31m two',
  )
  expect(scrub('x'.repeat(100_000), [])).toHaveLength(300)
})

test('scrub of nothing, with an empty value to hide, is nothing', () => {
  expect(scrub('', [''])).toBe('')
})

test('[WX-7] a cause keeps name, code and message, and nothing else', () => {
  const error = Object.assign(new Error('connect failed for s3cret'), {
    name: 'SocketError',
    code: 'UND_ERR_SOCKET',
    data: 'GET /sns/jscode2session?secret=s3cret',
    socket: {},
  })
  const cause = cleanCause(error, ['s3cret'])
  expect(cause).toMatchObject({
    name: 'SocketError',
    code: 'UND_ERR_SOCKET',
    message: 'connect failed for [secret]',
  })
  expect(Object.keys(cause).toSorted()).toEqual(['code', 'name'])
  expect(cause.stack).not.toContain('s3cret')
})

test('a cause with several addresses names the failure of each', () => {
  const errors = [
    new Error('connect ECONNREFUSED ::1:443'),
    new Error('connect ETIMEDOUT 1.2.3.4:443'),
  ]
  expect(cleanCause(new AggregateError(errors), []).message).toBe(
    'connect ECONNREFUSED ::1:443; connect ETIMEDOUT 1.2.3.4:443',
  )
})
