import { ok } from './control-call.ts'
import type { ControlCall } from './control-call.ts'

/** What the SMS gateways were sent. None is emulated yet. */
export const getSms: ControlCall = {
  method: 'GET',
  path: '/emulator/sms',
  answer: () => ok({ messages: [] }),
}
