import type { Holds } from '../holds.ts'
import type { World } from '../world/world.ts'

interface ControlRequest {
  /** The JSON object that was sent; empty if nothing was. */
  readonly body: Readonly<Record<string, unknown>>
  /** The part of the path that stands for `{appid}`, if the call has one. */
  readonly appid: string
}

export interface ControlReply {
  readonly status: number
  /** What is sent as JSON; text is sent as it is. */
  readonly body: object | string
}

/** One call of the control surface. */
export interface ControlCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly answer: (
    world: World,
    request: ControlRequest,
    holds: Holds,
  ) => ControlReply | Promise<ControlReply>
}

export function ok(body: object | string): ControlReply {
  return { status: 200, body }
}

export function created(body: object): ControlReply {
  return { status: 201, body }
}
