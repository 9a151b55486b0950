import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** Stands between a database and its clients, and can fail as networks and servers do. */
export async function openProxy(target: { host: string; port: number }) {
  const sockets = new Set<Socket>()
  let isFrozen = false
  let cut: { words: string; isForwarded: boolean } | undefined
  let server: Server | undefined
  let port = 0

  function serve(client: Socket) {
    const upstream = connect(target)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (chunk: Buffer) => {
      if (isFrozen) return
      if (cut && chunk.includes(cut.words)) {
        if (cut.isForwarded) upstream.write(chunk)
        cut = undefined
        client.destroy()
        // The server gets what was sent before it learns that nobody is there.
        setTimeout(() => upstream.end(), 200)
        return
      }
      upstream.write(chunk)
    })
    upstream.on('data', (chunk: Buffer) => void (isFrozen || client.write(chunk)))
  }

  async function start() {
    isFrozen = false
    server = createServer(serve).listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }

  async function stop() {
    const closed = new Promise((resolve) => server?.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }

  await start()
  return {
    port,
    start,
    stop,
    freeze: () => void (isFrozen = true),
    /** Ends the connection that next sends these words, before or after they reach the server. */
    cutAt: (words: string, isForwarded: boolean) => void (cut = { words, isForwarded }),
  }
}
