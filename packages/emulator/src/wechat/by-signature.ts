import { createHmac, timingSafeEqual } from 'node:crypto'
import type { App } from '../world/app.ts'
import { findMembership, isKeyAlive } from '../world/session-key.ts'
import type { Membership } from '../world/session-key.ts'
import type { World } from '../world/world.ts'
import type { WeChatRequest } from './endpoint.ts'

/**
 * Whose login state the query proves, or the errcode.
 *
 * The signature is HMAC-SHA256 over the request's body. Its key is the session_key as text, which
 * is not decoded: the sample on WeChat's page 签名 shows it.
 *
 * @param body What the signature covers.
 */
export function checkSignature(
  world: World,
  app: App,
  { query }: WeChatRequest,
  body = '',
): { readonly openid: string; readonly membership: Membership } | 40003 | 87008 | 87009 {
  const openid = query.get('openid') ?? ''
  const member = findMember(world, app, openid)
  if (member === undefined) return 40003
  if (query.get('sig_method') !== 'hmac_sha256') return 87008
  const membership = findMembership(world, app, member)
  if (!membership || !isKeyAlive(world, app, membership)) return 87009
  const right = createHmac('sha256', membership.sessionKey).update(body).digest('hex')
  const given = Buffer.from(query.get('signature') ?? '')
  if (given.length !== right.length || !timingSafeEqual(given, Buffer.from(right))) return 87009
  return { openid, membership }
}

/** The person behind an openid of this app. */
export function findMember(world: World, app: App, openid: string): string | undefined {
  const member = world.openids.get(openid)
  return member?.appid === app.appid ? member.personId : undefined
}
