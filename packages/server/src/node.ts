import type { AddressInfo, Socket } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Auth } from './auth.ts'
import { secondMs } from './clock.ts'

export type Listener = {
  /** As in `http://127.0.0.1:4100`. */
  readonly url: string
  /**
   * Stops without losing a request: `/readyz` answers 503, and for `drainSeconds` all else goes on;
   * then it takes no new connections, lets the requests under way finish, and ends what is left.
   */
  close(): Promise<void>
}

/** How long requests under way may take once the server takes no more; milliseconds. */
const finishMs = 10_000
const sweepMs = 50

/** A server that has just begun to listen answers first whoever waited for it; milliseconds. */
const warmUpMs = secondMs

/** The longest that headers alone may take; seconds. */
const headersSeconds = 10

/**
 * Serves `auth` on `node:http`.
 *
 * @param options.port 0 takes any free one.
 * @param options.host Default `127.0.0.1`.
 * @param options.drainSeconds For so long a server that was told to stop still takes requests:
 *   until every balancer has seen that it is not ready. Default 0.
 * @param options.requestSeconds The longest that a sender may take, body and all; then the answer
 *   is 408. Default 60: a picture of 1 MB over a slow line. Node's own default is 300.
 */
export async function listen(
  auth: Pick<Auth, 'handler' | 'drain'> & Partial<Pick<Auth, 'warmUp'>>,
  {
    port,
    host = '127.0.0.1',
    drainSeconds = 0,
    requestSeconds = 60,
  }: { port: number; host?: string; drainSeconds?: number; requestSeconds?: number },
): Promise<Listener> {
  let closed: Promise<void> | undefined
  const server = createAdaptorServer({
    fetch: async (request, { incoming, outgoing }) => {
      const response = await auth.handler(request, { address: incoming.socket.remoteAddress })
      // Whoever keeps the connection would send the next request while it is being ended.
      if (closed && 'shouldKeepAlive' in outgoing) outgoing.shouldKeepAlive = false
      return response
    },
    overrideGlobalObjects: true,
    serverOptions: {
      headersTimeout: Math.min(headersSeconds, requestSeconds) * secondMs,
      requestTimeout: requestSeconds * secondMs,
      connectionsCheckingInterval: secondMs,
    },
  })
  // Read at once, it is known as long as the socket is. Whoever has gone already has none, and must
  // not pass for somebody without an address.
  server.on('connection', (socket: Socket) => {
    if (socket.remoteAddress === undefined) socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { port: bound } = server.address() as AddressInfo

  const warming = setTimeout(() => {
    // What cannot be loaded is told of by the request that needs it.
    auth.warmUp?.().catch(() => {})
  }, warmUpMs)

  async function drainAndEnd() {
    clearTimeout(warming)
    auth.drain()
    if (drainSeconds > 0) {
      await new Promise((resolve) => setTimeout(resolve, drainSeconds * secondMs))
    }
    await end()
  }

  const end = () =>
    new Promise<void>((resolve) => {
      const force = setTimeout(
        () => 'closeAllConnections' in server && server.closeAllConnections(),
        finishMs,
      )
      const endIdle = () => 'closeIdleConnections' in server && server.closeIdleConnections()
      // A connection is idle once its request is answered, and would be kept for seconds more.
      const sweep = setInterval(endIdle, sweepMs)
      server.close(() => {
        clearTimeout(force)
        clearInterval(sweep)
        resolve()
      })
      endIdle()
    })

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () => (closed ??= drainAndEnd()),
  }
}
