import { listen } from '@kaimen/server/node'
import { createPhoneServer } from '../../src/serve/create-phone-server.ts'
import { startServers, type RealServers } from '../../../client/test/support/real-servers.ts'
import { baseUrl } from '../../../../examples/mini-program/miniprogram/config.js'
import { conditions, exampleRoot } from './example.ts'

export interface ServedExample {
  /** Of the page with the phone, such as `http://127.0.0.1:4100/phone/`. */
  readonly url: string
  readonly servers: RealServers
  close(): Promise<void>
}

/** The example on a web page, against real servers. */
export async function serveExample(root = exampleRoot): Promise<ServedExample> {
  const servers = await startServers()
  const phone = createPhoneServer({
    root,
    conditions,
    emulatorUrl: servers.wechatUrl,
    // On this phone's network the address of config.js is the server's.
    fetch: (target, init) => fetch(String(target).replace(baseUrl, servers.url), init),
  })
  const listener = await listen(
    { handler: (request) => phone.handler(request), drain: () => {} },
    { port: 0 },
  )
  return {
    url: `${listener.url}/phone/`,
    servers,
    async close() {
      phone.close()
      await listener.close()
      await servers.close()
    },
  }
}
