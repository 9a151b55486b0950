import type { IncomingMessage, ServerResponse } from 'node:http'
import { endpoints } from '../wechat/endpoints.ts'
import type { WeChatReply, WeChatRequest } from '../wechat/endpoint.ts'
import { snsError } from '../wechat/sns-reply.ts'
import { maskParameters, recordCall } from '../world/call.ts'
import type { Call } from '../world/call.ts'
import { nowText } from '../world/clock.ts'
import { takeFault } from '../world/fault.ts'
import type { Fault } from '../world/fault.ts'
import type { World } from '../world/world.ts'
import type { Holds } from '../holds.ts'
import { maskBody } from './mask-body.ts'
import { hasBody, readBody } from './read-body.ts'
import { emptyReply, gatewayPage, sendReply, sendTruncated, unknownPathReply } from './send.ts'

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
    query: new URLSearchParams(search),
    callerIp: (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
  }
  const appid = request.query.get('appid')
  const fault = takeFault(world, path)
  const call: Call = {
    method: incoming.method ?? '',
    path: path.slice(0, 200),
    query: maskParameters(request.query),
    ...maskBody(incoming.headers['content-type'], body),
    at: nowText(world),
    errcode: null,
    ...(appid !== null && { appid: appid.slice(0, 64) }),
    ...(fault && { fault: fault.fault }),
  }
  recordCall(world, call)

  const endpoint = endpoints.get(path)
  const work = () => endpoint?.answer(world, request) ?? unknownPathReply
  const send = (reply: WeChatReply) => {
    call.errcode = reply.errcode
    sendReply(outgoing, reply)
  }
  if (!fault) return send(work())

  const done = fault.after ? work() : undefined
  switch (fault.fault) {
    case 'errcode': {
      const fail = endpoint?.fail ?? snsError
      return send(fail(world, request, fault.errcode ?? -1, fault.errmsg))
    }
    case 'status':
      return send(emptyReply(fault.status ?? 500))
    case 'html':
      return send(gatewayPage(fault.status ?? 502))
    case 'empty':
      return send(emptyReply(200))
    case 'reset':
      incoming.socket.resetAndDestroy()
      return
    case 'truncate':
      return sendTruncated(outgoing, done ?? work())
    case 'delay':
    case 'hang':
      if ((await holdBack(holds, fault, outgoing)) === 'go_on') return send(done ?? work())
      incoming.socket.destroy()
  }
}

function holdBack(holds: Holds, fault: Fault, outgoing: ServerResponse) {
  const clientGone = new AbortController()
  outgoing.once('close', () => clientGone.abort())
  return holds.hold(clientGone.signal, fault.delay_ms)
}
