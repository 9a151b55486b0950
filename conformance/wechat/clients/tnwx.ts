import assert from 'node:assert/strict'
import type { Subject } from '../kit/case.ts'
import { expectFields } from '../kit/expect.ts'
import { signLoginState } from '../kit/sign.ts'
import {
  casesOf,
  escapesTheCode,
  exchangeWay,
  leadsToCode,
  loginWay,
  refreshes,
  tellsOfUserInfo,
  tokenWay,
  userWay,
  emptyIsSuccess,
  noTimeout,
  unescaped,
} from './ways.ts'

export const tnwx: Subject = {
  name: 'tnwx 2.5.6',
  program: 'tnwx.mjs',
  cases: [
    ...casesOf({ ...loginWay, defects: { empty: emptyIsSuccess, hang: noTimeout } }),
    ...casesOf({ ...tokenWay, defects: { hang: noTimeout } }),
    ...casesOf({ ...exchangeWay, defects: { empty: emptyIsSuccess, hang: noTimeout } }),
    ...casesOf({ ...userWay, defects: { empty: emptyIsSuccess, hang: noTimeout } }),
    leadsToCode('authorizeUrl', ({ serviceAccount }) => serviceAccount),
    refreshes,
    escapesTheCode(unescaped),
    tellsOfUserInfo(({ serviceAccount }) => serviceAccount),
    {
      title: 'it checks a session_key',
      async run({ wechat, call }) {
        const { miniProgram, session } = wechat
        const { openid, session_key } = await session()
        const given = { ...miniProgram, openid, signature: signLoginState(session_key) }
        assert.equal(expectFields(await call('checkSession', given))['errcode'], 0)
      },
    },
  ],
}
