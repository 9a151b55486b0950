import { nowMs } from '../world/clock.ts'
import type { World } from '../world/world.ts'
import type { WeChatReply, WeChatRequest } from './endpoint.ts'
import { errmsgOf } from './errmsg.ts'

// WeChat sends the JSON of /sns/* as plain text, and every business error with status 200.
function reply(body: object, errcode: number): WeChatReply {
  return { status: 200, contentType: 'text/plain', body: JSON.stringify(body), errcode }
}

/** An answer of `/sns/*` that went well: the bare fields. */
export function snsSuccess(fields: object): WeChatReply {
  return reply(fields, 0)
}

/**
 * An error of `/sns/*`. The text ends in `, rid: …` with a comma, or, as it did years ago and by
 * the switch `errmsg_style`, in `, hints: [ req_id: … ]`.
 */
export function snsError(
  world: World,
  request: WeChatRequest,
  errcode: number,
  errmsg: string = errmsgOf(errcode, request.callerIp) ?? 'unknown error',
): WeChatReply {
  const app = world.apps.get(request.query.get('appid') ?? '')
  const suffix =
    app?.switches.errmsg_style === 'hints'
      ? `hints: [ req_id: ${randomText(world, 9, 'base64url')} ]`
      : `rid: ${newRid(world)}`
  return reply({ errcode, errmsg: `${errmsg}, ${suffix}` }, errcode)
}

// Three groups of eight hexadecimal digits, the first of which is the Unix time.
function newRid(world: World): string {
  const time = Math.floor(nowMs(world) / 1000).toString(16)
  return `${time.padStart(8, '0')}-${randomText(world, 4, 'hex')}-${randomText(world, 4, 'hex')}`
}

function randomText(world: World, byteCount: number, encoding: 'hex' | 'base64url'): string {
  return Buffer.from(world.sources.random(byteCount)).toString(encoding)
}
