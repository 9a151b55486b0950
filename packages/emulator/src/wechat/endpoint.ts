import type { IncomingHttpHeaders } from 'node:http'
import type { World } from '../world/world.ts'

/** A request as WeChat sees it. */
export interface WeChatRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** As text; empty if there was none, null if it was too long to be read. */
  readonly body: string | null
  /** The caller's address, an IPv4 one in dotted form. */
  readonly callerIp: string
}

export interface WeChatReply {
  readonly status: number
  readonly contentType: string
  readonly body: string | Uint8Array
  /** More headers, such as `location`. */
  readonly headers?: Readonly<Record<string, string>>
  /** What the body says; null where it carries no errcode and 0 for success. */
  readonly errcode: number | null
}

/**
 * What the answers of a part of WeChat have in common: `sns` is `/sns/*`, `cgi` is `/cgi-bin/*` and
 * most of `/wxa/*`, `business` is `/wxa/business/*`, `page` is what a browser is shown.
 */
export type Family = 'sns' | 'cgi' | 'business' | 'page'

/** The answers that an endpoint can give, in the form of its family. */
export interface Replies {
  /** An answer that went well: these fields and no others. */
  readonly ok: (fields: object) => WeChatReply
  /** An error; `errmsg` takes the place of WeChat's text. */
  readonly fail: (errcode: number, errmsg?: string) => WeChatReply
}

/**
 * How a fact is known: `documented` on a page of WeChat's, `seen` in an SDK's source or by
 * developers, `assumed` where nothing public settles it.
 */
type Sureness = 'documented' | 'seen' | 'assumed'

/** The same in English and Chinese. */
export interface Text {
  readonly en: string
  readonly zh: string
}

interface Fact {
  readonly about: 'lifetime' | 'quota' | 'answer' | 'request' | 'rule'
  readonly text: Text
  readonly sure: Sureness
}

interface ErrcodeFact {
  readonly errcode: number
  readonly when: Text
  readonly sure: Sureness
}

/** What the reference says of an endpoint. */
export interface EndpointDoc {
  /** WeChat's own name for it, such as `code2Session`. */
  readonly name: string
  readonly host: 'api.weixin.qq.com' | 'open.weixin.qq.com'
  readonly methods: readonly ('GET' | 'POST')[]
  readonly credential:
    | 'appid_and_secret'
    | 'access_token'
    | 'access_token_and_signature'
    | 'user_access_token'
    | 'refresh_token'
    | 'none'
  readonly does: Text
  readonly facts: readonly Fact[]
  readonly errcodes: readonly ErrcodeFact[]
}

/** One path of WeChat's. */
export interface Endpoint {
  readonly path: string
  readonly family: Family
  readonly doc: EndpointDoc
  readonly answer: (
    world: World,
    request: WeChatRequest,
    replies: Replies,
  ) => WeChatReply | Promise<WeChatReply>
}
