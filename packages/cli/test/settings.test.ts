import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '@kaimen/server'
import { checkRedisUrl } from '../src/redis.ts'
import { readSettings } from '../src/settings.ts'
import { tempFolder } from './support/kaimen.ts'

const secret = 'c4ptain-0f-the-sea-9f8e7d6c5b4a3210'
const app = { app_id: 'wx0123456789abcdef', secret }

async function folderWith(config: string): Promise<string> {
  const folder = await tempFolder()
  await writeFile(join(folder, 'kaimen.config.ts'), config)
  return folder
}

/** The message of the refusal, which has to be a ConfigError. */
async function refusal(env: Record<string, string>, folder?: string): Promise<string> {
  const error: unknown = await readSettings(env, folder ?? (await tempFolder())).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ConfigError)) throw new Error(`not refused: ${String(error)}`)
  expect(error.message).not.toContain(secret)
  expect(error.message).toMatch(/\p{Script=Han}/u)
  return error.message
}

describe('settings', () => {
  it('have defaults, below the folder that the command runs in', async () => {
    const folder = await tempFolder()
    expect(await readSettings({}, folder)).toEqual({
      apps: [],
      secret: undefined,
      publicUrl: undefined,
      databaseUrl: `sqlite:${join(folder, '.kaimen', 'kaimen.db')}`,
      redisUrl: undefined,
      dataDir: join(folder, '.kaimen'),
      port: 4100,
      drainSeconds: 5,
      emulatorPort: 4180,
      emulatorTlsPort: 4143,
      wechatApi: 'https://api.weixin.qq.com',
      hooks: {},
    })
  })

  it('come from kaimen.config.ts, over the defaults', async () => {
    const folder = await folderWith(`
      type Shown = string
      const publicUrl: Shown = 'https://auth.example.com'
      export default {
        apps: [{ ...${JSON.stringify(app)}, registration: 'phone', session: { idle_seconds: 60 } }],
        secret: '${secret}', publicUrl, databaseUrl: 'sqlite:a.db',
        redisUrl: 'redis://file.example.com', dataDir: 'data',
        port: 5100, drainSeconds: 10, emulatorPort: 5180, emulatorTlsPort: 5143, wechatApi: 'https://api2.weixin.qq.com',
        audience: 'shop', accessTokenSeconds: 60, signingKeys: { rotateDays: 30 }, admit: () => undefined, claims: () => ({}), on() {},
        otp: { budget_per_hour: 5 }, captcha: () => true, trustedProxies: ['10.0.0.0/8'],
        cloud: { env: 'prod-1' }, web: { origins: ['https://shop.example.com'] }, deletionDays: 15, retention: { eventDays: 30 }, maxRequests: 50,
        blobs: { put() {}, get() {}, delete() {}, close() {} },
        webhooks: { url: 'https://shop.example.com/kaimen', secret: '${secret}', admit: true },
      }`)
    expect(await readSettings({}, folder)).toEqual({
      apps: [{ ...app, registration: 'phone', session: { idle_seconds: 60 } }],
      secret,
      publicUrl: 'https://auth.example.com',
      databaseUrl: 'sqlite:a.db',
      redisUrl: 'redis://file.example.com',
      dataDir: join(folder, 'data'),
      port: 5100,
      drainSeconds: 10,
      emulatorPort: 5180,
      emulatorTlsPort: 5143,
      wechatApi: 'https://api2.weixin.qq.com',
      hooks: {
        audience: 'shop',
        accessTokenSeconds: 60,
        signingKeys: { rotateDays: 30 },
        admit: expect.any(Function),
        claims: expect.any(Function),
        on: expect.any(Function),
        otp: { budget_per_hour: 5 },
        captcha: expect.any(Function),
        trustedProxies: ['10.0.0.0/8'],
        cloud: { env: 'prod-1' },
        web: { origins: ['https://shop.example.com'] },
        deletionDays: 15,
        retention: { eventDays: 30 },
        maxRequests: 50,
        blobs: expect.any(Object),
        webhooks: { url: 'https://shop.example.com/kaimen', secret, admit: true },
      },
    })
  })

  it('come from the environment, over kaimen.config.ts', async () => {
    const folder = await folderWith(`export default {
      apps: [${JSON.stringify(app)}], secret: 'file', publicUrl: 'https://file.example.com',
      databaseUrl: 'sqlite:file.db', redisUrl: 'redis://file.example.com', dataDir: 'file', port: 1, emulatorPort: 2,
      wechatApi: 'https://file.example.com', trustedProxies: ['10.0.0.0/8'],
      web: { origins: ['https://file.example.com'], openUrl: 'https://open.weixin.qq.com' },
      webhooks: { url: 'https://file.example.com', secret: 'file', admit: true, timeoutMs: 500 },
    }`)
    const settings = await readSettings(
      {
        KAIMEN_APPID: 'wxfedcba9876543210',
        KAIMEN_APP_SECRET: secret,
        KAIMEN_SECRET: secret,
        KAIMEN_PUBLIC_URL: 'https://env.example.com',
        KAIMEN_DATABASE_URL: 'sqlite:env.db',
        KAIMEN_REDIS_URL: 'rediss://env.example.com',
        KAIMEN_DATA_DIR: 'env',
        KAIMEN_PORT: '65535',
        KAIMEN_DRAIN_SECONDS: '0',
        KAIMEN_EMULATOR_PORT: '0',
        KAIMEN_EMULATOR_TLS_PORT: '1',
        KAIMEN_WECHAT_API: 'https://hk.api.weixin.qq.com',
        KAIMEN_TRUSTED_PROXIES: '192.0.2.1, fd00::/8',
        KAIMEN_WEB_ORIGINS: 'https://a.example.com, https://b.example.com',
        KAIMEN_WEBHOOK_URL: 'http://shop:3000/kaimen',
        KAIMEN_WEBHOOK_SECRET: `2:${secret}`,
        KAIMEN_WEBHOOK_TYPES: 'claims, events',
      },
      folder,
    )
    expect(settings).toEqual({
      apps: [{ app_id: 'wxfedcba9876543210', secret }],
      secret,
      publicUrl: 'https://env.example.com',
      databaseUrl: 'sqlite:env.db',
      redisUrl: 'rediss://env.example.com',
      dataDir: join(folder, 'env'),
      port: 65_535,
      drainSeconds: 0,
      emulatorPort: 0,
      emulatorTlsPort: 1,
      wechatApi: 'https://hk.api.weixin.qq.com',
      hooks: {
        trustedProxies: ['192.0.2.1', ' fd00::/8'],
        web: {
          origins: ['https://a.example.com', 'https://b.example.com'],
          openUrl: 'https://open.weixin.qq.com',
        },
        webhooks: {
          url: 'http://shop:3000/kaimen',
          secret: `2:${secret}`,
          events: true,
          admit: false,
          claims: true,
          timeoutMs: 500,
        },
      },
    })
  })

  it('take an empty variable for one that is not set', async () => {
    const empty = {
      KAIMEN_APPS: '',
      KAIMEN_SECRET: '',
      KAIMEN_PORT: '',
      KAIMEN_TRUSTED_PROXIES: '',
      KAIMEN_WEB_ORIGINS: '',
      KAIMEN_WEBHOOK_URL: '',
      KAIMEN_WEBHOOK_SECRET: '',
      KAIMEN_WEBHOOK_TYPES: '',
    }
    const folder = await folderWith(`export default { port: 5100 }`)
    expect(await readSettings(empty, folder)).toMatchObject({ apps: [], port: 5100 })
  })

  it('send events alone to a webhook of which nothing else is said', async () => {
    const KAIMEN_WEBHOOK_URL = 'https://shop.example.com/kaimen'
    const env = { KAIMEN_WEBHOOK_URL, KAIMEN_WEBHOOK_SECRET: secret }
    const { hooks } = await readSettings(env, await tempFolder())
    expect(hooks).toEqual({ webhooks: { url: KAIMEN_WEBHOOK_URL, secret } })
  })

  it('take several apps from KAIMEN_APPS', async () => {
    const apps = [app, { ...app, app_id: 'wx2', phone_encrypted_data: true, open_platform: null }]
    const settings = await readSettings({ KAIMEN_APPS: JSON.stringify(apps) }, await tempFolder())
    expect(settings.apps).toEqual(apps)
  })
})

