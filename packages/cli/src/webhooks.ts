import type { WebhookOptions } from '@kaimen/server'
import { findSecretFault, type SecretFault } from '@kaimen/server/webhooks'
import type { Webhooks } from './config.ts'
import { refuse } from './refuse.ts'

type Environment = Readonly<Record<string, string | undefined>>

const types = ['events', 'admit', 'claims'] as const
type WebhookType = (typeof types)[number]

const make = 'openssl rand -base64 48'

/** What is wrong with the secret, after its name; nothing of it is repeated. */
const secretFaults: Readonly<Record<SecretFault, readonly [en: string, zh: string]>> = {
  secret_missing: [`is missing. Make one with: ${make}`, `没有设置。可用 ${make} 生成。`],
  secret_malformed: [
    'is malformed. Several secrets are written as 2:new,1:old, versions 1 to 65535.',
    '格式不正确。多个密钥写作 2:new,1:old，版本号为 1 到 65535。',
  ],
  secret_short: [
    `is too short: 32 characters at least. Make one with: ${make}`,
    `太短：至少 32 个字符。可用 ${make} 生成。`,
  ],
  secret_published: [
    `is one that stands in documents or is easily guessed. Make one with: ${make}`,
    `出自文档示例或容易被猜到。可用 ${make} 生成。`,
  ],
}

/**
 * Where webhooks go; `undefined`: nowhere. Each setting of the environment wins over its own in
 * `kaimen.config.ts`.
 *
 * @throws ConfigError That names the setting in both languages, and repeats neither secret nor URL.
 */
export function readWebhooks(
  config: Webhooks | undefined,
  env: Environment,
): WebhookOptions | undefined {
  const url = env['KAIMEN_WEBHOOK_URL'] || config?.url
  const secret = env['KAIMEN_WEBHOOK_SECRET'] || config?.secret
  const listed = readTypes(env['KAIMEN_WEBHOOK_TYPES'])
  if (!url && !secret && !config && !listed) return undefined
  if (!url) {
    throw refuse(
      'KAIMEN_WEBHOOK_URL is missing: where webhooks are sent, as in https://shop.example.com/kaimen.',
      '缺少 KAIMEN_WEBHOOK_URL：webhook 的接收地址，例如 https://shop.example.com/kaimen。',
    )
  }
  checkUrl(url)
  const fault = findSecretFault(secret ?? '')
  if (fault !== undefined) {
    const [en, zh] = secretFaults[fault]
    throw refuse(`KAIMEN_WEBHOOK_SECRET ${en}`, `KAIMEN_WEBHOOK_SECRET ${zh}`)
  }
  return { ...config, ...listed, url, secret: secret ?? '' }
}

function checkUrl(text: string) {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password) return
  throw refuse(
    'KAIMEN_WEBHOOK_URL has to be an http(s) URL without credentials, as in https://shop.example.com/kaimen.',
    'KAIMEN_WEBHOOK_URL 必须是不含用户名和密码的 http(s) 地址，例如 https://shop.example.com/kaimen。',
  )
}

/** What is listed is on, and what is not is off. */
function readTypes(text: string | undefined): Record<WebhookType, boolean> | undefined {
  if (!text) return undefined
  const listed = text.split(',').map((type) => type.trim())
  if (!listed.every((type) => types.some((each) => each === type))) {
    throw refuse(
      `KAIMEN_WEBHOOK_TYPES has to be of ${types.join(', ')}, separated by commas.`,
      `KAIMEN_WEBHOOK_TYPES 只能由 ${types.join('、')} 组成，以逗号分隔。`,
    )
  }
  const has = (type: WebhookType) => listed.includes(type)
  return { events: has('events'), admit: has('admit'), claims: has('claims') }
}

/**
 * Openids and phone numbers in part are in what is sent.
 *
 * @throws ConfigError Where it would cross a network in the clear.
 */
export function checkProductionWebhooks(webhooks: WebhookOptions | undefined): void {
  if (!webhooks) return
  const { protocol, hostname } = new URL(webhooks.url)
  if (protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return
  throw refuse(
    'In production KAIMEN_WEBHOOK_URL has to begin with https://, but for a back end on this machine: localhost, 127.0.0.1 or [::1].',
    '生产环境的 KAIMEN_WEBHOOK_URL 必须以 https:// 开头，本机的后端除外：localhost、127.0.0.1 或 [::1]。',
  )
}
