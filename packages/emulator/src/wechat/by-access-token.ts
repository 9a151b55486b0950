import { findToken, stateOfToken } from '../world/access-token.ts'
import type { App, AppKind } from '../world/app.ts'
import type { World } from '../world/world.ts'
import type { Endpoint, Replies, WeChatReply, WeChatRequest } from './endpoint.ts'

interface Wanted {
  /** `any` where WeChat's pages disagree. */
  readonly method: 'GET' | 'POST' | 'any'
  /** Whose tokens are taken; others get 48001. Default: every kind's. */
  readonly kinds?: readonly AppKind[]
}

/** An answer that is given to whoever holds an access_token of an app. */
export function byAccessToken(
  { method, kinds }: Wanted,
  answer: (
    world: World,
    request: WeChatRequest,
    replies: Replies,
    app: App,
  ) => WeChatReply | Promise<WeChatReply>,
): Endpoint['answer'] {
  return (world, request, replies) => {
    const app = checkToken(world, request)
    if (typeof app === 'number') return replies.fail(app)
    if (kinds?.includes(app.kind) === false) return replies.fail(48001)
    const refused = checkMethod(request, method)
    return refused === 'fine' ? answer(world, request, replies, app) : replies.fail(refused)
  }
}

/** The errcode of a request by the wrong method. A HEAD is a GET. */
export function checkMethod(
  { method }: WeChatRequest,
  wanted: Wanted['method'],
): 'fine' | 43001 | 43002 {
  if (wanted === 'GET' && method !== 'GET' && method !== 'HEAD') return 43001
  if (wanted === 'POST' && method !== 'POST') return 43002
  return 'fine'
}

/** The app whose token was sent in the query, or the errcode. */
function checkToken(world: World, request: WeChatRequest): App | number {
  const text = request.query.get('access_token')
  if (!text) return 41001
  const token = findToken(world, text)
  const app = token && world.apps.get(token.appid)
  if (!app) return 40014
  return { good: app, replaced: 40001, expired: 42001 }[stateOfToken(world, token)]
}
