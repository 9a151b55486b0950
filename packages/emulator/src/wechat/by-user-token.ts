import { findUserToken, isTokenAlive, openidOfGrant } from '../world/grant.ts'
import type { Grant } from '../world/grant.ts'
import type { World } from '../world/world.ts'
import type { WeChatRequest } from './endpoint.ts'
import { readParameters } from './read-parameters.ts'

/** What the person of a token allowed, or the errcode. The order of the checks is a guess. */
export function checkUserToken(world: World, request: WeChatRequest): Grant | number {
  const { access_token, openid } = readParameters(request)
  if (!access_token) return 41001
  if (!openid) return 41009
  const token = findUserToken(world, access_token)
  if (!token) return 40001
  if (!isTokenAlive(world, token)) return 42001
  return openidOfGrant(token.grant) === openid ? token.grant : 40003
}
