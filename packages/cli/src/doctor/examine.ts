import type { AppOptions, Clock } from '@kaimen/server'
import { createWechat, WechatInputError, type Wechat } from '@kaimen/wechat'
import type { Settings } from '../settings.ts'
import type { Sighting } from './ask.ts'
import { checkApp } from './check-app.ts'
import { checkClock } from './check-clock.ts'
import { checkDatabase } from './check-database.ts'
import {
  checkApps,
  checkNode,
  checkPublicUrl,
  checkSecret,
  checkWechatApi,
} from './check-machine.ts'
import { checkKeys } from './check-keys.ts'
import { checkPush } from './check-push.ts'
import { checkRedis } from './check-redis.ts'
import { blocked, failed, say, type Finding } from './finding.ts'

export type AppKind = NonNullable<AppOptions['kind']>

export type Report = {
  readonly machine: readonly Finding[]
  readonly apps: readonly AppReport[]
}

type AppReport = {
  /** `undefined`: it does not look like one, and may be a secret in the wrong place. */
  readonly app_id: string | undefined
  readonly kind: AppKind
  readonly findings: readonly Finding[]
}

export type ExamineParts = {
  readonly clock: Clock
  readonly nodeVersion: string
  /** Longest time for one question. */
  readonly timeoutMs: number
  /** Told when an app has been looked at. */
  readonly onProgress: (done: number, of: number) => void
}

/** Looks at everything. The apps are asked about at the same time, three questions after another. */
export async function examine(settings: Settings, parts: ExamineParts): Promise<Report> {
  const { apps, secret, publicUrl: publicUrlText, databaseUrl, redisUrl, wechatApi } = settings
  const { clock, nodeVersion, timeoutMs, onProgress } = parts
  const [publicUrlFinding, publicUrl] = await checkPublicUrl(publicUrlText)
  const database = await checkDatabase(
    databaseUrl,
    apps.map(({ app_id }) => app_id),
  )
  const wechat = openWechat(wechatApi, timeoutMs)
  const sightings: Sighting[] = []
  let done = 0
  onProgress(done, apps.length)

  async function look(app: AppOptions): Promise<AppReport> {
    const kind = app.kind ?? 'mini_program'
    const isShaped = /^wx[A-Za-z0-9]{4,62}$/.test(app.app_id)
    if (!isShaped) return { app_id: undefined, kind, findings: [misshapen] }
    const [asked, push] = await Promise.all([
      wechat
        ? checkApp({ wechat, clock, sightings, findOpenid: database.findOpenid }, app, kind)
        : [blocked('credentials')],
      checkPush(app, { publicUrl, clock, timeoutMs }),
    ])
    onProgress((done += 1), apps.length)
    return { app_id: app.app_id, kind, findings: [...asked, ...push] }
  }

  try {
    const reports = await Promise.all(apps.map((app) => look(app)))
    const machine = [
      checkNode(nodeVersion),
      await checkSecret(secret),
      publicUrlFinding,
      database.finding,
      await checkKeys(database.signingKeys, settings, clock),
      ...(redisUrl === undefined ? [] : [await checkRedis(redisUrl, timeoutMs)]),
      await checkApps(apps),
      checkWechatApi(wechat && new URL(wechatApi).origin),
      checkClock(sightings),
    ]
    return { machine, apps: reports }
  } finally {
    await wechat?.close()
  }
}

const misshapen = failed(
  'credentials',
  say(
    'The AppID is not wx and 16 of 0-9 a-f, so WeChat was not asked.',
    'AppID 不是 wx 加 16 位十六进制数，因此没有询问微信。',
  ),
  say(
    'Copy it from WeChat’s console; the AppID and the AppSecret may have changed places.',
    '请从微信后台复制；AppID 与 AppSecret 可能填反了。',
  ),
)

/** `undefined`: the address is not one that an AppSecret may be sent to. */
function openWechat(baseUrl: string, timeoutMs: number): Wechat | undefined {
  try {
    // Every app is to hear its own reason, so nothing is held back after failures.
    return createWechat({ baseUrl, timeoutMs, maxWaiting: 100_000, circuitFailures: 10_000 })
  } catch (error) {
    if (error instanceof WechatInputError) return undefined
    throw error
  }
}
