/**
 * Answers everything with the same bytes, without even reading the request: what the load generator
 * reaches against it is the most it can measure.
 */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { StartServer } from './server.ts'

const body = '{"id":"usr_0000000000000","access_token":"none"}'
const reply = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
)

export const start: StartServer = () => {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', () => socket.write(reply))
    socket.on('error', () => socket.destroy())
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}
