import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { runWithEmulator } from './start-emulator.ts'
import type { Emulator } from './start-emulator.ts'

/** What came of a call: what the client gave back, what it threw, or neither in time. */
export type Outcome =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: ThrownError }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'crash' }

interface ThrownError {
  readonly name: string
  readonly message: string
  readonly code?: string | number
  readonly data?: unknown
}

/** A client that runs, unmodified, in a process of its own. */
export interface Client {
  readonly isAlive: () => boolean
  readonly call: (operation: string, input: object, withinMs: number) => Promise<Outcome>
  readonly close: () => Promise<void>
}

/**
 * Starts a program of `../programs`, for which WeChat's hosts are the emulator: in Node by the
 * emulator's own preload, in Python by a table of hosts. Both verify the certificate.
 */
export async function startClient(program: string, emulator: Emulator): Promise<Client> {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0)
    })
  })
  const path = join(import.meta.dirname, '../programs', program)
  const ended = program.endsWith('.py')
    ? runPython([path, String(port)], emulator)
    : runWithEmulator(process.execPath, [path, String(port)], {
        emulator,
        env: { NODE_NO_WARNINGS: '1' },
        // A crash that a test is about would print its stack.
        stdio: 'ignore',
      })
  const socket = await new Promise<Socket>((resolve, reject) => {
    server.once('connection', resolve)
    ended.then((code) => reject(new Error(`${program} ended with ${code} at once`)), reject)
  })
  server.close()
  const waiting = new Map<number, (outcome: Outcome) => void>()
  let isAlive = true
  createInterface({ input: socket })
    .on('line', (line) => {
      const { id, outcome } = JSON.parse(line) as { id: number; outcome: Outcome }
      waiting.get(id)?.(outcome)
    })
    .on('close', () => {
      isAlive = false
      for (const settle of waiting.values()) settle({ kind: 'crash' })
    })
  socket.on('error', () => socket.destroy())
  let calls = 0
  return {
    isAlive: () => isAlive,
    call(operation, input, withinMs) {
      calls += 1
      const id = calls
      return new Promise((resolve) => {
        const settle = (outcome: Outcome) => {
          clearTimeout(timer)
          waiting.delete(id)
          resolve(outcome)
        }
        const timer = setTimeout(() => settle({ kind: 'nothing' }), withinMs)
        waiting.set(id, settle)
        socket.write(`${JSON.stringify({ id, operation, input })}\n`)
      })
    },
    async close() {
      socket.destroy()
      await ended
    },
  }
}

async function runPython(args: readonly string[], emulator: Emulator): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-conformance-'))
  try {
    const authority = join(folder, 'ca.pem')
    await writeFile(authority, emulator.caPem)
    const tlsPort = new URL(emulator.tlsUrl ?? '').port
    const child = spawn('python3', [...args, tlsPort, authority], { stdio: 'ignore' })
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => resolve(code ?? 1))
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
