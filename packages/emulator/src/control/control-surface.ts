import { patchApp, postApps } from './app-calls.ts'
import { postAuthorize } from './authorize-calls.ts'
import { getCalls } from './call-calls.ts'
import { postClock } from './clock-calls.ts'
import { getCa } from './ca-calls.ts'
import type { ControlCall } from './control-call.ts'
import { deleteFaults, postFaults } from './fault-calls.ts'
import { postFollow } from './follow-calls.ts'
import { postPeople } from './person-calls.ts'
import { postPush, postPushCheck } from './push-calls.ts'
import { Refusal } from './refusal.ts'
import { postScan } from './scan-calls.ts'
import { getSms } from './sms-calls.ts'
import {
  postWxCheckSession,
  postWxGetLatestUserKey,
  postWxGetPhoneNumber,
  postWxGetUserInfo,
  postWxLogin,
  postWxPay,
  postWxPluginLogin,
} from './wx-calls.ts'
import { getWorld, postReset } from './world-calls.ts'

/** What a test may do to the world. */
const controlCalls: readonly ControlCall[] = [
  getWorld,
  postApps,
  patchApp,
  postPeople,
  postWxLogin,
  postWxCheckSession,
  postWxGetPhoneNumber,
  postWxGetUserInfo,
  postWxGetLatestUserKey,
  postWxPluginLogin,
  postWxPay,
  postAuthorize,
  postFollow,
  postScan,
  postPush,
  postPushCheck,
  postFaults,
  deleteFaults,
  postClock,
  getCalls,
  getSms,
  getCa,
  postReset,
]

/** The methods that a path has, of those of the control surface. */
export function methodsOf(path: string): readonly string[] {
  return callsAt(path).map((call) => call.method)
}

/** @throws Refusal 404 `call_unknown` or 405 `method_not_allowed`. */
export function findCall(method: string, path: string): { call: ControlCall; appid: string } {
  const calls = callsAt(path)
  const call = calls.find((each) => each.method === method)
  if (call) return { call, appid: call.path.endsWith('/{appid}') ? lastSegment(path) : '' }
  if (calls.length > 0) {
    const methods = methodsOf(path).join(', ')
    throw new Refusal(
      405,
      'method_not_allowed',
      `This path does not take ${method}.`,
      `It takes ${methods}.`,
    )
  }
  throw new Refusal(
    404,
    'call_unknown',
    'The emulator has no such call.',
    `It has ${controlCalls.map((each) => `${each.method} ${each.path}`).join(', ')}.`,
  )
}

function callsAt(path: string): readonly ControlCall[] {
  const pattern = `${path.slice(0, path.lastIndexOf('/'))}/{appid}`
  return controlCalls.filter((call) => call.path === path || call.path === pattern)
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
