import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the ports that connections get by themselves.
 *
 * @param above What a server takes beside it, by the distance from the port.
 */
export async function freePort(above: readonly number[] = []): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 10_000)
    const areFree = await Promise.all([0, ...above].map((distance) => isFree(port + distance)))
    if (areFree.every(Boolean)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
