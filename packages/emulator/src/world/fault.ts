import type { World } from './world.ts'

export const faultKinds = [
  'errcode',
  'status',
  'delay',
  'hang',
  'reset',
  'truncate',
  'html',
  'empty',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** A way in which WeChat fails on a path. */
export interface Fault {
  readonly id: number
  /** A path of WeChat's, `*` for every one, or an SMS gateway such as `/sms/aliyun`. */
  readonly path: string
  readonly fault: FaultKind
  /** A number of WeChat's; a gateway's are texts. */
  readonly errcode?: number | string
  readonly errmsg?: string
  readonly status?: number
  readonly delay_ms?: number
  /** False: WeChat did nothing. True: WeChat did its work and the answer was lost or spoilt. */
  readonly after: boolean
  /** How often it will still happen; null for as long as it is not deleted. */
  times_left: number | null
}

/** The oldest fault of this path, counted down; undefined if all is well. */
export function takeFault(world: World, path: string): Fault | undefined {
  if (world.faults.length === 0) return undefined
  const isGateway = path.startsWith('/sms/')
  const index = world.faults.findIndex(
    (fault) => fault.path === path || (fault.path === '*' && !isGateway),
  )
  const fault = world.faults[index]
  if (fault?.times_left != null) {
    fault.times_left -= 1
    if (fault.times_left === 0) world.faults.splice(index, 1)
  }
  return fault
}
