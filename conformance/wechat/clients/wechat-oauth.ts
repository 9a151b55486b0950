import assert from 'node:assert/strict'
import type { Subject } from '../kit/case.ts'
import { expectFields } from '../kit/expect.ts'
import {
  casesOf,
  checksToken,
  escapesTheCode,
  exchangeWay,
  leadsToCode,
  loginWay,
  refreshes,
  tellsOfUserInfo,
  userWay,
  emptyIsCrash,
} from './ways.ts'

export const wechatOauth: Subject = {
  name: 'wechat-oauth 1.5.0',
  program: 'wechat-oauth.mjs',
  cases: [
    ...casesOf({ ...loginWay, timeoutMs: 500, defects: { empty: emptyIsCrash } }),
    ...casesOf({ ...exchangeWay, timeoutMs: 500, defects: { empty: emptyIsCrash } }),
    ...casesOf({ ...userWay, timeoutMs: 500, defects: { empty: emptyIsCrash } }),
    leadsToCode('authorizeUrl', ({ serviceAccount }) => serviceAccount),
    leadsToCode('qrUrl', ({ website }) => website),
    refreshes,
    checksToken,
    escapesTheCode(),
    tellsOfUserInfo(({ serviceAccount }) => serviceAccount),
    {
      title: 'it decrypts what a mini program was given',
      async run({ wechat, call }) {
        const { miniProgram, control, login, session } = wechat
        const { openid } = await session()
        const { appid } = miniProgram
        const { encryptedData, iv } = await control('wx/getUserInfo', { appid, person: 'li-hua' })
        const given = { ...miniProgram, code: await login(), encryptedData, iv }
        assert.equal(expectFields(await call('miniProgramUser', given))['openId'], openid)
      },
    },
  ],
}
