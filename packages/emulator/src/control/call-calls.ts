import { listCalls } from '../world/call.ts'
import { ok } from './control-call.ts'
import type { ControlCall } from './control-call.ts'

export const getCalls: ControlCall = {
  method: 'GET',
  path: '/emulator/calls',
  answer: (world) => ok({ calls: listCalls(world) }),
}
