import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { code2Session, WechatError, WechatTransportError } from '../../src/index.ts'
import {
  closedCircuit,
  isOpen,
  letThrough,
  recordAnswer,
  recordFailure,
} from '../../src/transport/circuit.ts'
import { canary } from '../support/canary.ts'
import { catchError } from '../support/catch-error.ts'
import { connect, httpReply, serveRaw, session } from '../support/serve.ts'

const broken = '<html>502</html>'

async function serveReplies() {
  const state = { body: broken, requests: 0, nowMs: 0 }
  const baseUrl = await serveRaw((socket) => {
    state.requests += 1
    socket.write(httpReply(state.body))
  })
  const wechat = connect(baseUrl, {
    circuitFailures: 3,
    circuitPauseMs: 1000,
    nowMs: () => state.nowMs,
  })
  const call = () => code2Session(wechat, canary)
  const failWith = async () => (await catchError(WechatTransportError, call())).kind
  return { state, call, failWith }
}

describe('in the client', () => {
  test('[WX-5] after three failures in a row calls fail at once and WeChat is left alone', async () => {
    const { state, failWith } = await serveReplies()
    for (let call = 0; call < 3; call += 1) expect(await failWith()).toBe('bad_reply')
    expect(await failWith()).toBe('circuit_open')
    expect(state.requests).toBe(3)
  })

  test('[WX-5] after the pause one call probes, and its answer closes the circuit', async () => {
    const { state, call, failWith } = await serveReplies()
    for (let failed = 0; failed < 3; failed += 1) await failWith()
    state.body = session
    state.nowMs = 999
    expect(await failWith()).toBe('circuit_open')
    state.nowMs = 1000
    const results = await Promise.allSettled([call(), call(), call()])
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    await expect(call()).resolves.toMatchObject({ openid: 'oNeverSeen' })
  })

  test('[WX-5] a probe that fails opens the circuit for another pause', async () => {
    const { state, failWith } = await serveReplies()
    for (let call = 0; call < 3; call += 1) await failWith()
    state.nowMs = 1000
    expect(await failWith()).toBe('bad_reply')
    expect(await failWith()).toBe('circuit_open')
    state.nowMs = 2000
    expect(await failWith()).toBe('bad_reply')
  })

  test('[WX-5] errcodes never open the circuit: one app’s wrong secret shuts out no other app', async () => {
    const { state, call } = await serveReplies()
    state.body = '{"errcode":40125,"errmsg":"invalid appsecret"}'
    for (let failed = 0; failed < 20; failed += 1) await catchError(WechatError, call())
    state.body = session
    await expect(call()).resolves.toMatchObject({ openid: 'oNeverSeen' })
  })

  test('[WX-5] an errcode is an answer, so it ends a row of failures', async () => {
    const { state, call, failWith } = await serveReplies()
    for (let round = 0; round < 3; round += 1) {
      state.body = broken
      expect(await failWith()).toBe('bad_reply')
      expect(await failWith()).toBe('bad_reply')
      state.body = '{"errcode":40029,"errmsg":"invalid code"}'
      await catchError(WechatError, call())
    }
  })
})

test('[WX-5] in any history at most one call passes an open circuit at a time, and none in its pause', () => {
  const limits = { maxFailures: 3, pauseMs: 100 }
  const step = fc.oneof(
    fc.record({ act: fc.constant('ask' as const) }),
    fc.record({ act: fc.constantFrom('answer' as const, 'fail' as const), which: fc.nat() }),
    fc.record({ act: fc.constant('wait' as const), ms: fc.nat({ max: 150 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const circuit = closedCircuit()
      const underWay: { probe: boolean }[] = []
      let nowMs = 1
      let inARow = 0
      let openedMs: number | undefined

      for (const each of steps) {
        if (each.act === 'wait') {
          nowMs += each.ms
        } else if (each.act === 'ask') {
          const paused = openedMs !== undefined && nowMs < openedMs + limits.pauseMs
          const probed = underWay.some((call) => call.probe)
          const passed = letThrough(circuit, nowMs)
          expect(passed).toBe(!paused && !probed)
          if (passed) underWay.push({ probe: openedMs !== undefined })
        } else {
          const [call] = underWay.splice(each.which % Math.max(1, underWay.length), 1)
          if (call === undefined) continue
          if (each.act === 'answer') {
            recordAnswer(circuit)
            inARow = 0
            openedMs = undefined
            for (const other of underWay) other.probe = false
          } else {
            recordFailure(circuit, nowMs, limits)
            inARow += 1
            if (inARow >= limits.maxFailures) {
              openedMs = nowMs
              // A failure renews the pause; a probe still under way no longer counts as one.
              for (const other of underWay) other.probe = false
            }
          }
        }
        expect(isOpen(circuit, nowMs) && openedMs === undefined).toBe(false)
      }
    }),
  )
})
