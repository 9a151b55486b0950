import { listSms } from '../world/sms.ts'
import { ok } from './control-call.ts'
import type { ControlCall } from './control-call.ts'

/** What the SMS gateways were sent. */
export const getSms: ControlCall = {
  method: 'GET',
  path: '/emulator/sms',
  answer: (world) => ok({ messages: listSms(world) }),
}
