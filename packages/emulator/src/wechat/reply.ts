import { maskBody, maskParameters } from '../world/call.ts'
import { newRid, recordRid } from '../world/rid.ts'
import type { World } from '../world/world.ts'
import { appidOf } from './appid-of.ts'
import type { Family, Replies, WeChatReply, WeChatRequest } from './endpoint.ts'
import { errorPage } from '../page/error-page.ts'
import { langOf } from '../page/page.ts'
import { errmsgOf } from './errmsg.ts'

// WeChat sends the JSON of /sns/* as plain text.
const contentTypeOf: Record<Family, string> = {
  sns: 'text/plain',
  cgi: 'application/json; encoding=utf-8',
  business: 'application/json; encoding=utf-8',
  page: 'text/html; charset=utf-8',
}

/** The answers to one request, in the form of a family. */
export function repliesOf(world: World, request: WeChatRequest, family: Family): Replies {
  const contentType = contentTypeOf[family]
  // Every business error has status 200.
  const answer = (body: object, errcode: number): WeChatReply => ({
    status: 200,
    contentType,
    body: JSON.stringify(body),
    errcode,
  })
  return {
    ok: (fields) => answer(fields, 0),
    fail(errcode, ownErrmsg) {
      if (family === 'page') {
        const text = ownErrmsg === undefined ? undefined : { en: ownErrmsg, zh: ownErrmsg }
        return errorPage(langOf(request.headers['accept-language']), errcode, text)
      }
      const errmsg = ownErrmsg ?? errmsgOf(errcode, request.callerIp) ?? 'unknown error'
      const rid = newRid(world)
      const suffix = suffixOf(world, request, family, rid)
      const refused = answer({ errcode, errmsg: errmsg + suffix }, errcode)
      recordRid(world, rid, describe(world, request, refused))
      return refused
    },
  }
}

/**
 * What names the request at the end of an `errmsg`. That of `/sns/*` has a comma before it, and
 * looks as it did years ago by the switch `errmsg_style`.
 */
function suffixOf(world: World, request: WeChatRequest, family: Family, rid: string): string {
  const app = world.apps.get(request.query.get('appid') ?? '')
  if (family === 'sns' && app?.switches.errmsg_style === 'hints') {
    return `, hints: [ req_id: ${randomText(world, 9, 'base64url')} ]`
  }
  if (family === 'sns') return `, rid: ${rid}`
  if (family === 'cgi') return ` rid: ${rid}`
  return ` hint: [${randomText(world, 6, 'base64url')}] rid: ${rid}`
}

function describe(world: World, request: WeChatRequest, reply: WeChatReply) {
  return {
    appid: appidOf(world, request),
    query: maskParameters(request.query),
    requestBody: maskBody(request.headers['content-type'], request.body),
    responseBody: reply.body.toString(),
    clientIp: request.callerIp,
  }
}

function randomText(world: World, byteCount: number, encoding: 'hex' | 'base64url'): string {
  return Buffer.from(world.sources.random(byteCount)).toString(encoding)
}
