import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describeReply, describeRequest } from './describe.ts'
import type { SentReply, SentRequest } from './message.ts'
import type { Actor } from './page/wire.ts'
import type { Recorder } from './recorder.ts'

export interface Tap {
  /** Stands for the emulator; without a slash at its end. */
  readonly url: string
  close(): Promise<void>
}

const longestBytes = 65_536

/**
 * Stands between somebody and the emulator, on a port of its own of this machine, and records what
 * is said. Whatever WeChat does to a connection, a reset or half a reply, is done to it here too.
 *
 * @param isRecorded By the path of a request.
 */
export async function createTap(
  { emulatorUrl, from, now }: { emulatorUrl: string; from: Actor; now: () => number },
  recorder: Recorder,
  isRecorded: (path: string) => boolean,
): Promise<Tap> {
  function pass(incoming: IncomingMessage, outgoing: ServerResponse) {
    const { method = 'GET', headers } = incoming
    const url = new URL(incoming.url ?? '/', emulatorUrl)
    const isHeard = method !== 'OPTIONS' && isRecorded(url.pathname)
    const chunks: Buffer[] = []
    let end: (reply: SentReply | undefined) => void = () => {}

    // To this machine's emulator, whatever address the request line names.
    const { hostname, port } = new URL(emulatorUrl)
    const path = url.pathname + url.search
    const onward = send({ hostname, port, method, path, headers, agent: false })
    incoming.on('data', (chunk: Buffer) => {
      if (isHeard) chunks.push(chunk)
    })
    incoming.on('end', () => {
      if (!isHeard) return
      const startedMs = now()
      const sent: SentRequest = {
        from,
        to: 'wechat',
        method,
        url,
        headers: toHeaders(incoming),
        body: toText(chunks),
      }
      const tell = recorder.begin(describeRequest(sent))
      end = (reply) => {
        end = () => {}
        tell(describeReply(sent, reply, now() - startedMs))
      }
    })
    incoming.pipe(onward)

    onward.on('response', (reply) => {
      const parts: Buffer[] = []
      // How long a connection is kept is said for each side by itself.
      const { connection: _, 'keep-alive': __, ...replyHeaders } = reply.headers
      outgoing.writeHead(reply.statusCode ?? 502, replyHeaders)
      reply.on('data', (part: Buffer) => parts.push(part))
      reply.on('end', () => {
        const { statusCode: status = 502 } = reply
        end({ status, headers: toHeaders(reply), body: toText(parts) })
      })
      reply.on('error', lose)
      reply.pipe(outgoing)
    })
    onward.on('error', lose)
    outgoing.on('close', () => {
      onward.destroy()
      end(undefined)
    })

    function lose() {
      end(undefined)
      incoming.socket.resetAndDestroy()
    }
  }

  const server = createServer(pass)
  server.keepAliveTimeout = 65_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

const toHeaders = ({ headers }: IncomingMessage) =>
  new Headers(Object.entries(headers).map(([name, value]) => [name, String(value)]))

function toText(chunks: readonly Buffer[]): string | undefined {
  const whole = Buffer.concat(chunks)
  return whole.length === 0 || whole.length > longestBytes ? undefined : whole.toString()
}
