import type { Subject } from '../kit/case.ts'
import {
  casesOf,
  checksToken,
  exchangeWay,
  leadsToCode,
  refreshes,
  tellsOfUserInfo,
  userWay,
} from './ways.ts'

export const coWechatOauth: Subject = {
  name: 'co-wechat-oauth 2.0.1',
  program: 'co-wechat-oauth.mjs',
  cases: [
    ...casesOf({ ...exchangeWay, timeoutMs: 500 }),
    ...casesOf({ ...userWay, timeoutMs: 500 }),
    leadsToCode('authorizeUrl', ({ serviceAccount }) => serviceAccount),
    leadsToCode('qrUrl', ({ website }) => website),
    refreshes,
    checksToken,
    tellsOfUserInfo(({ serviceAccount }) => serviceAccount),
  ],
}
