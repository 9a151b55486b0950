// Loaded into a Node program with `--import`, before the program itself: what it sends to WeChat's
// hosts then reaches the emulator. The name that TLS verifies stays WeChat's, so the certificate is
// checked as ever, against the authority that NODE_EXTRA_CA_CERTS names. Imports nothing but Node.

import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { Socket } from 'node:net'

// In the module's own address, since the environment is the program's to read.
const { searchParams } = new URL(import.meta.url)
const emulatorHost = searchParams.get('host') ?? '127.0.0.1'
const portByWeChatPort = new Map([
  [80, Number(searchParams.get('port'))],
  [443, Number(searchParams.get('tls_port'))],
])

function isWeChat(host: unknown): boolean {
  return typeof host === 'string' && /(^|\.)weixin\.qq\.com\.?$/i.test(host)
}

/** Where a connection goes instead; undefined if it is not for WeChat. */
function divert(options: Readonly<Record<string, unknown>>): object | undefined {
  const port = portByWeChatPort.get(Number(options['port']))
  if (!port || options['path'] != null) return undefined
  // The name may be gone from `host` when a client looked it up by itself.
  if (!isWeChat(options['host']) && !isWeChat(options['servername'])) return undefined
  // A copy: TLS verifies the name in the options that it was given.
  return { ...options, host: emulatorHost, port, lookup: undefined }
}

const connect = Socket.prototype.connect

/** Under every client there is: node:http, node:https, node:tls, and the undici of fetch. */
Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
  // Node hands on what it has normalized already as one list of options and callback.
  const given: readonly unknown[] = Array.isArray(args[0]) ? args[0] : args
  const [first, ...rest] = given
  const options = typeof first === 'object' ? { ...first } : { port: first, host: rest[0] }
  const diverted = divert(options)
  const callback = rest.find((each) => typeof each === 'function')
  const connectArgs: unknown = diverted ? [diverted, callback] : args
  return Reflect.apply(connect, this, connectArgs as Parameters<typeof connect>)
}

/** The function, with WeChat's hosts found on the emulator's. */
function findHere<Find extends (hostname: string, ...rest: never[]) => unknown>(find: Find): Find {
  const found = function (this: unknown, hostname: string, ...rest: never[]) {
    return Reflect.apply(find, this, [isWeChat(hostname) ? emulatorHost : hostname, ...rest])
  }
  // With what util.promisify looks for.
  return Object.defineProperties(found, Object.getOwnPropertyDescriptors(find)) as unknown as Find
}

dns.lookup = findHere(dns.lookup)
dns.promises.lookup = findHere(dns.promises.lookup)
syncBuiltinESMExports()
