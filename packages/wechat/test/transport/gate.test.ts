import { describe, expect, test } from 'vitest'
import { code2Session, WechatTransportError } from '../../src/index.ts'
import type { WechatOptions } from '../../src/index.ts'
import { canary } from '../support/canary.ts'
import { catchError } from '../support/catch-error.ts'
import { connect, httpReply, serveRaw, session } from '../support/serve.ts'

/** A WeChat that answers only when told to. */
async function servePaused(options: WechatOptions) {
  const answers: (() => void)[] = []
  let most = 0
  const baseUrl = await serveRaw((socket) => {
    answers.push(() => socket.write(httpReply(session)))
    most = Math.max(most, answers.length)
  })
  const wechat = connect(baseUrl, { timeoutMs: 2000, ...options })
  const arrivals = async (count: number) => {
    while (answers.length < count) await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return {
    wechat,
    call: () => code2Session(wechat, canary),
    arrivals,
    answer: () => answers.shift()?.(),
    most: () => most,
  }
}

describe('the limit on calls under way', () => {
  test('[WX-5] more calls than maxInFlight wait, and all are served in the end', async () => {
    const { call, arrivals, answer, most } = await servePaused({ maxInFlight: 3 })
    const calls = Array.from({ length: 10 }, call)
    for (let served = 0; served < 10; served += 1) {
      await arrivals(1)
      answer()
    }
    await expect(Promise.all(calls)).resolves.toHaveLength(10)
    expect(most()).toBe(3)
  })

  test('[WX-5] a call beyond maxWaiting fails at once as overloaded, and is not sent', async () => {
    const { call, arrivals, answer } = await servePaused({ maxInFlight: 1, maxWaiting: 1 })
    const first = call()
    const second = call()
    const third = await catchError(WechatTransportError, call())
    expect(third).toMatchObject({ kind: 'overloaded', sent: false, retryable: true })
    for (const served of [first, second]) {
      await arrivals(1)
      answer()
      await expect(served).resolves.toMatchObject({ openid: 'oNeverSeen' })
    }
  })

  test('[WX-5] the wait in line counts against the deadline, and a call given up in line is not sent', async () => {
    const { call, arrivals, answer } = await servePaused({ maxInFlight: 1, timeoutMs: 100 })
    const errors = await Promise.all([
      catchError(WechatTransportError, call()),
      catchError(WechatTransportError, call()),
    ])
    expect(errors.map(({ kind, sent }) => ({ kind, sent }))).toEqual([
      { kind: 'timeout', sent: true },
      { kind: 'timeout', sent: false },
    ])
    const next = call()
    await arrivals(2)
    answer()
    answer()
    await expect(next).resolves.toMatchObject({ openid: 'oNeverSeen' })
  })
})

describe('close', () => {
  test('close waits for the calls under way and those in line', async () => {
    const { wechat, call, arrivals, answer } = await servePaused({ maxInFlight: 1 })
    const calls = Promise.all([call(), call()])
    await arrivals(1)
    let closed = false
    const closing = wechat.close().then(() => (closed = true))
    answer()
    await arrivals(1)
    expect(closed).toBe(false)
    answer()
    await expect(calls).resolves.toHaveLength(2)
    await closing
  })

  test('a call after close fails as closed, and is not sent', async () => {
    const { wechat, call } = await servePaused({})
    await Promise.all([wechat.close(), wechat.close()])
    const error = await catchError(WechatTransportError, call())
    expect(error).toMatchObject({ kind: 'closed', sent: false, retryable: false, fault: 'caller' })
  })
})
