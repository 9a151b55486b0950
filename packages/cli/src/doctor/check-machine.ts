import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { ConfigError, createAuth, systemClock, type AppOptions } from '@kaimen/server'
import { createMemoryStore } from '@kaimen/server/store/memory'
import type { Text } from '@kaimen/wechat'
import { isWechatItself } from '../wechat-hosts.ts'
import { failed, ok, say, skipped, type Finding } from './finding.ts'

/** The engine is asked with this where something else is what is looked at. */
export const fine = {
  publicUrl: 'https://auth.example.com',
  secret: randomBytes(36).toString('base64url'),
  apps: [{ app_id: 'wx0', secret: 'x' }],
}

const oldestNode = [22, 19] as const

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = oldestNode
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) {
    return ok('node', say(`Node ${version} is recent enough.`, `Node ${version}，版本可用。`))
  }
  return failed(
    'node',
    say(`Node ${version} is too old.`, `Node ${version}，版本过旧。`),
    say('Install Node 24 (22.19 at least).', '请安装 Node 24（最低 22.19）。'),
  )
}

/** What `createAuth` has against a secret, by a word of its message. */
const secretFaults: readonly (readonly [word: RegExp, says: Text])[] = [
  [
    /too short/,
    say(
      'KAIMEN_SECRET is too short: 32 characters at least.',
      'KAIMEN_SECRET 太短：至少 32 个字符。',
    ),
  ],
  [
    /malformed/,
    say(
      'KAIMEN_SECRET is malformed: several secrets are written as 2:new,1:old, versions 1 to 65535.',
      'KAIMEN_SECRET 格式不正确：多个密钥写作 2:新,1:旧，版本号为 1 到 65535。',
    ),
  ],
]

const weakSecret = say(
  'KAIMEN_SECRET is one that stands in documents or is easily guessed.',
  'KAIMEN_SECRET 是文档中的示例，或容易被猜到。',
)

export async function checkSecret(secret: string | undefined): Promise<Finding> {
  const fix = say(
    'Make one with openssl rand -base64 48, and keep it: without it no session can be read.',
    '用 openssl rand -base64 48 生成并妥善保存：丢失后已有的会话都无法读取。',
  )
  if (secret === undefined) {
    return failed('secret', say('KAIMEN_SECRET is missing.', '缺少 KAIMEN_SECRET。'), fix)
  }
  const fault = await refusalOf({ secret })
  if (fault === undefined)
    return ok('secret', say('KAIMEN_SECRET is strong.', 'KAIMEN_SECRET 强度足够。'))
  const [, says = weakSecret] = secretFaults.find(([word]) => word.test(fault)) ?? []
  return failed('secret', says, fix)
}

export async function checkApps(apps: readonly AppOptions[]): Promise<Finding> {
  if (apps.length === 0) {
    return failed(
      'apps',
      say('No app is configured.', '没有配置任何应用。'),
      say(
        'Set KAIMEN_APPID and KAIMEN_APP_SECRET to those of your mini program, or KAIMEN_APPS to several.',
        '请把 KAIMEN_APPID 和 KAIMEN_APP_SECRET 设为你的小程序的；多个应用用 KAIMEN_APPS。',
      ),
    )
  }
  // What its push is set to is looked at with the app.
  const fault = await refusalOf({ apps: apps.map((app) => ({ ...app, push: undefined })) })
  if (fault === undefined) {
    const many = apps.length === 1 ? '1 app is' : `${apps.length} apps are`
    return ok('apps', say(`${many} configured.`, `配置了 ${apps.length} 个应用。`))
  }
  return failed(
    'apps',
    say(`The server would not start: ${fault}`, `服务端无法启动：${fault}`),
    say('Correct the setting that is named.', '请修正其中指出的设置。'),
  )
}

/** What the engine says to settings with these among them. It never repeats a secret. */
async function refusalOf(settings: Partial<typeof fine> | { apps: readonly AppOptions[] }) {
  const store = createMemoryStore(systemClock)
  try {
    await createAuth({ ...fine, ...settings, store }).close()
    return undefined
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  } finally {
    await store.close()
  }
}

const isLoopback = (hostname: string) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)

/** @returns The finding, and the URL without a slash at its end where it can be called. */
export async function checkPublicUrl(
  publicUrl: string | undefined,
): Promise<readonly [Finding, string | undefined]> {
  const fix = say(
    'Set KAIMEN_PUBLIC_URL to where the server is reached from outside, as in https://auth.example.com.',
    '请把 KAIMEN_PUBLIC_URL 设为服务端对外的地址，例如 https://auth.example.com。',
  )
  if (publicUrl === undefined) {
    const says = say('KAIMEN_PUBLIC_URL is missing.', '缺少 KAIMEN_PUBLIC_URL。')
    return [failed('public_url', says, fix), undefined]
  }
  if ((await refusalOf({ publicUrl })) !== undefined) {
    const says = say(
      'KAIMEN_PUBLIC_URL is not an http(s) URL without query and credentials.',
      'KAIMEN_PUBLIC_URL 不是合法的 http(s) 地址，或带有查询参数、用户名密码。',
    )
    return [failed('public_url', says, fix), undefined]
  }
  const url = publicUrl.replace(/\/+$/, '')
  return [judgePublicUrl(new URL(url), fix), url]
}

function judgePublicUrl({ href, protocol, hostname }: URL, fix: Text): Finding {
  const shown = href.replace(/\/+$/, '')
  if (isLoopback(hostname)) {
    return skipped(
      'public_url',
      say(
        `The public URL ${shown} is this machine alone: good for trying, not for phones.`,
        `对外地址 ${shown} 只在本机有效：可用于试用，手机无法访问。`,
      ),
    )
  }
  if (protocol !== 'https:') {
    return failed(
      'public_url',
      say(
        `The public URL ${shown} is not https, and mini programs call nothing else.`,
        `对外地址 ${shown} 不是 https，而小程序只能访问 https。`,
      ),
      fix,
    )
  }
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) {
    return failed(
      'public_url',
      say(
        `The public URL ${shown} is an IP address, and mini programs call domains only.`,
        `对外地址 ${shown} 是 IP 地址，而小程序只能访问域名。`,
      ),
      fix,
    )
  }
  return ok('public_url', say(`The public URL is ${shown}.`, `对外地址为 ${shown}。`))
}

/** `undefined`: the address cannot be used, so nobody is asked. */
export function checkWechatApi(origin: string | undefined): Finding {
  if (origin === undefined) {
    return failed(
      'wechat',
      say(
        'KAIMEN_WECHAT_API is not an https origin.',
        'KAIMEN_WECHAT_API 不是合法的 https 源地址。',
      ),
      say(
        'Unset it: the default is https://api.weixin.qq.com. The emulator may be http on this machine.',
        '请取消该设置：默认为 https://api.weixin.qq.com。只有本机的模拟器可以用 http。',
      ),
    )
  }
  if (isWechatItself(origin)) {
    return ok('wechat', say(`WeChat is asked at ${origin}.`, `询问的是微信 ${origin}。`))
  }
  return skipped(
    'wechat',
    say(
      `Not WeChat itself is asked but ${origin}: what follows is true there alone.`,
      `询问的不是微信，而是 ${origin}：以下结论只对它成立。`,
    ),
  )
}
