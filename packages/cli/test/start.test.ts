import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, vi } from 'vitest'
import { seedWorld } from '@kaimen/emulator'
import { Jwks } from '@kaimen/protocol'
import { readSettings } from '../src/settings.ts'
import { checkProduction } from '../src/start.ts'
import {
  answers,
  freePorts,
  occupy,
  runKaimen,
  tempFolder,
  type Environment,
} from './support/kaimen.ts'

const secret = randomBytes(36).toString('base64url')
const appSecret = randomBytes(16).toString('hex')

/** Settings with which `kaimen start` starts. */
async function production(overrides: Environment = {}): Promise<Environment> {
  const [port] = await freePorts(1)
  return {
    KAIMEN_APPID: 'wx0123456789abcdef',
    KAIMEN_APP_SECRET: appSecret,
    KAIMEN_SECRET: secret,
    KAIMEN_PUBLIC_URL: 'https://auth.example.com',
    KAIMEN_DATA_DIR: join(await tempFolder(), 'data'),
    KAIMEN_PORT: port,
    KAIMEN_DRAIN_SECONDS: '0',
    ...overrides,
  }
}

/** Runs `kaimen start` with these settings, which it has to refuse at once. */
async function refusal(overrides: Environment, args: readonly string[] = []): Promise<string> {
  const env = await production(overrides)
  const { code, stdout, stderr } = await runKaimen(['start', ...args], env).ended
  expect(code).toBe(1)
  expect(stdout).toBe('')
  // One line a language, no stack, and nothing of a secret.
  expect(stderr).toMatch(/^kaimen: \S.*\n( {8}\S.*\n)?$/)
  for (const text of [secret, appSecret]) expect(stderr).not.toContain(text)
  return stderr
}

