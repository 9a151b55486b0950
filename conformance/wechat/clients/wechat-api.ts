import type { Defect, Subject } from '../kit/case.ts'
import { casesOf, followerWay, noTimeout, tokenWay, secretInError } from './ways.ts'

// Even the timeout that it was given does not end it: the headers came in time.
const neverCalledBack: Defect = {
  reason: 'never calls back',
  shows: noTimeout.shows,
}

export const wechatApi: Subject = {
  name: 'wechat-api 1.35.1',
  program: 'wechat-api.mjs',
  cases: [
    ...casesOf({
      ...tokenWay,
      timeoutMs: 500,
      patienceMs: 3_000,
      defects: { secrecy: secretInError, cut: neverCalledBack },
    }),
    ...casesOf({
      ...followerWay,
      timeoutMs: 500,
      patienceMs: 3_000,
      defects: { cut: neverCalledBack },
    }),
  ],
}
