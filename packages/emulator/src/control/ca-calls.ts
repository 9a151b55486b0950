import { ok } from './control-call.ts'
import type { ControlCall } from './control-call.ts'

/** The authority to trust for the TLS port. */
export const getCa: ControlCall = {
  method: 'GET',
  path: '/emulator/ca.pem',
  answer: (world) => ok(world.place.caPem),
}