describe('kaimen start refuses', () => {
  it.each([
    ['no KAIMEN_SECRET', undefined, 'KAIMEN_SECRET is missing'],
    ['an empty one', '  ', 'KAIMEN_SECRET is missing'],
    ['a short one', 'q7Wz-31-characters-long-0123456', 'KAIMEN_SECRET is too short'],
    ['one out of documents', 'changeme'.repeat(5), 'stands in documents'],
    ['one that names itself', 'your-secret-goes-here-0123456789abcdef', 'stands in documents'],
    ['one repeated character', 'a'.repeat(48), 'stands in documents'],
    ['two without versions', `${secret},${secret}x`, 'KAIMEN_SECRET is malformed'],
    ['an old one that is weak', `2:${secret},1:${'0'.repeat(40)}`, 'stands in documents'],
  ])('[AU-5] %s', async (_what, KAIMEN_SECRET, message) => {
    expect(await refusal({ KAIMEN_SECRET })).toContain(message)
  })

  it('[WX-6] the emulator as WeChat', async () => {
    const KAIMEN_WECHAT_API = 'http://127.0.0.1:4180'
    expect(await refusal({ KAIMEN_WECHAT_API })).toContain('KAIMEN_WECHAT_API has to be')
  })

  it.each([
    'http://api.weixin.qq.com',
    'https://127.0.0.1:4143',
    'https://localhost',
    'https://evil.weixin.qq.com.example.com',
    'https://api.weixin.qq.com.example.com',
    'https://api.weixin.qq.com@evil.example.com',
    'https://weixin.qq.com@evil',
    'https://evil.weixin.qq.com',
    'https://evil@api.weixin.qq.com',
    'https://api.weixin.qq.com:8443',
    'https://api.weixin.qq.com/proxy',
    'https://169.254.169.254',
    'api.weixin.qq.com',
    'file:///etc/passwd',
  ])('[WX-6] %s as WeChat', async (KAIMEN_WECHAT_API) => {
    const settings = await readSettings(await production({ KAIMEN_WECHAT_API }))
    expect(() => checkProduction(settings)).toThrow('KAIMEN_WECHAT_API has to be')
  })

  it('[WX-6] other pages than WeChat’s own', async () => {
    const settings = await readSettings(await production({}))
    const hooks = { ...settings.hooks, web: { openUrl: 'http://127.0.0.1:4180' } }
    expect(() => checkProduction({ ...settings, hooks })).toThrow('web.openUrl')
    const own = { ...settings.hooks, web: { openUrl: 'https://open.weixin.qq.com' } }
    expect(checkProduction({ ...settings, hooks: own })).toHaveProperty('web')
  })

  it('a page that is no origin, by name', async () => {
    const said = await refusal({ KAIMEN_WEB_ORIGINS: 'https://shop.example.com/' })
    expect(said).toContain('web.origins[0] has to be an origin')
  })

  it.each(['api', 'api2', 'sh.api', 'sz.api', 'hk.api'])(
    'nothing of %s.weixin.qq.com, which is WeChat',
    async (name) => {
      const baseUrl = `https://${name}.weixin.qq.com`
      const settings = await readSettings(await production({ KAIMEN_WECHAT_API: baseUrl }))
      expect(checkProduction(settings).wechat).toEqual({ baseUrl })
    },
  )

  it.each(seedWorld.apps)(
    '[AU-5] the emulator’s $kind $appid',
    async ({ appid, secret: known }) => {
      const seeded = { KAIMEN_APPID: appid, KAIMEN_APP_SECRET: known }
      const settings = await readSettings(await production(seeded))
      expect(() => checkProduction(settings)).toThrow(`${appid} is an app of the emulator`)
    },
  )

  it.each([
    ['no app', { KAIMEN_APPID: undefined, KAIMEN_APP_SECRET: undefined }, 'KAIMEN_APPID'],
    ['no public URL', { KAIMEN_PUBLIC_URL: undefined }, 'KAIMEN_PUBLIC_URL is missing'],
    ['a public URL that is none', { KAIMEN_PUBLIC_URL: 'auth.example.com' }, 'publicUrl has to be'],
    ['a database of another kind', { KAIMEN_DATABASE_URL: `oracle://a:${secret}@db/k` }, 'sqlite:'],
    ['a database in memory', { KAIMEN_DATABASE_URL: 'sqlite::memory:' }, 'sqlite:'],
    ['a database with a host', { KAIMEN_DATABASE_URL: `sqlite://${secret}@db` }, 'sqlite:'],
    [
      'a proxy that is no address',
      { KAIMEN_TRUSTED_PROXIES: '10.0.0.0/8,nginx' },
      'KAIMEN_TRUSTED_PROXIES) has "nginx"',
    ],
    [
      'KAIMEN_SECRET for that of webhooks',
      { KAIMEN_WEBHOOK_URL: 'https://shop.example.com', KAIMEN_WEBHOOK_SECRET: secret },
      'KAIMEN_WEBHOOK_SECRET) is KAIMEN_SECRET',
    ],
    ['a database that is no file', { KAIMEN_DATABASE_URL: 'sqlite:/' }, 'cannot be opened'],
  ])('%s', async (_what, overrides, message) => {
    expect(await refusal(overrides)).toContain(message)
  })

  it.each([
    ['http://shop.example.com/kaimen', true],
    ['http://10.0.0.5:3000', true],
    ['http://localhost.example.com', true],
    ['https://shop.example.com/kaimen', false],
    ['http://127.0.0.1:3000/kaimen', false],
    ['http://localhost:3000', false],
    ['http://[::1]:3000', false],
  ])('webhooks in the clear: of %s that is %s', async (KAIMEN_WEBHOOK_URL, refused) => {
    const env = { KAIMEN_WEBHOOK_URL, KAIMEN_WEBHOOK_SECRET: `${secret}-of-webhooks` }
    const settings = await readSettings(await production(env))
    const check = () => checkProduction(settings).webhooks?.url
    if (refused) expect(check).toThrow('KAIMEN_WEBHOOK_URL has to begin with https://')
    else expect(check()).toBe(KAIMEN_WEBHOOK_URL)
  })

  it('a port that is taken, and names the setting', async () => {
    const { port, release } = await occupy()
    expect(await refusal({ KAIMEN_PORT: port })).toContain(`Port ${port} is taken`)
    await release()
  })

  it('an address that is not of this machine', async () => {
    expect(await refusal({}, ['--host', '192.0.2.1'])).toContain('--host')
  })

  it('before it makes anything on disk', async () => {
    const KAIMEN_DATA_DIR = join(await tempFolder(), 'data')
    await refusal({ KAIMEN_DATA_DIR, KAIMEN_SECRET: 'short' })
    expect(existsSync(KAIMEN_DATA_DIR)).toBe(false)
  })

  it('a store that was sealed under another secret', async () => {
    const env = await production()
    const first = runKaimen(['start'], env)
    await first.printed('kaimen is listening')
    first.signal('SIGTERM')
    await first.ended
    const other = { ...env, KAIMEN_SECRET: randomBytes(36).toString('base64url') }
    expect(await refusal(other)).toContain('sealed under another KAIMEN_SECRET')

    const rolled = { ...env, KAIMEN_SECRET: `2:${other.KAIMEN_SECRET},1:${secret}` }
    const second = runKaimen(['start'], rolled)
    await second.printed('kaimen is listening')
  })
})

