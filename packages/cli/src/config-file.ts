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
  dataDir: 'string',
  port: 'number',
  emulatorPort: 'number',
  emulatorTlsPort: 'number',
  wechatApi: 'string',
  admit: 'function',
  claims: 'function',
  on: 'function',
  audience: 'string',
  accessTokenSeconds: 'number',
  sms: 'object',
  otp: 'object',
  captcha: 'function',
  trustedProxies: 'object',
  password: 'object',
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
    if (value === undefined || typeof value === kinds[name]) continue
    throw refuse(
      `${name} of ${file} has to be of type ${kinds[name]}.`,
      `${file} 的 ${name} 必须是 ${kinds[name]} 类型。`,
    )
  }
  return config
}

function isSetting(name: string): name is keyof Config {
  return Object.hasOwn(kinds, name)
}