describe('a setting that is wrong is refused by name', () => {
  it.each(['abc', '-1', '65536', '4100.5', '0x10', '1e3', ' 80', 'tcp://10.0.0.1:4100'])(
    'KAIMEN_PORT=%s',
    async (port) => {
      expect(await refusal({ KAIMEN_PORT: port })).toContain('KAIMEN_PORT ')
      expect(await refusal({ KAIMEN_EMULATOR_PORT: port })).toContain('KAIMEN_EMULATOR_PORT')
    },
  )

  it.each(['-1', '301', '1.5', '5s'])('KAIMEN_DRAIN_SECONDS=%s', async (KAIMEN_DRAIN_SECONDS) => {
    expect(await refusal({ KAIMEN_DRAIN_SECONDS })).toContain('KAIMEN_DRAIN_SECONDS ')
  })

  it('KAIMEN_APPID without KAIMEN_APP_SECRET, and the other way about', async () => {
    expect(await refusal({ KAIMEN_APPID: 'wx1' })).toContain('KAIMEN_APP_SECRET is missing')
    expect(await refusal({ KAIMEN_APP_SECRET: secret })).toContain('KAIMEN_APPID is missing')
  })

  it('KAIMEN_APPS beside KAIMEN_APPID or KAIMEN_APP_SECRET', async () => {
    const KAIMEN_APPS = JSON.stringify([app])
    expect(await refusal({ KAIMEN_APPS, KAIMEN_APPID: 'wx1' })).toContain('KAIMEN_APPS')
    expect(await refusal({ KAIMEN_APPS, KAIMEN_APP_SECRET: secret })).toContain('KAIMEN_APPS')
  })

  const withApp = (field: object) => JSON.stringify([app, { ...app, ...field }])
  it.each([
    ['broken JSON', `[{"app_id":"wx1","secret":"${secret}"`, 'is not valid JSON'],
    ['no array', JSON.stringify(app), 'has to be an array'],
    ['a text for an app', JSON.stringify([secret]), 'App 1 of KAIMEN_APPS'],
    ['null for an app', '[null]', 'App 1 of KAIMEN_APPS'],
    ['an app without secret', '[{"app_id":"wx1"}]', 'an app_id and a secret'],
    ['a secret that is a number', '[{"app_id":"wx1","secret":1}]', 'secret of app 1'],
    ['an empty secret', '[{"app_id":"wx1","secret":""}]', 'secret of app 1'],
    ['a push that is a text', withApp({ push: secret }), 'push of app 2'],
    ['a push without a Token', withApp({ push: { encoding_aes_key: secret } }), 'push of app 2'],
    ['a misspelt push', withApp({ push: { token: 'abc', aes: secret } }), 'push of app 2'],
    ['a misspelt registration', withApp({ registration: 'Phone' }), 'registration of app 2'],
    ['old phone data by a text', withApp({ phone_encrypted_data: 'yes' }), 'phone_encrypted_data'],
    ['an unknown kind', withApp({ kind: 'miniprogram' }), 'kind of app 2'],
    ['an unknown field', withApp({ appsecret: 'x' }), 'a field appsecret'],
    ['a secret for a field', withApp({ [secret]: 'x' }), 'a field (…)'],
    ['a misspelt limit', withApp({ session: { idle: 60 } }), 'session of app 2'],
  ])('KAIMEN_APPS with %s', async (_what, KAIMEN_APPS, message) => {
    expect(await refusal({ KAIMEN_APPS })).toContain(message)
  })

  const webhook = {
    KAIMEN_WEBHOOK_URL: 'https://shop.example.com/kaimen',
    KAIMEN_WEBHOOK_SECRET: secret,
  }
  it.each([
    ['no secret', { KAIMEN_WEBHOOK_SECRET: '' }, 'KAIMEN_WEBHOOK_SECRET is missing'],
    ['a short secret', { KAIMEN_WEBHOOK_SECRET: 'canary-7' }, 'KAIMEN_WEBHOOK_SECRET is too short'],
    [
      'a secret out of documents',
      { KAIMEN_WEBHOOK_SECRET: 'changeme-canary'.repeat(4) },
      'stands in documents',
    ],
    [
      'two secrets without versions',
      { KAIMEN_WEBHOOK_SECRET: `${secret},${secret}` },
      'KAIMEN_WEBHOOK_SECRET is malformed',
    ],
    ['no URL', { KAIMEN_WEBHOOK_URL: '' }, 'KAIMEN_WEBHOOK_URL is missing'],
    ['a host for a URL', { KAIMEN_WEBHOOK_URL: 'canary:80' }, 'KAIMEN_WEBHOOK_URL has to be'],
    [
      'a password in the URL',
      { KAIMEN_WEBHOOK_URL: 'https://me:canary@shop.example.com' },
      'KAIMEN_WEBHOOK_URL has to be',
    ],
    ['another type', { KAIMEN_WEBHOOK_TYPES: 'events,event' }, 'KAIMEN_WEBHOOK_TYPES has to be of'],
  ])('webhooks with %s', async (_what, env, message) => {
    const said = await refusal({ ...webhook, ...env })
    expect(said).toContain(message)
    expect(said).not.toContain('canary')
  })

  it.each([
    ['http://me:canary@localhost', 'begins with', '开头'],
    ['redis://canary@localhost', 'credentials', '百分号编码'],
    ['redis://me:can/ary@localhost', 'credentials', '用户名和密码'],
    ['redis://me:canary@', 'host', '主机名'],
    ['redis://me:canary@localhost:70000', 'port', '端口'],
    ['redis://me:canary@localhost/name', 'path', '路径'],
    ['redis://me:canary@a,b/2', 'database 0 alone', '0 号数据库'],
    ['redis://me:canary@localhost?tls', '?cluster', '参数'],
  ])('the part of KAIMEN_REDIS_URL that is wrong, in both languages: %s', (url, en, zh) => {
    let said = ''
    try {
      checkRedisUrl(url)
    } catch (error) {
      said = error instanceof ConfigError ? error.message : ''
    }
    const lines = said.split('\n')
    expect(lines).toHaveLength(2)
    for (const line of lines) expect(line.trim()).toMatch(/^KAIMEN_REDIS_URL /)
    expect(lines[0]).toContain(en)
    expect(lines[1]).toContain(zh)
    expect(said).not.toMatch(/canary|can\/|70000|tls/)
  })
})

