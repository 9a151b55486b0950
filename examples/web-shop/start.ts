// The shop, on http://127.0.0.1:4200, before `kaimen dev`.
// Usage: node start.ts [kaimen] [wechat] [credential]

import { createAdaptorServer } from '@hono/node-server'
import { createVerifier } from '@kaimen/verify'
import { makeShop } from './shop.ts'

const [, , kaimen = 'http://127.0.0.1:4100', wechat = 'http://127.0.0.1:4180', credential] =
  process.argv
const port = 4200

/** Those of `kaimen dev`; put your own here. */
const apps = {
  service_account: 'wx0a1b2c3d4e5f0002',
  website: 'wx0a1b2c3d4e5f0003',
  mini_program: 'wx0a1b2c3d4e5f0001',
}
const verifier = createVerifier({
  issuer: kaimen,
  ...(credential !== undefined && { credential }),
  onStale: ({ stale, problems }) => console.warn('stale:', stale, problems),
})

const shop = await makeShop({ kaimen, wechat, apps, verifier })
createAdaptorServer(shop).listen(port, '127.0.0.1')
console.log(`http://127.0.0.1:${port}`)
