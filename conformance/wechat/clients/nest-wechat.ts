import assert from 'node:assert/strict'
import type { Defect, Subject } from '../kit/case.ts'
import { expectFields, expectText } from '../kit/expect.ts'
import { textIn } from '../kit/wechat.ts'
import {
  asksOnce,
  casesOf,
  checksToken,
  escapesTheCode,
  exchangeWay,
  loginWay,
  noTimeout,
  phoneWay,
  refreshes,
  tokenWay,
  emptyIsSuccess,
  stampede,
  unescaped,
} from './ways.ts'

const swallowed: Defect = {
  reason: 'has a getToken that gives undefined for any refusal',
  shows: /is not told: \{"kind":"value","value":\{\}\}$/,
}

const sentOn: Defect = {
  reason: 'has a getToken that gives undefined for any refusal, which is then sent as a token',
  shows: /is not told: .*"errcode":40014/,
}

export const nestWechat: Subject = {
  name: 'nest-wechat 0.2.50',
  program: 'nest-wechat.mjs',
  cases: [
    ...casesOf({ ...loginWay, defects: { empty: emptyIsSuccess, hang: noTimeout } }),
    ...casesOf({
      ...tokenWay,
      operation: 'plainToken',
      defects: { empty: emptyIsSuccess, hang: noTimeout },
    }),
    ...casesOf({
      ...tokenWay,
      does: 'keeps a stable access_token',
      path: '/cgi-bin/stable_token',
      defects: {
        wrong_secret: swallowed,
        whitelist: swallowed,
        busy: swallowed,
        empty: emptyIsSuccess,
        hang: noTimeout,
      },
    }),
    ...casesOf({
      ...phoneWay,
      defects: { wrong_secret: sentOn, whitelist: sentOn, empty: emptyIsSuccess, hang: noTimeout },
    }),
    ...casesOf({ ...exchangeWay, defects: { empty: emptyIsSuccess, hang: noTimeout } }),
    refreshes,
    checksToken,
    asksOnce('/cgi-bin/stable_token', stampede),
    escapesTheCode(unescaped),
    {
      title: 'it gives the openpid of a plugin',
      async run({ wechat, call }) {
        const { miniProgram, control } = wechat
        const { code } = await control('wx/pluginLogin', {
          appid: miniProgram.appid,
          person: 'li-hua',
        })
        const fields = expectFields(await call('pluginOpenpid', { ...miniProgram, code }))
        assert.match(textIn(fields, 'openpid'), /^[\w-]{28}$/)
      },
    },
    {
      title: 'it draws a mini-program code',
      async run({ wechat, call }) {
        assert.equal(
          expectText(await call('qrCode', { ...wechat.miniProgram, scene: 'a=1' })),
          'ffd8ff',
        )
      },
    },
  ],
}
