import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerDefect, handleControl } from './http/handle-control.ts'
import { handleWeChat } from './http/handle-wechat.ts'
import { keepHolds } from './holds.ts'
import { beginWorld } from './world/world.ts'

export interface EmulatorOptions {
  /** Default 4180; 0 takes any free port. */
  readonly port?: number
  /** The address to listen on. Default `127.0.0.1`: nobody outside this machine reaches it. */
  readonly host?: string
  /** Milliseconds since the Unix epoch. Default `Date.now`. `/emulator/clock` is added to it. */
  readonly now?: () => number
  /** That many random bytes, never the same twice. Default `crypto.randomBytes`. */
  readonly random?: (byteCount: number) => Uint8Array
}

export interface Emulator {
  /** Such as `http://127.0.0.1:4180`, with no slash at its end. Stands for every host of WeChat's. */
  readonly url: string
  /** Ends every connection at once, held ones too. */
  readonly close: () => Promise<void>
}

/**
 * Starts a WeChat with the seeded world. Several may run side by side; each has its own world.
 *
 * @throws If the port is taken or the address is not this machine's.
 */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 4180, host = '127.0.0.1', now = Date.now, random = randomBytes } = options
  const world = beginWorld({ now, random })
  const holds = keepHolds()

  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { path, search } = splitTarget(incoming.url ?? '/')
    if (path === '/emulator' || path.startsWith('/emulator/')) {
      await handleControl(world, holds, path, incoming, outgoing)
    } else {
      await handleWeChat(world, holds, path, search, incoming, outgoing)
    }
  }
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: unknown) => {
      // A client that left in the middle of its request is no failure of ours.
      if (incoming.socket.destroyed) return
      answerDefect(outgoing, error)
    })
  })
  // Longer than the pools of common clients keep a connection, so that it is they who close it.
  server.keepAliveTimeout = 65_000
  const url = await listen(server, port, host)

  return {
    url,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      server.closeAllConnections()
      await closed
    },
  }
}

// By hand: a request target may be absolute, or nothing that a URL parser takes.
function splitTarget(target: string): { path: string; search: string } {
  const local = target.replace(/^https?:\/\/[^/?]*/i, '')
  const mark = local.indexOf('?')
  return mark === -1
    ? { path: local, search: '' }
    : { path: local.slice(0, mark), search: local.slice(mark + 1) }
}

function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      if (address === null || typeof address === 'string') return reject(new Error('not on TCP'))
      resolve(`http://${nameOf(address)}:${address.port}`)
    })
  })
}

// An address that stands for all of this machine's is no address to call.
function nameOf({ address, family }: AddressInfo): string {
  if (address === '0.0.0.0') return '127.0.0.1'
  if (family === 'IPv4') return address
  return address === '::' ? '[::1]' : `[${address}]`
}
