import type { ServerResponse } from 'node:http'
import type { WeChatReply } from '../wechat/endpoint.ts'

export function sendReply(outgoing: ServerResponse, reply: WeChatReply): void {
  outgoing.writeHead(reply.status, {
    ...reply.headers,
    'content-type': reply.contentType,
    'content-length': Buffer.byteLength(reply.body),
  })
  outgoing.end(reply.body)
}

/** Announces the whole body, sends half of it and closes the connection. */
export function sendTruncated(outgoing: ServerResponse, reply: WeChatReply): void {
  const body = Buffer.from(reply.body)
  outgoing.writeHead(reply.status, {
    ...reply.headers,
    'content-type': reply.contentType,
    'content-length': body.length,
  })
  outgoing.write(body.subarray(0, Math.ceil(body.length / 2)), () => outgoing.socket?.end())
}

/** What a gateway of WeChat's says when what is behind it is gone. */
export function gatewayPage(status: number): WeChatReply {
  const body = `<html>\r\n<head><title>${status}</title></head>\r\n<body>\r\n<center><h1>${status}</h1></center>\r\n</body>\r\n</html>\r\n`
  return { status, contentType: 'text/html', body, errcode: null }
}

/** No body at all. WeChat has been seen to answer 200 like this, as HTML. */
export function emptyReply(status: number): WeChatReply {
  return { status, contentType: 'text/html', body: '', errcode: null }
}

/** Ours: what WeChat says to a path that it does not know is not documented. */
export const unknownPathReply: WeChatReply = {
  status: 404,
  contentType: 'text/plain',
  body: 'The emulator answers no such path of WeChat.\n',
  errcode: null,
}
