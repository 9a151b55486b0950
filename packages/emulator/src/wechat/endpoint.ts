import type { World } from '../world/world.ts'

/** A request as WeChat sees it. */
export interface WeChatRequest {
  readonly query: URLSearchParams
  /** The caller's address, an IPv4 one in dotted form. */
  readonly callerIp: string
}

export interface WeChatReply {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** What the body says; null where it carries no errcode and 0 for success. */
  readonly errcode: number | null
}

/** One path of WeChat's. */
export interface Endpoint {
  readonly answer: (world: World, request: WeChatRequest) => WeChatReply
  /** An error in the form of the path's family; `errmsg` takes the place of WeChat's text. */
  readonly fail: (
    world: World,
    request: WeChatRequest,
    errcode: number,
    errmsg?: string,
  ) => WeChatReply
}
