// Whether a server lets its superuser in without a password: by the first bytes of its own protocol,
// so that no driver is needed to find out.

import { connect } from 'node:net'

type Conversation = {
  /** Sent at once. */
  readonly opening?: Buffer
  /** Given what came, what to send next, or whether it lets us in. */
  readonly answer: (received: Buffer) => Buffer | boolean | undefined
}

const patienceMs = 2000

export function letsIn(port: number, { opening, answer }: Conversation): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let received = Buffer.alloc(0)
    const end = (isIn: boolean) => {
      socket.destroy()
      resolve(isIn)
    }
    socket.setTimeout(patienceMs, () => end(false))
    socket.on('error', () => end(false))
    socket.on('close', () => end(false))
    if (opening) socket.on('connect', () => socket.write(opening))
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      const next = answer(received)
      if (typeof next === 'boolean') end(next)
      else if (next) {
        received = Buffer.alloc(0)
        socket.write(next)
      }
    })
  })
}

export const redisConversation: Conversation = {
  opening: Buffer.from('PING\r\n'),
  answer: (received) => received.toString().startsWith('+PONG'),
}

/** StartupMessage, and AuthenticationOk for an answer. */
export const postgresConversation: Conversation = {
  opening: (() => {
    const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0')
    const head = Buffer.alloc(8)
    head.writeInt32BE(8 + parameters.length)
    head.writeInt32BE(196_608, 4)
    return Buffer.concat([head, parameters])
  })(),
  answer: (received) =>
    received.length < 9 ? undefined : received[0] === 0x52 && received.readInt32BE(5) === 0,
}

/** HandshakeResponse41 of root without a password, and an OK packet for an answer. */
export const mysqlConversation: Conversation = {
  answer(received) {
    if (received.length < 5 || received.length < 4 + received.readUIntLE(0, 3)) return undefined
    // A greeting has number 0; what answers our reply has 2, or more after a change of plugins.
    if (received[3] === 0) return received[4] === 0xff ? false : login
    // 0xfe asks for another plugin, to which an empty password answers nothing.
    if (received[4] === 0xfe) return Buffer.from([0, 0, 0, (received[3] ?? 0) + 1])
    return received[4] === 0
  },
}

const login = (() => {
  // CLIENT_PROTOCOL_41, CLIENT_SECURE_CONNECTION, CLIENT_PLUGIN_AUTH.
  const head = Buffer.alloc(32)
  head.writeUInt32LE(0x200 | 0x8000 | 0x8_0000)
  head.writeUInt32LE(0x100_0000, 4)
  head[8] = 45
  const body = Buffer.concat([head, Buffer.from('root\0\0mysql_native_password\0')])
  const frame = Buffer.alloc(4)
  frame.writeUIntLE(body.length, 0, 3)
  frame[3] = 1
  return Buffer.concat([frame, body])
})()
