import {
  Agent,
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { sleep } from './child-process.ts'

export type Balancer = {
  readonly url: string
  /** Which part of the replies is thrown away after the node has done the work: 0 to 1. */
  losing: number
  /** How many replies were thrown away. */
  lost(): number
  close(): Promise<void>
}

type Upstream = { readonly url: URL; readonly agent: Agent; isUp: boolean }

type Reply = { status: number; headers: IncomingHttpHeaders; body: Buffer }

const checkEveryMs = 250
const checkWithinMs = 1_000
const replyWithinMs = 5_000

/**
 * A balancer such as stands before Kaimen: round robin over the nodes that say they are ready. What
 * may have reached a node is sent to no other, unless it is a GET: whether to repeat it is the
 * client's to know.
 */
export async function openBalancer(nodeUrls: readonly string[]): Promise<Balancer> {
  const upstreams = nodeUrls.map((url): Upstream => ({
    url: new URL(url),
    agent: new Agent({ keepAlive: true }),
    isUp: false,
  }))
  let turn = 0
  let lost = 0
  const state = { isOpen: true }
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch(() => outgoing.destroy())
  })

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse) {
    const body = await buffer(incoming)
    const reply = await forward(incoming, body)
    if (Math.random() < balancer.losing) {
      lost += 1
      outgoing.destroy()
      return
    }
    const { 'content-type': type, 'retry-after': wait } = reply.headers
    outgoing.writeHead(reply.status, {
      'content-length': reply.body.length,
      ...(type && { 'content-type': type }),
      ...(wait && { 'retry-after': wait }),
    })
    outgoing.end(reply.body)
  }

  async function forward(incoming: IncomingMessage, body: Buffer): Promise<Reply> {
    turn += 1
    const up = upstreams.filter(({ isUp }) => isUp)
    for (let i = 0; i < up.length; i++) {
      const upstream = up[(turn + i) % up.length]
      if (!upstream) break
      try {
        return await send(upstream, incoming, body)
      } catch (error) {
        upstream.isUp = false
        const reached = !(
          error instanceof Error &&
          'code' in error &&
          error.code === 'ECONNREFUSED'
        )
        if (reached && incoming.method !== 'GET') return failure(502)
      }
    }
    return failure(503)
  }

  async function watch(upstream: Upstream) {
    while (state.isOpen) {
      upstream.isUp = await fetch(new URL('/readyz', upstream.url), {
        signal: AbortSignal.timeout(checkWithinMs),
      }).then(
        async (reply) => {
          await reply.arrayBuffer()
          return reply.ok
        },
        () => false,
      )
      await sleep(checkEveryMs)
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const watches = upstreams.map(watch)
  const balancer: Balancer = {
    url: `http://127.0.0.1:${port}`,
    losing: 0,
    lost: () => lost,
    async close() {
      state.isOpen = false
      server.closeAllConnections()
      server.close()
      for (const { agent } of upstreams) agent.destroy()
      await Promise.all(watches)
    },
  }
  return balancer
}

function failure(status: number): Reply {
  return { status, headers: { 'retry-after': '1' }, body: Buffer.alloc(0) }
}

function send({ url, agent }: Upstream, incoming: IncomingMessage, body: Buffer): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { 'transfer-encoding': _, connection: _own, ...headers } = incoming.headers
    const outgoing = request(new URL(incoming.url ?? '/', url), {
      agent,
      method: incoming.method,
      headers: { ...headers, 'content-length': body.length },
      signal: AbortSignal.timeout(replyWithinMs),
    })
    outgoing.on('error', reject)
    outgoing.on('response', (reply) => {
      buffer(reply).then(
        (bytes) =>
          resolve({ status: reply.statusCode ?? 502, headers: reply.headers, body: bytes }),
        reject,
      )
    })
    outgoing.end(body)
  })
}
