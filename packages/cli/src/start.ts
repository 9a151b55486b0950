import { seedWorld } from '@kaimen/emulator/seed'
import type { AppOptions, ConsoleOptions } from '@kaimen/server'
import { listenForStop } from './listen-for-stop.ts'
import { openLog } from './log.ts'
import { refuse } from './refuse.ts'
import { serve, type EngineOptions } from './serve.ts'
import type { Settings } from './settings.ts'
import { checkProductionWebhooks } from './webhooks.ts'
import { isWechatItself, wechatHosts } from './wechat-hosts.ts'

/** `kaimen start`: production. Refuses what would be unsafe there, before it opens anything. */
export async function start(
  settings: Settings,
  host: string,
  console: ConsoleOptions,
): Promise<void> {
  const options = checkProduction(settings)
  const { port, databaseUrl, redisUrl, dataDir, drainSeconds } = settings
  const untilStopped = listenForStop()
  const log = openLog()
  const stores = { databaseUrl, redisUrl, dataDir }
  const server = await serve({ ...options, ...stores, console, port, host, drainSeconds, log })
  const { publicUrl: public_url, apps } = options
  log.info(
    { url: server.url, public_url, apps: apps.map(({ app_id }) => app_id) },
    'kaimen is listening',
  )
  await untilStopped(server)
  log.info('kaimen has stopped')
}

/** What the engine is given in production. @throws ConfigError Where a setting has no place there. */
export function checkProduction(settings: Settings): EngineOptions {
  const { apps, wechatApi, hooks } = settings
  refuseEmulator(wechatApi)
  refuseOtherPages(hooks.web?.openUrl)
  checkProductionApps(apps)
  checkProductionWebhooks(hooks.webhooks)
  if (hooks.sms?.kind === 'log') {
    throw refuse(
      'sms of kaimen.config.ts writes codes to a log, where anybody who reads it can sign in as anybody. Use createAliyunSms or createTencentSms.',
      'kaimen.config.ts 的 sms 会把验证码写进日志，看到日志的人就能登录任何账号。请改用 createAliyunSms 或 createTencentSms。',
    )
  }
  const secret = demand(
    settings.secret,
    'KAIMEN_SECRET is missing. Make one with: openssl rand -base64 48',
    '缺少 KAIMEN_SECRET。可用 openssl rand -base64 48 生成。',
  )
  const publicUrl = demand(
    settings.publicUrl,
    'KAIMEN_PUBLIC_URL is missing: where the server is reached, as in https://auth.example.com.',
    '缺少 KAIMEN_PUBLIC_URL：服务端对外的地址，例如 https://auth.example.com。',
  )
  return { ...hooks, apps, secret, publicUrl, wechat: { baseUrl: wechatApi } }
}

function demand(value: string | undefined, en: string, zh: string): string {
  if (value === undefined) throw refuse(en, zh)
  return value
}

function refuseEmulator(wechatApi: string) {
  if (isWechatItself(wechatApi)) return
  const hosts = wechatHosts.map((host) => `https://${host}`).join(', ')
  throw refuse(
    `In production KAIMEN_WECHAT_API has to be one of ${hosts}. Unset it, or use kaimen dev to run against the emulator.`,
    `生产环境的 KAIMEN_WECHAT_API 只能是 ${hosts}。请取消该设置；要连接模拟器请使用 kaimen dev。`,
  )
}

const wechatPages = 'https://open.weixin.qq.com'

/** Who opens them types nothing there, but learns to trust the page. */
function refuseOtherPages(openUrl = wechatPages) {
  if (openUrl === wechatPages) return
  throw refuse(
    `In production web.openUrl of kaimen.config.ts has to be ${wechatPages}. Leave it out, or use kaimen dev to run against the emulator.`,
    `生产环境中 kaimen.config.ts 的 web.openUrl 只能是 ${wechatPages}。请删去该设置；要连接模拟器请使用 kaimen dev。`,
  )
}

/** The secrets of the emulator's apps are published with it. */
function checkProductionApps(apps: readonly AppOptions[]) {
  if (apps.length === 0) {
    throw refuse(
      'KAIMEN_APPID and KAIMEN_APP_SECRET are missing: the mini program that people sign in to.',
      '缺少 KAIMEN_APPID 和 KAIMEN_APP_SECRET：供用户登录的小程序。',
    )
  }
  const seeded = apps.find(({ app_id }) => seedWorld.apps.some(({ appid }) => appid === app_id))
  if (!seeded) return
  throw refuse(
    `${seeded.app_id} is an app of the emulator. Set KAIMEN_APPID and KAIMEN_APP_SECRET to those of your mini program.`,
    `${seeded.app_id} 是模拟器自带的应用。请把 KAIMEN_APPID 和 KAIMEN_APP_SECRET 设为你的小程序的。`,
  )
}
