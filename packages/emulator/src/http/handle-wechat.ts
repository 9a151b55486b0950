import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Holds } from '../holds.ts'
import { endpoints } from '../wechat/endpoints.ts'
import type { WeChatRequest } from '../wechat/endpoint.ts'
import { appidOf } from '../wechat/appid-of.ts'
import { repliesOf } from '../wechat/reply.ts'
import { maskBody, maskParameters, recordCall } from '../world/call.ts'
import type { Call } from '../world/call.ts'
import { nowText } from '../world/clock.ts'
import { takeFault } from '../world/fault.ts'
import type { World } from '../world/world.ts'
import { failAs } from './fail-as.ts'
import { hasBody, readBody } from './read-body.ts'
import { sendReply, unknownPathReply } from './send.ts'

/** Answers a request to a path of WeChat's, or fails it as a fault asks. */
export async function handleWeChat(
  world: World,
  holds: Holds,
  path: string,
  search: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = hasBody(incoming) ? await readBody(incoming) : undefined
  const request: WeChatRequest = {
    method: incoming.method ?? '',
    path,
    headers: incoming.headers,
    body: body === 'too_large' ? null : (body?.text ?? ''),
    query: new URLSearchParams(search),
    callerIp: (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
  }
  const endpoint = endpoints.get(path)
  const replies = repliesOf(world, request, endpoint?.family ?? 'cgi')
  const fault = takeFault(world, path)
  const appid = appidOf(world, request)
  const call: Call = {
    method: incoming.method ?? '',
    path: path.slice(0, 200),
    query: maskParameters(request.query),
    ...(body && { body: maskBody(incoming.headers['content-type'], request.body) }),
    at: nowText(world),
    errcode: null,
    ...(appid !== undefined && { appid: appid.slice(0, 64) }),
    ...(fault && { fault: fault.fault }),
  }
  recordCall(world, call)

  const work = async () => endpoint?.answer(world, request, replies) ?? unknownPathReply
  const fail = (errcode: number | string, errmsg?: string) => replies.fail(Number(errcode), errmsg)
  const reply = fault ? await failAs(fault, { work, fail, holds, outgoing }) : await work()
  if (reply === 'no_reply') return
  call.errcode = reply.errcode
  sendReply(outgoing, reply)
}