describe('[OP-2] kaimen start, while the database is away', () => {
  it('lives, is not ready, says why, and works when the database is there', async () => {
    const env = await production()
    const first = runKaimen(['start'], env)
    await first.printed('kaimen is listening')
    first.signal('SIGTERM')
    await first.ended
    const path = join(env['KAIMEN_DATA_DIR'] ?? '', 'kaimen.db')
    const other = new DatabaseSync(path)
    other.exec('begin immediate')

    const kaimen = runKaimen(['start'], env)
    await kaimen.printed('The database is away')
    await kaimen.printed('kaimen is listening')
    const url = `http://127.0.0.1:${env['KAIMEN_PORT']}`
    expect((await fetch(`${url}/healthz`)).status).toBe(200)

    other.exec('rollback')
    other.close()
    await kaimen.printed('kaimen is ready')
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    kaimen.signal('SIGTERM')
    expect((await kaimen.ended).code).toBe(0)
  }, 40_000)

  it('waits for a database server too, and says nothing of its password', async () => {
    const [nobody = ''] = await freePorts(1)
    const KAIMEN_DATABASE_URL = `postgres://kaimen:${secret}@127.0.0.1:${nobody}/kaimen`
    const env = await production({ KAIMEN_DATABASE_URL })
    const kaimen = runKaimen(['start'], env)
    await kaimen.printed('kaimen is listening')
    expect(kaimen.stderr()).toContain('The database server cannot be reached')
    const url = `http://127.0.0.1:${env['KAIMEN_PORT']}`
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect((await fetch(`${url}/readyz`)).status).toBe(503)
    kaimen.signal('SIGTERM')
    const { code, stderr } = await kaimen.ended
    expect(code).toBe(0)
    expect(stderr).not.toContain(secret)
  }, 40_000)

  it('ends when it is told to, all the same', async () => {
    const env = await production()
    const first = runKaimen(['start'], env)
    await first.printed('kaimen is listening')
    first.signal('SIGTERM')
    await first.ended
    const other = new DatabaseSync(join(env['KAIMEN_DATA_DIR'] ?? '', 'kaimen.db'))
    other.exec('begin immediate')
    const kaimen = runKaimen(['start'], env)
    await kaimen.printed('kaimen is listening')
    kaimen.signal('SIGTERM')
    expect((await kaimen.ended).code).toBe(0)
    other.close()
  }, 40_000)
})

describe('kaimen start, told to stop', () => {
  it('goes on for KAIMEN_DRAIN_SECONDS while it says that it is not ready; a second time ends it', async () => {
    const env = await production({ KAIMEN_DRAIN_SECONDS: '60' })
    const url = `http://127.0.0.1:${env['KAIMEN_PORT']}`
    const kaimen = runKaimen(['start'], env)
    await kaimen.printed('kaimen is listening')
    kaimen.signal('SIGTERM')
    await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(503), 5_000)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    kaimen.signal('SIGTERM')
    expect(await kaimen.ended).toMatchObject({ code: null, signal: 'SIGTERM' })
  })
})

describe('kaimen start', () => {
  it('listens, is ready and publishes its keys without asking WeChat for anything', async () => {
    const env = await production()
    const url = `http://127.0.0.1:${env['KAIMEN_PORT']}`
    const kaimen = runKaimen(['start'], env)
    await kaimen.printed('kaimen is listening')

    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    const keys: unknown = await (await fetch(`${url}/.well-known/jwks.json`)).json()
    expect(Jwks['~standard'].validate(keys)).not.toHaveProperty('issues')

    kaimen.signal('SIGTERM')
    const { code, stderr } = await kaimen.ended
    expect(code).toBe(0)
    expect(stderr).toContain('kaimen has stopped')
    for (const text of [secret, appSecret]) expect(stderr).not.toContain(text)
    expect(await answers(env['KAIMEN_PORT'] ?? '')).toBe(false)
  })

  it('[WB-4] never serves the emulator, and opens no second port', async () => {
    const [emulatorPort = ''] = await freePorts(1)
    const env = await production({ KAIMEN_EMULATOR_PORT: emulatorPort })
    const kaimen = runKaimen(['start'], env)
    await kaimen.printed('kaimen is listening')
    const url = `http://127.0.0.1:${env['KAIMEN_PORT']}`
    for (const path of [
      '/emulator',
      '/emulator/world',
      '/emulator/wx/login',
      '/sns/jscode2session',
    ]) {
      expect((await fetch(url + path)).status).toBe(404)
      expect((await fetch(url + path, { method: 'POST', body: '{}' })).status).toBe(404)
    }
    expect(await answers(emulatorPort)).toBe(false)
  })

  it('writes JSON lines on standard error, and nothing on standard output', async () => {
    const kaimen = runKaimen(['start'], await production())
    await kaimen.printed('kaimen is listening')
    kaimen.signal('SIGINT')
    const { code, stdout, stderr } = await kaimen.ended
    expect(code).toBe(0)
    expect(stdout).toBe('')
    for (const line of stderr.trim().split('\n')) expect(() => void JSON.parse(line)).not.toThrow()
  })
})
