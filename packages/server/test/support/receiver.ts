// A back end that webhooks are sent to: a real HTTP server on this machine.

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type Received = { readonly headers: IncomingHttpHeaders; readonly body: string }

export type Receiver = {
  readonly url: string
  readonly received: Received[]
  /** What is answered from now on: 204, until something else is said. */
  answer: (reply: ServerResponse, received: Received) => void
  /** Waits until so many requests have come in all. */
  wait(count: number): Promise<void>
}

/** Is gone after the test. */
export async function openReceiver(): Promise<Receiver> {
  const watchers = new Set<() => void>()
  const receiver = {
    url: '',
    received: [] as Received[],
    answer: (reply: ServerResponse, _received: Received): void => void reply.writeHead(204).end(),
    wait: (count: number) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (receiver.received.length < count) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
  }
  const server = createServer((request, reply) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => void (body += chunk))
    request.on('end', () => {
      const received = { headers: request.headers, body }
      receiver.received.push(received)
      receiver.answer(reply, received)
      for (const look of watchers) look()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/kaimen`
  return receiver
}

/** Answers with JSON and 200. */
export const json = (value: unknown) => (reply: ServerResponse) =>
  void reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
