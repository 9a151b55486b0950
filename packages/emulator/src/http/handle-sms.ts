import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Holds } from '../holds.ts'
import type { Gateway, SmsRequest } from '../sms/gateway.ts'
import { takeFault } from '../world/fault.ts'
import type { World } from '../world/world.ts'
import { failAs } from './fail-as.ts'
import { readBody } from './read-body.ts'
import { sendReply } from './send.ts'

/** Answers a request to an SMS gateway, or fails it as a fault asks. */
export async function handleSms(
  world: World,
  holds: Holds,
  gateway: Gateway,
  search: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = await readBody(incoming)
  const request: SmsRequest = {
    method: incoming.method ?? '',
    headers: incoming.headers,
    query: new URLSearchParams(search),
    body: body === 'too_large' ? '' : body.text,
  }
  const fault = takeFault(world, gateway.path)
  const work = async () => gateway.answer(world, request)
  const fail = (code: number | string, message?: string) =>
    gateway.fail(world, request, String(code), message)
  const reply = fault ? await failAs(fault, { work, fail, holds, outgoing }) : await work()
  if (reply !== 'no_reply') sendReply(outgoing, reply)
}