describe('kaimen.config.ts is refused', () => {
  it.each([
    ['exports nothing by default', 'export const port = 1', 'has to export an object'],
    ['exports a function', 'export default () => ({})', 'has to export an object'],
    ['has an unknown setting', 'export default { prot: 4100 }', 'has no setting prot'],
    ['has a port that is a text', "export default { port: '4100' }", 'port of kaimen.config.ts'],
    ['has a port out of range', 'export default { port: 70000 }', 'KAIMEN_PORT'],
    ['has a hook that is no function', 'export default { admit: true }', 'admit of'],
    [
      'has webhooks that are none',
      'export default { webhooks: true }',
      'webhooks of kaimen.config',
    ],
    ['has webhooks to nowhere', 'export default { webhooks: {} }', 'KAIMEN_WEBHOOK_URL is missing'],
    ['has cloud as null', 'export default { cloud: null }', 'cloud of kaimen.config'],
    ['keeps accounts for a text', "export default { deletionDays: '7' }", 'deletionDays of'],
    [
      'has blobs that lack a verb',
      'export default { blobs: { put() {} } }',
      'blobs of kaimen.config',
    ],
    ['has apps that are no array', 'export default { apps: {} }', 'has to be an array'],
    [
      'has an app with a misspelt registration',
      `export default { apps: [{ app_id: 'wx1', secret: '${secret}', registration: 'fone' }] }`,
      'registration of app 1',
    ],
    ['throws', "throw new Error('the vault is sealed')", 'the vault is sealed'],
    ['has a syntax error', 'export default {', 'failed to load'],
    ['imports what is not there', "import './nowhere.ts'\nexport default {}", 'failed to load'],
  ])('when it %s', async (_what, config, message) => {
    const folder = await folderWith(config)
    const text = await refusal({}, folder)
    expect(text).toContain(message)
    expect(text).toMatch(/kaimen\.config|KAIMEN_PORT|KAIMEN_WEBHOOK_URL/)
    expect(text.split('\n')).toHaveLength(2)
  })
})
