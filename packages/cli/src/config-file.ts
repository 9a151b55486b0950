import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Config } from './config.ts'
import { refuse } from './refuse.ts'

const kinds: Readonly<Record<keyof Config, 'string' | 'number' | 'function' | 'object'>> = {
  apps: 'object',
  secret: 'string',
  publicUrl: 'string',
  databaseUrl: 'string',
  redisUrl: 'string',
  dataDir: 'string',
  port: 'number',
  drainSeconds: 'number',
  emulatorPort: 'number',
  emulatorTlsPort: 'number',
  miniProgram: 'string',
  wechatApi: 'string',
  admit: 'function',
  claims: 'function',
  on: 'function',
  audience: 'string',
  accessTokenSeconds: 'number',
  signingKeys: 'object',
  sms: 'object',
  otp: 'object',
  limits: 'object',
  captcha: 'function',
  trustedProxies: 'object',
  password: 'object',
  blobs: 'object',
  cloud: 'object',
  web: 'object',
  deletionDays: 'number',
  retention: 'object',
  maxRequests: 'number',
  webhooks: 'object',
}

/**
 * What `kaimen.config.ts` in this folder exports; nothing, where there is no such file.
 *
 * @throws ConfigError That names the file, and the setting when there is one to name.
 */
export async function readConfig(folder: string): Promise<Config> {
  const path = ['kaimen.config.ts', 'kaimen.config.js', 'kaimen.config.mjs']
    .map((name) => join(folder, name))
    .find((file) => existsSync(file))
  return path === undefined ? {} : check(basename(path), await load(path))
}

async function load(path: string): Promise<unknown> {
  try {
    const module: unknown = await import(pathToFileURL(path).href)
    const hasDefault = typeof module === 'object' && module !== null && 'default' in module
    return hasDefault ? module.default : undefined
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${firstLine(error.message)}` : 'threw'
    throw refuse(`${path} failed to load: ${reason}`, `${path} 加载失败：${reason}`)
  }
}

const firstLine = (text: string) => text.split('\n', 1)[0] ?? ''

function check(file: string, config: unknown): Config {
  if (typeof config !== 'object' || config === null) {
    throw refuse(
      `${file} has to export an object by default, as in: export default { publicUrl: '…' }`,
      `${file} 必须默认导出一个对象，例如：export default { publicUrl: '…' }`,
    )
  }
  const names = Object.keys(kinds)
  for (const [name, value] of Object.entries(config)) {
    if (!isSetting(name)) {
      throw refuse(
        `${file} has no setting ${name}. It takes ${names.join(', ')}.`,
        `${file} 没有名为 ${name} 的设置。可用的设置：${names.join('、')}。`,
      )
    }
    if (value === undefined || isOf(kinds[name], value)) continue
    throw refuse(
      `${name} of ${file} has to be of type ${kinds[name]}.`,
      `${file} 的 ${name} 必须是 ${kinds[name]} 类型。`,
    )
  }
  if ('blobs' in config) checkBlobs(file, config.blobs)
  return config
}

function isOf(kind: string, value: unknown): boolean {
  return typeof value === kind && value !== null
}

/** What it lacks would be missed when the first person chooses a picture, or takes it back. */
function checkBlobs(file: string, blobs: unknown) {
  const verbs: Record<string, unknown> = { ...(typeof blobs === 'object' && blobs) }
  const names = ['put', 'get', 'delete', 'close']
  if (blobs === undefined || names.every((name) => typeof verbs[name] === 'function')) return
  throw refuse(
    `blobs of ${file} has to be an object with ${names.join(', ')}, as createFolderBlobs and createS3Blobs make one.`,
    `${file} 的 blobs 必须是带有 ${names.join('、')} 方法的对象，例如 createFolderBlobs 或 createS3Blobs 的返回值。`,
  )
}

function isSetting(name: string): name is keyof Config {
  return Object.hasOwn(kinds, name)
}
