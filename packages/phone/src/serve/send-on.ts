import { decodeText } from './decode-text.ts'
import { replyHeader, requestHeader, type ReplyHead, type RequestHead } from '../run/wire.ts'

/**
 * Sends on what the mini program asked for, as the phone's own network would. A page of another
 * origin cannot set the header without asking, and is never allowed.
 */
export async function sendOn(request: Request, fetch: typeof globalThis.fetch): Promise<Response> {
  const text = decodeText(request.headers.get(requestHeader) ?? '')
  if (!text)
    return refuse(
      400,
      `The header ${requestHeader} is missing, or cannot be read: only the phone sends here.\n请求头 ${requestHeader} 缺失或无法读取：这里只接收手机发来的请求。\n`,
    )
  const { url, method, header, redirect } = JSON.parse(text) as RequestHead
  const body = await request.arrayBuffer()
  try {
    const reply = await fetch(url, {
      method,
      headers: header,
      redirect,
      signal: request.signal,
      ...(body.byteLength > 0 && { body }),
    })
    const head: ReplyHead = {
      status: reply.status,
      header: Object.fromEntries(reply.headers),
      cookies: reply.headers.getSetCookie(),
    }
    return new Response(reply.body, {
      headers: {
        [replyHeader]: encodeURIComponent(JSON.stringify(head)),
        'content-type': 'application/octet-stream',
        'cache-control': 'no-store',
      },
    })
  } catch {
    return refuse(
      502,
      'There was no reply: see that the server of the mini program runs.\n没有收到回应：请确认小程序的服务端在运行。\n',
    )
  }
}

const refuse = (status: number, words: string) =>
  new Response(words, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })
