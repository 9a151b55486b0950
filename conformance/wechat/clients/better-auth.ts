import assert from 'node:assert/strict'
import type { Subject } from '../kit/case.ts'
import { textIn } from '../kit/wechat.ts'
import {
  casesOf,
  exchangeWay,
  leadsToCode,
  refreshes,
  staysTheSame,
  tellsOfUserInfo,
  userWay,
  noTimeout,
  subjectFlips,
} from './ways.ts'

export const betterAuth: Subject = {
  name: '@better-auth/core 1.7.24',
  program: 'better-auth.mjs',
  cases: [
    ...casesOf({
      ...exchangeWay,
      app: ({ website }) => website,
      input: async ({ webCode }, app) => ({ code: await webCode(app, 'snsapi_login') }),
      worth: (fields) => {
        assert.match(textIn(fields, 'openid'), /^o[\w-]{27}$/)
        textIn(fields, 'accessToken')
      },
      defects: { hang: noTimeout },
    }),
    ...casesOf({
      ...userWay,
      app: ({ website }) => website,
      input: async ({ webCode }, app) => ({ code: await webCode(app, 'snsapi_login') }),
      worth: (fields) => assert.equal(textIn(fields['user'], 'name'), '李华'),
      defects: { hang: noTimeout },
    }),
    leadsToCode('qrUrl', ({ website }) => website),
    refreshes,
    tellsOfUserInfo(({ website }) => website, {
      reason: 'has a getUserInfo that gives null for any refusal',
      shows: /is not told: \{"kind":"value","value":null\}$/,
    }),
    staysTheSame((fields) => textIn(fields['user'], 'email'), subjectFlips),
  ],
}
