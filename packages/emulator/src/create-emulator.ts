import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { answerDefect, handleControl } from './http/handle-control.ts'
import { handleSms } from './http/handle-sms.ts'
import { handleWeChat } from './http/handle-wechat.ts'
import { rememberTcp } from './http/reset-connection.ts'
import { sendReply, unknownPathReply } from './http/send.ts'
import { keepHolds } from './holds.ts'
import { drawHeadImage } from './picture/head-image.ts'
import { gatewayFor } from './sms/gateways.ts'
import { createAuthority, issueCertificate } from './tls/certificate.ts'
import { keepAuthority } from './tls/keep-authority.ts'
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
  /**
   * The port of HTTPS under WeChat's host names; 0 takes any free port. Default `undefined`: there
   * is none.
   */
  readonly tlsPort?: number | undefined
  /**
   * The folder that keeps the certificate authority, so that it has to be trusted once only.
   * Default `undefined`: a new one on every start, in memory.
   */
  readonly dataDir?: string | undefined
  /**
   * Hosts other than this machine's to which messages may be pushed, such as `app` in a network of
   * containers. Default `[]`.
   */
  readonly pushHosts?: readonly string[]
}

export interface Emulator {
  /** Such as `http://127.0.0.1:4180`, with no slash at its end. Stands for every host of WeChat's. */
  readonly url: string
  /** Such as `https://127.0.0.1:4143`; undefined without `tlsPort`. */
  readonly tlsUrl: string | undefined
  /** The certificate, in PEM, of the authority that signed the one of `tlsUrl`. */
  readonly caPem: string
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
  const { tlsPort, dataDir, pushHosts = [] } = options
  // By the machine's clock, as the clients that check them go by.
  const today = new Date()
  const authority = dataDir ? await keepAuthority(dataDir, today) : createAuthority(today)
  const place = { url: '', caPem: authority.certificatePem, pushHosts }
  const world = beginWorld({ now, random }, place)
  const holds = keepHolds()

  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { path, search } = splitTarget(incoming.url ?? '/')
    // The gateways' own SDKs take a host and a port, and send to its root.
    const gateway = path === '/' ? gatewayFor(incoming.headers, search) : undefined
    if (path === '/emulator' || path.startsWith('/emulator/')) {
      await handleControl(world, holds, path, incoming, outgoing)
    } else if (gateway) {
      await handleSms(world, holds, gateway, search, incoming, outgoing)
    } else if (path.startsWith('/mmopen/')) {
      const body = drawHeadImage(world, path)
      sendReply(outgoing, body ? { ...picture, body } : unknownPathReply)
    } else {
      await handleWeChat(world, holds, path, search, incoming, outgoing)
    }
  }
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    answer(incoming, outgoing).catch((error: unknown) => {
      // A client that left in the middle of its request is no failure of ours.
      if (incoming.socket.destroyed) return
      answerDefect(outgoing, error)
    })
  }
  const server = createServer(listener)
  // Longer than the pools of common clients keep a connection, so that it is they who close it.
  server.keepAliveTimeout = 65_000
  place.url = `http://${await listen(server, port, host)}`
  if (tlsPort === undefined) {
    return { url: place.url, tlsUrl: undefined, caPem: place.caPem, close: () => close(server) }
  }

  const { certificatePem: cert, keyPem: key } = issueCertificate(authority, today)
  const tlsServer = createTlsServer({ cert, key }, listener)
  tlsServer.keepAliveTimeout = server.keepAliveTimeout
  rememberTcp(tlsServer)
  try {
    const tlsUrl = `https://${await listen(tlsServer, tlsPort, host)}`
    return {
      url: place.url,
      tlsUrl,
      caPem: place.caPem,
      async close() {
        await Promise.all([close(server), close(tlsServer)])
      },
    }
  } catch (error) {
    await close(server)
    throw error
  }
}

async function close(server: Server & { closeAllConnections: () => void }): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  server.closeAllConnections()
  await closed
}

// A picture is of another host of WeChat's, which counts no calls and has no faults.
const picture = { status: 200, contentType: 'image/jpeg', errcode: null }

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
      resolve(`${nameOf(address)}:${address.port}`)
    })
  })
}

// An address that stands for all of this machine's is no address to call.
function nameOf({ address, family }: AddressInfo): string {
  if (address === '0.0.0.0') return '127.0.0.1'
  if (family === 'IPv4') return address
  return address === '::' ? '[::1]' : `[${address}]`
}
