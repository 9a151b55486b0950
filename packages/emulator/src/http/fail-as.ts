import type { ServerResponse } from 'node:http'
import type { Holds } from '../holds.ts'
import type { WeChatReply } from '../wechat/endpoint.ts'
import type { Fault } from '../world/fault.ts'
import { resetConnection } from './reset-connection.ts'
import { emptyReply, gatewayPage, sendTruncated } from './send.ts'

/** What a fault has to work with. */
interface Failing {
  /** Does what was asked of WeChat; once. */
  readonly work: () => Promise<WeChatReply>
  /** An errcode of WeChat's, or an error code of an SMS gateway. */
  readonly fail: (errcode: number | string, errmsg?: string) => WeChatReply
  readonly holds: Holds
  readonly outgoing: ServerResponse
}

/** The reply that the fault lets through; `no_reply` if it ended the connection. */
export async function failAs(fault: Fault, failing: Failing): Promise<WeChatReply | 'no_reply'> {
  const { work, fail, holds, outgoing } = failing
  const done = fault.after ? await work() : undefined
  switch (fault.fault) {
    case 'errcode':
      return fail(fault.errcode ?? -1, fault.errmsg)
    case 'status':
      return emptyReply(fault.status ?? 500)
    case 'html':
      return gatewayPage(fault.status ?? 502)
    case 'empty':
      return emptyReply(200)
    case 'reset':
      resetConnection(outgoing.socket)
      return 'no_reply'
    case 'truncate':
      sendTruncated(outgoing, done ?? (await work()))
      return 'no_reply'
    case 'delay':
    case 'hang': {
      const release = await holds.hold(untilGone(outgoing), fault.delay_ms)
      if (release === 'go_on') return done ?? (await work())
      outgoing.destroy()
      return 'no_reply'
    }
  }
}

function untilGone(outgoing: ServerResponse): AbortSignal {
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort())
  return gone.signal
}
