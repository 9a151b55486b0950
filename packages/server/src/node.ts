import type { AddressInfo, Socket } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Auth } from './auth.ts'

export type Listener = {
  /** As in `http://127.0.0.1:4100`. */
  readonly url: string
  /** Takes no new connections, lets the requests under way finish, then ends what is left. */
  close(): Promise<void>
}

/** How long requests under way may take once the server is closing; milliseconds. */
const drainMs = 10_000
const sweepMs = 50

/**
 * Serves `auth` on `node:http`.
 *
 * @param options.port 0 takes any free one.
 * @param options.host Default `127.0.0.1`.
 */
export async function listen(
  auth: Pick<Auth, 'handler'>,
  { port, host = '127.0.0.1' }: { port: number; host?: string },
): Promise<Listener> {
  const server = createAdaptorServer({
    fetch: (request, { incoming }) =>
      auth.handler(request, { address: incoming.socket.remoteAddress }),
    overrideGlobalObjects: true,
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
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        const force = setTimeout(
          () => 'closeAllConnections' in server && server.closeAllConnections(),
          drainMs,
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
      }),
  }
}
