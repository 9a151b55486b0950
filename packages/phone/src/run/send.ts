import { replyHeader, requestHeader, type ReplyHead, type RequestHead } from './wire.ts'

/** One HTTP request of a mini program. */
export interface Outgoing extends RequestHead {
  readonly body: string | ArrayBuffer | FormData | undefined
  readonly signal: AbortSignal
}

export interface Incoming extends ReplyHead {
  readonly body: ArrayBuffer
}

/** Rejects where there was no reply. */
export type Send = (request: Outgoing) => Promise<Incoming>

/** Where the network can be reached as a phone reaches it: in Node, not in a browser. */
export const sendDirectly =
  (fetch: typeof globalThis.fetch): Send =>
  async ({ url, header, ...request }) => {
    // A phone has no cookie jar, and a reply is whatever came, of any status.
    const reply = await fetch(url, { ...plain(request), headers: header, credentials: 'omit' })
    return {
      status: reply.status,
      header: Object.fromEntries(reply.headers),
      cookies: reply.headers.getSetCookie(),
      body: await reply.arrayBuffer(),
    }
  }

/**
 * Through the server that the page came from: a browser would ask every back end for CORS, send its
 * cookies, and hide headers from the program.
 */
export const sendThrough =
  (address: string, fetch: typeof globalThis.fetch): Send =>
  async ({ url, method, header, body, redirect, signal }) => {
    // How a form is divided is decided here, and the header has to say it.
    const packed = body instanceof FormData ? new Response(body) : undefined
    const type = packed?.headers.get('content-type')
    const head: RequestHead = {
      url,
      method,
      redirect,
      header: type ? { ...header, 'content-type': type } : header,
    }
    const reply = await fetch(address, {
      method: 'POST',
      headers: { [requestHeader]: encodeURIComponent(JSON.stringify(head)) },
      body: (packed ? await packed.arrayBuffer() : body) ?? null,
      signal,
    })
    const described = reply.headers.get(replyHeader)
    if (!reply.ok || described === null) throw new Error(await reply.text())
    const {
      status,
      header: received,
      cookies,
    } = JSON.parse(decodeURIComponent(described)) as ReplyHead
    return { status, header: received, cookies, body: await reply.arrayBuffer() }
  }

/** Without what is undefined. */
function plain({ body, ...rest }: Omit<Outgoing, 'url' | 'header'>) {
  return body === undefined ? rest : { ...rest, body }
}
