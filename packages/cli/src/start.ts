import { seedWorld } from '@kaimen/emulator'
import { ConfigError, type AppOptions } from '@kaimen/server'
import { openLog } from './log.ts'
import { serve } from './serve.ts'
import type { Settings } from './settings.ts'
import { untilStopped } from './until-stopped.ts'

/** WeChat's own API hosts; the last four are for the nearest region and for disasters. [WX-6] */
const wechatHosts = ['api', 'api2', 'sh.api', 'sz.api', 'hk.api'].map((h) => `${h}.weixin.qq.com`)

/** `kaimen start`: production. Refuses what would be unsafe there, before it opens anything. */
export async function start(settings: Settings, host: string): Promise<void> {
  const { apps, secret, publicUrl, port, databaseUrl, wechatApi, hooks } = settings
  refuseEmulator(wechatApi)
  refuseSeededApps(apps)
  if (!publicUrl) {
    throw new ConfigError(
      'KAIMEN_PUBLIC_URL is missing: where the server is reached, as in https://auth.example.com.',
    )
  }
  const log = openLog()
  const server = await serve({
    ...hooks,
    apps,
    secret: secret ?? '',
    publicUrl,
    wechat: { baseUrl: wechatApi },
    databaseUrl,
    port,
    host,
    log,
  })
  log.info(
    { url: server.url, public_url: publicUrl, apps: apps.map(({ app_id }) => app_id) },
    'kaimen is listening',
  )
  await untilStopped(server)
  log.info('kaimen has stopped')
}

function refuseEmulator(wechatApi: string) {
  const url = URL.canParse(wechatApi) ? new URL(wechatApi) : undefined
  if (url?.protocol === 'https:' && wechatHosts.includes(url.host)) return
  throw new ConfigError(
    `In production WeChat is one of ${wechatHosts.join(', ')}, over https; KAIMEN_WECHAT_API names another. Unset it, or use kaimen dev to run against the emulator.`,
  )
}

/** Their secrets are published with the emulator. */
function refuseSeededApps(apps: readonly AppOptions[]) {
  const seeded = apps.find(({ app_id }) => seedWorld.apps.some(({ appid }) => appid === app_id))
  if (!seeded) return
  throw new ConfigError(
    `${seeded.app_id} is an app of the emulator. Set KAIMEN_APPID and KAIMEN_APP_SECRET to those of your mini program.`,
  )
}
