import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import * as fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { code2Session, redactUrl } from '../../src/index.ts'
import { canary } from '../support/canary.ts'
import { connect, httpReply, serveRaw, session } from '../support/serve.ts'

test.each([
  [
    'https://api.weixin.qq.com/sns/jscode2session?appid=wx1&secret=s&js_code=c&grant_type=authorization_code',
    'https://api.weixin.qq.com/sns/jscode2session?appid=wx1&secret=REDACTED&js_code=REDACTED&grant_type=authorization_code',
  ],
  [
    '/wxa/checksession?access_token=a%2Bb&openid=o1',
    '/wxa/checksession?access_token=REDACTED&openid=REDACTED',
  ],
  ['/path?secret=a=b#fragment', '/path?secret=REDACTED#fragment'],
  ['/path?secret=', '/path?secret='],
  ['/path?flag&%73ecret=s', '/path?flag&%73ecret=REDACTED'],
  ['/path?a=1?secret=2', '/path?a=REDACTED'],
  ['/path', '/path'],
  ['', ''],
])('[WX-7] redactUrl of %s is %s', (url, redacted) => {
  expect(redactUrl(url)).toBe(redacted)
})

test('[WX-7] redactUrl masks a value whatever its characters and wherever it stands', () => {
  const parameter = fc.record({ name: fc.stringMatching(/^[a-z_]{1,8}$/), value: fc.string() })
  fc.assert(
    fc.property(fc.array(parameter), fc.string(), fc.array(parameter), (before, value, after) => {
      const mark = `canary${value}canary`
      const query = new URLSearchParams()
      for (const each of [...before, { name: 'secret', value: mark }, ...after]) {
        query.append(each.name, each.value)
      }
      const redacted = redactUrl(`https://api.weixin.qq.com/sns/jscode2session?${query.toString()}`)
      expect(redacted).not.toContain('canary')
      expect(new URL(redacted).searchParams.getAll('secret')).toContain('REDACTED')
    }),
  )
})

test('[WX-7] undici’s diagnostics channels see the query as it is sent, and redactUrl masks it', async () => {
  const seen: string[] = []
  const record = (message: unknown) => void seen.push(urlOf(message))
  subscribe('undici:request:create', record)
  onTestFinished(() => void unsubscribe('undici:request:create', record))

  const baseUrl = await serveRaw((socket) => socket.write(httpReply(session)))
  await code2Session(connect(baseUrl), canary)

  expect(seen).toHaveLength(1)
  expect(seen.join()).toContain(canary.js_code)
  expect(seen.map((url) => redactUrl(url)).join()).not.toContain('CANARY')
})

/** What instrumentation of undici takes as the URL of a request. */
function urlOf(message: unknown): string {
  if (typeof message !== 'object' || message === null || !('request' in message)) return ''
  const { request } = message
  if (typeof request !== 'object' || request === null) return ''
  if (!('origin' in request) || !('path' in request)) return ''
  return `${String(request.origin)}${String(request.path)}`
}
