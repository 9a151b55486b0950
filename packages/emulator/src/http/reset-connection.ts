import type { Socket } from 'node:net'
import type { Server as TlsServer } from 'node:tls'

const tcpUnderTls = new WeakMap<Socket, Socket>()

/** Remembers what TCP lies under each connection of TLS, which cannot be reset by itself. */
export function rememberTcp(server: TlsServer): void {
  const byClient = new Map<string, Socket>()
  server.on('connection', (tcp: Socket) => {
    const client = clientOf(tcp)
    byClient.set(client, tcp)
    tcp.once('close', () => byClient.delete(client))
  })
  server.on('secureConnection', (tls) => {
    const tcp = byClient.get(clientOf(tls))
    if (tcp) tcpUnderTls.set(tls, tcp)
  })
}

/** Ends the connection with a TCP reset. */
export function resetConnection(socket: Socket | null): void {
  if (socket) (tcpUnderTls.get(socket) ?? socket).resetAndDestroy()
}

function clientOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
