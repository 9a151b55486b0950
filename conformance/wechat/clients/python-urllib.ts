import type { Subject } from '../kit/case.ts'
import {
  casesOf,
  escapesTheCode,
  exchangeWay,
  loginWay,
  phoneWay,
  tellsOfUserInfo,
  tokenWay,
  userWay,
} from './ways.ts'

export const pythonUrllib: Subject = {
  name: 'Python’s urllib',
  program: 'python-urllib.py',
  cases: [
    ...casesOf({ ...loginWay, timeoutMs: 500 }),
    ...casesOf({ ...tokenWay, timeoutMs: 500 }),
    ...casesOf({ ...phoneWay, timeoutMs: 500 }),
    ...casesOf({ ...exchangeWay, timeoutMs: 500 }),
    ...casesOf({ ...userWay, timeoutMs: 500 }),
    escapesTheCode(),
    tellsOfUserInfo(({ serviceAccount }) => serviceAccount),
  ],
}
