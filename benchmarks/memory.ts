import { load } from './load.ts'
import { expected, nextRequest } from './scenarios.ts'
import { startServer } from './server-process.ts'
import type { Surroundings } from './server-process.ts'

/** V8 lets its heap grow by what the machine has: this bounds it as docs/scaling.md advises. */
export const heapOptions = ['--max-semi-space-size=8', '--max-old-space-size=256']

/** @returns The memory that Kaimen holds after so many people signed in for the first time; bytes. */
export async function measureMemory(
  surroundings: Surroundings,
  signIns: number,
  connections: number,
): Promise<number> {
  const server = await startServer('kaimen, memory', surroundings, '', heapOptions)
  const nobody = { count: 1, turn: 0, credentials: [], refreshTokens: [] }
  let left = signIns
  try {
    await load({
      port: server.port,
      connections,
      seconds: Infinity,
      expect: expected.new,
      nextRequest: () => (left-- > 0 ? nextRequest('new', nobody) : undefined),
    })
    return (await server.usage()).residentBytes
  } finally {
    server.stop()
  }
}
