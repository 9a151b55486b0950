import assert from 'node:assert/strict'
import type { Subject } from '../kit/case.ts'
import { textIn } from '../kit/wechat.ts'
import {
  asksOnce,
  casesOf,
  exchangeWay,
  leadsToCode,
  loginWay,
  phoneWay,
  tellsOfUserInfo,
  tokenWay,
  userWay,
  escapesTheCode,
  emptyIsSuccess,
  stampede,
} from './ways.ts'

export const nodeEasywechat: Subject = {
  name: 'node-easywechat 3.6.2',
  program: 'node-easywechat.mjs',
  cases: [
    ...casesOf({ ...loginWay, timeoutMs: 500 }),
    ...casesOf({ ...tokenWay, timeoutMs: 500 }),
    ...casesOf({
      ...phoneWay,
      timeoutMs: 500,
      defects: { html: emptyIsSuccess, empty: emptyIsSuccess },
    }),
    ...casesOf({ ...exchangeWay, timeoutMs: 500 }),
    ...casesOf({ ...userWay, timeoutMs: 500 }),
    leadsToCode('authorizeUrl', ({ serviceAccount }) => serviceAccount, {
      reason: 'puts scope before response_type, where WeChat matches the order',
      shows: /in this order: appid, redirect_uri, response_type, scope, state/,
    }),
    escapesTheCode(),
    asksOnce('/cgi-bin/token', stampede),
    tellsOfUserInfo(({ serviceAccount }) => serviceAccount, {
      reason: 'makes a user without an id out of any refusal',
      shows: /is not told: \{"kind":"value","value":\{"openid":null/,
    }),
    {
      title: 'it decrypts a phone of the old way',
      async run({ wechat, call }) {
        const { miniProgram, control, session } = wechat
        const { session_key } = await session()
        const { appid } = miniProgram
        const event = await control('wx/getPhoneNumber', { appid, person: 'li-hua' })
        const outcome = await call('decrypt', { ...miniProgram, ...event, session_key })
        assert.ok(outcome.kind === 'value', JSON.stringify(outcome))
        assert.equal(textIn(outcome.value, 'purePhoneNumber'), '13800138001')
      },
    },
  ],
}
