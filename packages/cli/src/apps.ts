import type { AppOptions } from '@kaimen/server'
import { refuse } from './refuse.ts'

/** What an app may say, and what is wrong with a value that fails; never the value itself. */
const fields: Readonly<Record<keyof AppOptions, Check>> = {
  app_id: [isText, 'a text', '文本'],
  secret: [isSecret, 'a text', '文本'],
  kind: oneOf('mini_program', 'service_account', 'website', 'mobile_app'),
  registration: oneOf('open', 'phone'),
  open_platform: [(value) => value === null || isText(value), 'a text or null', '文本或 null'],
  phone_encrypted_data: [(value) => typeof value === 'boolean', 'true or false', ' true 或 false'],
  session: [
    isSession,
    `an object of ${sessionFields().join(', ')}`,
    `由 ${sessionFields().join('、')} 组成的对象`,
  ],
  scope: oneOf('snsapi_base', 'snsapi_userinfo'),
  scan: [
    isScan,
    'an object of page and, where they are needed, env_version and check_path',
    '由 page 和可选的 env_version、check_path 组成的对象',
  ],
  push: [
    isPush,
    'an object of token and, if there is one, encoding_aes_key, both texts',
    '由 token 和可选的 encoding_aes_key 组成的对象，两者都是文本',
  ],
}

const checks: ReadonlyMap<string, Check> = new Map(Object.entries(fields))

type Check = readonly [passes: (value: unknown) => boolean, en: string, zh: string]

/** Reads `KAIMEN_APPS`. */
export function parseApps(source: string, json: string): readonly AppOptions[] {
  let apps: unknown
  try {
    apps = JSON.parse(json)
  } catch {
    // The parser's own message would repeat the text, and with it a secret.
    throw refuse(`${source} is not valid JSON.`, `${source} 不是合法的 JSON。`)
  }
  return checkApps(source, apps)
}

/**
 * Checks apps that no compiler has seen: a misspelt `registration` would let everybody in.
 *
 * @throws ConfigError That names the app by its place in the list, and the field.
 */
export function checkApps(source: string, apps: unknown): readonly AppOptions[] {
  if (!Array.isArray(apps)) {
    throw refuse(
      `${source} has to be an array of apps, as in [{"app_id":"wx…","secret":"…"}].`,
      `${source} 必须是应用的数组，例如 [{"app_id":"wx…","secret":"…"}]。`,
    )
  }
  return apps.map((app: unknown, index) => {
    if (isApp(source, index + 1, app)) return app
    throw refuse(
      `App ${index + 1} of ${source} has to be an object with an app_id and a secret.`,
      `${source} 的第 ${index + 1} 个应用必须是包含 app_id 和 secret 的对象。`,
    )
  })
}

function isApp(source: string, place: number, app: unknown): app is AppOptions {
  if (!isObject(app) || app['app_id'] === undefined || app['secret'] === undefined) return false
  for (const [name, value] of Object.entries(app)) {
    const check = checks.get(name)
    if (!check) {
      const names = [...checks.keys()]
      throw refuse(
        `App ${place} of ${source} has a field ${quote(name)} that apps do not have. They have ${names.join(', ')}.`,
        `${source} 的第 ${place} 个应用含有未知字段 ${quote(name)}。可用字段：${names.join('、')}。`,
      )
    }
    const [passes, en, zh] = check
    if (value === undefined || passes(value)) continue
    throw refuse(
      `${name} of app ${place} of ${source} has to be ${en}.`,
      `${source} 的第 ${place} 个应用的 ${name} 必须是${zh}。`,
    )
  }
  return true
}

/** A name is repeated only where it looks like one: a secret may have slipped into its place. */
const quote = (name: string) => (/^[A-Za-z_]{1,32}$/.test(name) ? name : '(…)')

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

/** A text, or what `secret()` of `@kaimen/wechat` made of one. */
function isSecret(value: unknown): boolean {
  return isText(value) || (isObject(value) && typeof value['reveal'] === 'function')
}

function isSession(value: unknown): boolean {
  return isObject(value) && Object.keys(value).every((name) => sessionFields().includes(name))
}

/** Their shapes are the engine's to check. */
function isPush(value: unknown): boolean {
  if (!isObject(value)) return false
  const { token, encoding_aes_key, ...rest } = value
  const hasTexts = isSecret(token) && (encoding_aes_key === undefined || isSecret(encoding_aes_key))
  return hasTexts && Object.keys(rest).length === 0
}

/** Its shapes are the engine's to check. */
function isScan(value: unknown): boolean {
  if (!isObject(value)) return false
  const { page, env_version: _, check_path: __, ...rest } = value
  return isText(page) && Object.keys(rest).length === 0
}

function sessionFields(): readonly string[] {
  return ['idle_seconds', 'absolute_seconds', 'refresh_grace_seconds', 'max_sessions']
}

function oneOf(...values: readonly string[]): Check {
  const passes = (value: unknown) => typeof value === 'string' && values.includes(value)
  return [passes, values.join(' or '), ` ${values.join('、')} 之一`]
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
