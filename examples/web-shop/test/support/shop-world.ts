import { once } from 'node:events'
import { createAdaptorServer } from '@hono/node-server'
import { seedWorld } from '@kaimen/emulator'
import { createVerifier } from '@kaimen/verify'
import {
  startServers,
  type RealServers,
} from '../../../../packages/client/test/support/real-servers.ts'
import { freePort } from '../../../../tools/support/free-port.ts'
import { makeShop } from '../../shop.ts'

export const [miniProgram, serviceAccount, website, otherMiniProgram] = seedWorld.apps

/** Kaimen, an emulated WeChat and the shop, each on a port of its own. */
export type ShopWorld = {
  readonly servers: RealServers
  /** Of the shop. */
  readonly url: string
  close(): Promise<void>
}

export async function openShopWorld(): Promise<ShopWorld> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const servers = await startServers({ origins: [url] })
  const scopes = ['revocations', 'introspect'] as const
  const { secret } = await servers.auth.credentials.create({ name: 'shop', scopes })
  const { url: issuer, clock } = servers
  const verifier = createVerifier({ issuer, credential: secret.reveal(), clock })
  await verifier.ready()
  const shop = await makeShop({
    kaimen: servers.url,
    wechat: servers.wechatUrl,
    apps: {
      service_account: serviceAccount.appid,
      website: website.appid,
      mini_program: miniProgram.appid,
    },
    verifier,
  })
  const listener = createAdaptorServer(shop).listen(port, '127.0.0.1')
  await once(listener, 'listening')
  return {
    servers,
    url,
    async close() {
      listener.close()
      if ('closeAllConnections' in listener) listener.closeAllConnections()
      verifier.close()
      await servers.close()
    },
  }
}
