import assert from 'node:assert/strict'
import type { Subject } from '../kit/case.ts'
import { expectFields, expectText } from '../kit/expect.ts'
import { textIn } from '../kit/wechat.ts'
import {
  asksOnce,
  casesOf,
  escapesTheCode,
  followerWay,
  loginWay,
  tokenWay,
  emptyIsSuccess,
  secretInError,
  stampede,
} from './ways.ts'

export const coWechatApi: Subject = {
  name: 'co-wechat-api 3.11.0',
  program: 'co-wechat-api.mjs',
  cases: [
    ...casesOf({
      ...loginWay,
      timeoutMs: 500,
      defects: { secrecy: secretInError, empty: emptyIsSuccess },
    }),
    ...casesOf({
      ...tokenWay,
      timeoutMs: 500,
      defects: { secrecy: secretInError, empty: emptyIsSuccess },
    }),
    ...casesOf({ ...followerWay, timeoutMs: 500, defects: { empty: emptyIsSuccess } }),
    escapesTheCode(),
    asksOnce('/cgi-bin/token', stampede),
    {
      title: 'it draws a mini-program code',
      async run({ wechat, call }) {
        assert.equal(
          expectText(await call('qrCode', { ...wechat.miniProgram, scene: 'a=1' })),
          'ffd8ff',
        )
      },
    },
    {
      title: 'an access_token that is not the latest is fetched anew, once',
      async run({ wechat, call, countCalls }) {
        const { serviceAccount, webTokens, control } = wechat
        const { openid } = await webTokens(serviceAccount, 'snsapi_base')
        await control('faults', {
          path: '/cgi-bin/user/info',
          fault: 'errcode',
          errcode: 40001,
          times: 1,
        })
        const fields = expectFields(await call('follower', { ...serviceAccount, openid }))
        assert.equal(textIn(fields, 'openid'), openid)
        assert.equal(await countCalls('/cgi-bin/token'), 2)
      },
    },
    {
      title: 'a wrong AppSecret that is 40001 ends in an error',
      async run({ wechat, call, countCalls }) {
        const { miniProgram, turn } = wechat
        await turn(miniProgram, { wrong_secret_errcode: 40001 })
        const outcome = await call('token', { ...miniProgram, secret: 'f'.repeat(32) }, 3_000)
        const count = await countCalls('/cgi-bin/token')
        assert.equal(
          outcome.kind,
          'error',
          `no end after ${count > 10 ? 'more than 10' : count} requests`,
        )
      },
      defect: {
        reason: 'fetches a token because fetching one failed, and so on without end',
        shows: /^no end after more than 10 requests/,
      },
    },
  ],
}
