import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { noteWork, stayAwake } from './awake.ts'

export interface Load {
  readonly port: number
  readonly connections: number
  readonly seconds: number
  /** Whether this process has a core of its own, on which it need not sleep. */
  readonly mayStayAwake?: boolean
  /** The bytes of the next request; undefined when there is none left. */
  nextRequest(): string | undefined
  /** What the body of a right answer contains. */
  readonly expect: string
  readonly onBody?: (body: string) => void
}

export interface Measurement {
  readonly requestsPerSecond: number
  readonly requests: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** For what share of the time the load generator had something to do, 0 to 1. */
  readonly busy: number
}

/**
 * Closed loop: each connection sends its next request when the answer is there. Written on sockets,
 * because the best HTTP client would be busier than the fastest server. Every answer is checked.
 *
 * @throws When an answer is not 200, lacks what is expected, or a connection breaks.
 */
export async function load(settings: Load): Promise<Measurement> {
  const { connections, seconds, mayStayAwake = false } = settings
  const latenciesMs: number[] = []
  const sockets = await Promise.all(
    Array.from({ length: connections }, () => openSocket(settings.port)),
  )
  const sleep = mayStayAwake ? stayAwake() : measureOwnTime(seconds)
  let busy = 0
  const beganMs = performance.now()
  const endMs = beganMs + seconds * 1000
  try {
    await Promise.all(sockets.map((socket) => keepAsking(socket, settings, endMs, latenciesMs)))
  } finally {
    busy = sleep()
    for (const socket of sockets) socket.destroy()
  }
  latenciesMs.sort((a, b) => a - b)
  const at = (share: number) => latenciesMs[Math.floor(latenciesMs.length * share)] ?? Number.NaN
  return {
    requests: latenciesMs.length,
    requestsPerSecond: latenciesMs.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    busy,
  }
}

function measureOwnTime(seconds: number): () => number {
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    return (user + system) / (seconds * 1e6)
  }
}

function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
      socket.off('error', reject)
      resolve(socket)
    })
    socket.once('error', reject)
  })
}

function keepAsking(
  socket: Socket,
  { nextRequest, expect, onBody }: Load,
  endMs: number,
  latenciesMs: number[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentMs = 0
    let pending = ''
    const ask = () => {
      sentMs = performance.now()
      const request = sentMs < endMs ? nextRequest() : undefined
      if (request === undefined) resolve()
      else socket.write(request, 'latin1')
    }
    socket.setEncoding('latin1')
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the server closed a connection')))
    socket.on('data', (chunk: string) => {
      noteWork()
      pending += chunk
      const body = bodyOf(pending)
      if (body === undefined) return
      const nowMs = performance.now()
      if (!pending.startsWith('HTTP/1.1 200') || !body.includes(expect)) {
        reject(new Error(`a wrong answer: ${pending.slice(0, 600)}`))
        return
      }
      pending = ''
      if (nowMs < endMs) latenciesMs.push(nowMs - sentMs)
      onBody?.(body)
      ask()
    })
    ask()
  })
}

/** The body of a whole answer, or undefined while some of it is still to come. */
function bodyOf(text: string): string | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd === -1) return undefined
  const head = text.slice(0, headEnd).toLowerCase()
  const body = text.slice(headEnd + 4)
  const mark = head.indexOf('content-length: ')
  if (mark !== -1) {
    const length = Number.parseInt(head.slice(mark + 16), 10)
    return body.length >= length ? body : undefined
  }
  if (head.includes('transfer-encoding: chunked')) {
    return body.endsWith('0\r\n\r\n') ? body : undefined
  }
  throw new Error(`an answer without a length: ${head}`)
}
