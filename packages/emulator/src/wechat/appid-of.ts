import { findToken } from '../world/access-token.ts'
import type { World } from '../world/world.ts'
import type { WeChatRequest } from './endpoint.ts'
import { readJson } from './read-json.ts'

/** The app that a request is about, as far as the request says: it may not exist. */
export function appidOf(world: World, request: WeChatRequest): string | undefined {
  const token = findToken(world, request.query.get('access_token') ?? '')
  const asked = request.query.get('appid') ?? token?.appid
  if (asked !== undefined) return asked
  const body = readJson(request)
  return typeof body === 'object' && typeof body.appid === 'string' ? body.appid : undefined
}
