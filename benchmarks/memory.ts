import { load } from './load.ts'
import { expected, nextRequest } from './scenarios.ts'
import { startServer } from './server-process.ts'
import type { Surroundings } from './server-process.ts'

/** @returns The memory that Kaimen holds after so many people signed in for the first time; bytes. */
export async function measureMemory(
  surroundings: Surroundings,
  signIns: number,
  connections: number,
): Promise<number> {
  const server = await startServer('kaimen, memory', surroundings)
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
