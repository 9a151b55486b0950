import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createEmulator, seedWorld, type Emulator } from '@kaimen/emulator'
import { openOperations, systemClock, type AppOptions } from '@kaimen/server'
import { createSqlStore, openSqlite } from '@kaimen/server/store/sql'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { lacksServer, makeDatabase } from '../../server/test/support/databases.ts'
import { checkKeys } from '../src/doctor/check-keys.ts'
import { chooseLanguage } from '../src/doctor/doctor.ts'
import { examine, type ExamineParts, type Report } from '../src/doctor/examine.ts'
import { readAddresses } from '../src/doctor/explain.ts'
import { hasFailed, renderJson, renderText } from '../src/doctor/render.ts'
import { migrate } from '../src/migrate.ts'
import { serve } from '../src/serve.ts'
import { readSettings } from '../src/settings.ts'
import { freePorts, runKaimen, tempFolder, type Environment } from './support/kaimen.ts'

const [mini, service, website, otherMini] = seedWorld.apps
const [person] = seedWorld.people
const secret = randomBytes(36).toString('base64url')
const wrongSecret = randomBytes(16).toString('hex')
const push = {
  token: `T${randomBytes(12).toString('hex')}`,
  encoding_aes_key: `K${randomBytes(21).toString('hex')}`,
}
/** Grows by what the emulator hands out. */
const canaries = [
  secret,
  wrongSecret,
  push.token,
  push.encoding_aes_key,
  ...seedWorld.apps.map((app) => app.secret),
]
/** All that was ever said, in both languages. */
const said: string[] = []

const shop: AppOptions = {
  app_id: mini.appid,
  secret: mini.secret,
  open_platform: 'our-company',
  push,
}

let emulator: Emulator
let publicUrl: string
let databaseUrl: string
let closeServer: () => Promise<void>

beforeAll(async () => {
  emulator = await createEmulator({ port: 0 })
  const folder = await mkdtemp(join(tmpdir(), 'kaimen-cli-'))
  databaseUrl = `sqlite:${join(folder, 'kaimen.db')}`
  const quiet = () => {}
  const server = await serve({
    apps: [shop, { app_id: otherMini.appid, secret: otherMini.secret }],
    secret,
    publicUrl: 'https://auth.example.com',
    wechat: { baseUrl: emulator.url },
    databaseUrl,
    dataDir: folder,
    port: 0,
    host: '127.0.0.1',
    log: { info: quiet, warn: quiet, error: quiet },
  })
  publicUrl = server.url
  closeServer = async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
  const { code } = await control('POST', '/emulator/wx/login', {
    appid: mini.appid,
    person: person.id,
  })
  const signedIn = await fetch(`${publicUrl}/v1/sign-in/wechat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ app_id: mini.appid, code }),
  })
  if (!signedIn.ok) throw new Error(await signedIn.text())
  canaries.push(await askToken(), findOpenid())
})
afterAll(async () => {
  await closeServer()
  await emulator.close()
})
beforeEach(async () => {
  // The world begins anew, and with it every openid and token: they are the same on every start.
  await control('POST', '/emulator/reset')
  const { code } = await control('POST', '/emulator/wx/login', {
    appid: mini.appid,
    person: person.id,
  })
  const query = new URLSearchParams({
    appid: mini.appid,
    secret: mini.secret,
    js_code: String(code),
    grant_type: 'authorization_code',
  })
  await fetch(`${emulator.url}/sns/jscode2session?${query.toString()}`)
})

async function control(method: string, path: string, body?: unknown) {
  const response = await fetch(emulator.url + path, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  expect(response.ok).toBe(true)
  return (await response.json()) as Record<string, unknown>
}

const patch = (switches: object, appid: string = mini.appid) =>
  control('PATCH', `/emulator/apps/${appid}`, switches)
const breakPath = (path: string, fault: object) =>
  control('POST', '/emulator/faults', { path, ...fault })

async function askToken(): Promise<string> {
  const response = await fetch(`${emulator.url}/cgi-bin/stable_token`, {
    method: 'POST',
    body: JSON.stringify({
      grant_type: 'client_credential',
      appid: mini.appid,
      secret: mini.secret,
    }),
  })
  return String(((await response.json()) as Record<string, unknown>)['access_token'])
}

function findOpenid(): string {
  const sqlite = new DatabaseSync(databaseUrl.slice('sqlite:'.length), { readOnly: true })
  const openid = sqlite.prepare('select openid from identities').get()?.['openid']
  sqlite.close()
  return String(openid)
}

/** What the environment has to say for a report without a fault. */
const environment = (overrides: Environment = {}): Environment => ({
  KAIMEN_APPS: JSON.stringify([shop]),
  KAIMEN_SECRET: secret,
  KAIMEN_PUBLIC_URL: publicUrl,
  KAIMEN_DATABASE_URL: databaseUrl,
  KAIMEN_WECHAT_API: emulator.url,
  ...overrides,
})

async function look(overrides: Environment = {}, parts: Partial<ExamineParts> = {}) {
  const report = await examine(await readSettings(environment(overrides), await tempFolder()), {
    clock: systemClock,
    nodeVersion: '24.21.0',
    timeoutMs: 3000,
    onProgress: () => {},
    ...parts,
  })
  for (const language of ['zh', 'en'] as const) {
    const text = renderText(report, language)
    said.push(text, renderJson(report, language))
    // Each line is in one language, but for names.
    if (language === 'en') expect(text).not.toMatch(/\p{Script=Han}/u)
    else for (const { says } of findingsOf(report)) expect(says.zh).toMatch(/\p{Script=Han}/u)
  }
  return report
}

const findingsOf = ({ machine, apps }: Report) => [
  ...machine,
  ...apps.flatMap(({ findings }) => findings),
]

/** The finding of one check: its mark, and what it says and advises in English. */
function read(report: Report, check: string) {
  const found = findingsOf(report).find((each) => each.check === check)
  if (!found) throw new Error(`nothing was said of ${check}`)
  return { ...found, en: `${found.says.en} ${found.fix?.en ?? ''}` }
}

const withApps = (...apps: object[]): Environment => ({ KAIMEN_APPS: JSON.stringify(apps) })

describe('kaimen doctor', () => {
  it('finds nothing to mend where nothing is broken', async () => {
    const report = await look()
    const broken = findingsOf(report).filter(({ status }) => status === 'failed')
    expect(broken).toEqual([])
    expect(hasFailed(report)).toBe(false)
    const { apps, machine } = report
    expect(apps[0]?.findings.map(({ check, status }) => `${status} ${check}`)).toEqual([
      'ok credentials',
      'ok login',
      'ok unionid',
      'ok phone',
      'ok push_settings',
      'ok push_url',
    ])
    expect(machine.map(({ check, status }) => `${status} ${check}`)).toEqual([
      'ok node',
      'ok secret',
      'skipped public_url',
      'ok database',
      'ok signing_keys',
      'ok apps',
      'skipped wechat',
      'ok clock',
    ])
  })

  it('prints a report in Chinese and ends with code 0 where nothing is broken', async () => {
    const { code, stdout, stderr } = await runKaimen(['doctor'], environment()).ended
    said.push(stdout, stderr)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^本机\n {2}✓ Node /)
    expect(stdout).toContain(`\n\n${mini.appid}  小程序\n  ✓ AppID 与 AppSecret 正确。\n`)
    expect(stdout).toMatch(/\n✓ 12 项正常，✗ 0 项需要处理，– 2 项未检查\n$/)
    expect(stderr).toBe('正在询问微信：0/1 个应用……\n')
  })

  it('prints it in English when asked to, and ends with code 1 where something is broken', async () => {
    await patch({ secret_frozen: true })
    const env = environment({ LANG: 'zh_CN.UTF-8' })
    const { code, stdout, stderr } = await runKaimen(['doctor', '--lang', 'en'], env).ended
    said.push(stdout, stderr)
    expect(code).toBe(1)
    expect(stdout).toContain(`${mini.appid}  mini program\n  ✗ WeChat answers 40243: AppSecret is`)
    expect(stdout).toContain('\n    → Unfreeze the AppSecret in the WeChat console')
    expect(stdout).toMatch(/\(rid [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}\)\n/)
    expect(stderr).toBe('Asking WeChat: 0 of 1 apps …\n')
  })

  it('prints JSON for programs', async () => {
    await patch({ personal_account: true })
    const { code, stdout } = await runKaimen(
      ['doctor', '--json'],
      environment({ LC_ALL: 'en_GB.UTF-8' }),
    ).ended
    said.push(stdout)
    expect(code).toBe(1)
    const report = JSON.parse(stdout) as { apps: { checks: unknown[] }[]; machine: unknown[] }
    expect(report).toMatchObject({
      ok: false,
      apps: [{ app_id: mini.appid, kind: 'mini_program' }],
    })
    expect(report.machine[0]).toEqual({
      check: 'node',
      status: 'ok',
      message: `Node ${process.versions.node} is recent enough.`,
    })
    expect(report.apps[0]?.checks[3]).toEqual({
      check: 'phone',
      status: 'failed',
      message: expect.stringContaining('may not ask for phone numbers (48001)'),
      fix: expect.stringContaining('verified'),
      errcode: 48001,
      rid: expect.stringMatching(/^[0-9a-f]{8}-/),
    })
  })

  it.each([
    [{}, 'zh'],
    [{ LANG: 'C.UTF-8' }, 'zh'],
    [{ LANG: 'zh_TW.UTF-8' }, 'zh'],
    [{ LANG: 'en_US.UTF-8' }, 'en'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'en_US.UTF-8' }, 'en'],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'zh_CN.UTF-8' }, 'zh'],
    [{ LANG: 'en_US.UTF-8', LC_ALL: '' }, 'en'],
  ] as const)('speaks, with the locale %j, %s', (env, language) => {
    expect(chooseLanguage(env)).toBe(language)
  })

  it('refuses a language that it does not speak, by name', async () => {
    const { code, stderr } = await runKaimen(['doctor', '--lang', 'fr'], environment()).ended
    expect(code).toBe(1)
    expect(stderr).toContain('Allowed choices are zh, en')
  })

  it('leaves the token of production as it is', async () => {
    const before = await askToken()
    canaries.push(before)
    await look()
    expect(await askToken()).toBe(before)
    const { calls } = await control('GET', '/emulator/calls')
    expect(JSON.stringify(calls)).not.toContain('"force_refresh":true')
  })

  it('tells of its progress, app by app', async () => {
    const told: string[] = []
    const apps = [shop, { app_id: otherMini.appid, secret: otherMini.secret }]
    await look(withApps(...apps), { onProgress: (done, of) => void told.push(`${done}/${of}`) })
    expect(told).toEqual(['0/2', '1/2', '2/2'])
  })
})

describe('the AppID and the AppSecret', () => {
  it.each([
    ['an AppSecret that is wrong', { wrong: true }, /40125: AppSecret wrong\. Set the AppSecret/],
    ['an AppSecret that is frozen', { secret_frozen: true }, /40243.*frozen.* Unfreeze/],
    ['an account without tokens', { token_refused_errcode: 50004 }, /50004.*token endpoint/],
    ['an account that is frozen', { token_refused_errcode: 50007 }, /50007.*frozen/],
    ['an IP that waits for consent', { token_refused_errcode: 89503 }, /89503.*administrator/],
    ['an IP that is not listed', { ip_whitelist: ['203.0.113.7'] }, /40164.* Add 127\.0\.0\.1 to/],
    [
      'an IP that is not listed and not named',
      { ip_whitelist: ['203.0.113.7'], ip_refused_errcode: 61004 },
      /61004.* Add the server’s egress IP/,
    ],
  ])(
    '%s is said with its remedy',
    async (_what, { wrong, ...switches }: Record<string, unknown>, en) => {
      await patch(switches)
      const report = await look(withApps(wrong ? { ...shop, secret: wrongSecret } : shop))
      expect(read(report, 'credentials')).toMatchObject({
        status: 'failed',
        en: expect.stringMatching(en),
      })
      for (const check of ['unionid', 'phone']) expect(read(report, check).status).toBe('skipped')
    },
  )

  it('an AppID that WeChat does not know is said to be unknown', async () => {
    const report = await look(withApps({ app_id: 'wx00000000000000ff', secret: mini.secret }))
    expect(read(report, 'credentials')).toMatchObject({ errcode: 40013, status: 'failed' })
    expect(read(report, 'login').status).toBe('skipped')
  })

  it('an IPv6 address to add to the whitelist is named', async () => {
    await breakPath('/cgi-bin/stable_token', {
      fault: 'errcode',
      errcode: 40164,
      errmsg: 'invalid ip 2001:db8::7 ipv6 2001:db8::7, not in whitelist',
    })
    expect(read(await look(), 'credentials').en).toContain('Add 2001:db8::7 to the IP whitelist')
  })

  it('addresses are read out of WeChat’s text, each once', () => {
    const text = (ips: string) =>
      `[invalid ip ${ips}, not in whitelist rid: 66300000-00000000-0000]`
    expect(readAddresses(text('1.2.3.4 ipv6 ::ffff:1.2.3.4'))).toEqual(['1.2.3.4'])
    expect(readAddresses(text('1.2.3.4 ipv6 2001:db8::7'))).toEqual(['1.2.3.4', '2001:db8::7'])
    expect(readAddresses('access clientip is not registered requestIP: 1.2.3.4')).toEqual([
      '1.2.3.4',
    ])
    expect(readAddresses('access clientip is not registered')).toEqual([])
  })

  it('an AppID and an AppSecret that changed places are not sent, and not printed', async () => {
    const report = await look(withApps({ app_id: mini.secret, secret: mini.appid }))
    expect(report.apps[0]?.app_id).toBeUndefined()
    expect(read(report, 'credentials').en).toContain('may have changed places')
    expect(JSON.stringify(await control('GET', '/emulator/calls'))).not.toContain(mini.secret)
  })

  it('an AppSecret with a line break in it is said to hold what none holds', async () => {
    const report = await look(withApps({ ...shop, secret: `${mini.secret}\n` }))
    expect(read(report, 'credentials').en).toMatch(/AppSecret holds characters.*Copy it again/)
  })

  it('of a service account are right by its token, of a website by its login', async () => {
    const apps = [service, website].map(({ kind, appid, secret: own }) => {
      return { kind, app_id: appid, secret: own }
    })
    const report = await look(withApps(...apps))
    for (const { findings } of report.apps) {
      expect(findings.map(({ check, status }) => `${status} ${check}`)).toEqual([
        'ok credentials',
        'ok login',
        'skipped unionid',
        'skipped phone',
        'skipped push_settings',
      ])
    }
  })

  it.each([service, website])('of a $kind are said to be wrong', async ({ kind, appid }) => {
    const report = await look(withApps({ kind, app_id: appid, secret: wrongSecret }))
    expect(read(report, 'credentials')).toMatchObject({ status: 'failed', errcode: 40125 })
    expect(read(report, 'login').en).toContain('not asked')
  })
})

describe('the way to WeChat', () => {
  it.each([
    ['busy', { fault: 'errcode', errcode: -1 }, 'skipped', /WeChat answers -1: WeChat is busy/],
    ['that hangs', { fault: 'hang' }, 'failed', /did not answer in time\. Check DNS/],
    ['cut', { fault: 'reset' }, 'failed', /cannot be reached \(\w+\)\. Check DNS/],
    [
      'with a portal on it',
      { fault: 'html', status: 502 },
      'failed',
      /not one of WeChat’s API \(HTTP 502\)\. See that/,
    ],
    ['that answers nothing', { fault: 'empty' }, 'failed', /not one of WeChat’s API/],
  ])('%s is said to be so', async (_what, fault, status, en) => {
    await breakPath('*', fault)
    const beganMs = performance.now()
    const report = await look({}, { timeoutMs: 300 })
    expect(performance.now() - beganMs).toBeLessThan(5000)
    const found = read(report, 'credentials')
    expect(found).toMatchObject({ status, en: expect.stringMatching(en) })
    expect(read(report, 'phone').status).toBe('skipped')
    await control('DELETE', '/emulator/faults')
  })

  it('that nobody is at the end of is said to lead nowhere', async () => {
    const [port] = await freePorts(1)
    const report = await look({ KAIMEN_WECHAT_API: `http://127.0.0.1:${port}` })
    expect(read(report, 'credentials').en).toContain('cannot be reached (ECONNREFUSED)')
    expect(read(report, 'clock').en).toContain('could not be compared')
  })

  it.each(['http://api.weixin.qq.com', 'https://user:word@api.weixin.qq.com', 'nowhere'])(
    '%s is no address to send an AppSecret to, so nobody is asked',
    async (KAIMEN_WECHAT_API) => {
      const report = await look({ KAIMEN_WECHAT_API })
      expect(read(report, 'wechat')).toMatchObject({ status: 'failed' })
      expect(read(report, 'credentials').en).toContain('not asked')
      expect(renderText(report, 'en')).not.toContain('user:word')
    },
  )
})

describe('the login', () => {
  it('that WeChat refuses for a reason of its own is said beside credentials that are right', async () => {
    await breakPath('/sns/jscode2session', { fault: 'errcode', errcode: 48001 })
    const report = await look()
    expect(read(report, 'credentials').status).toBe('ok')
    expect(read(report, 'login')).toMatchObject({ status: 'failed', errcode: 48001 })
  })

  it('works although the account gets no tokens', async () => {
    await patch({ token_refused_errcode: 50004 })
    const report = await look()
    expect(read(report, 'login').status).toBe('ok')
  })
})

describe('the Open Platform account', () => {
  it('that is set, and to which the app is not bound, is to be bound', async () => {
    await patch({ open_platform: null })
    expect(read(await look(), 'unionid')).toMatchObject({
      status: 'failed',
      errcode: 89002,
      en: expect.stringMatching(/is set, but .* Bind the app at open\.weixin\.qq\.com/),
    })
  })

  it('to which the app is bound, and which is not set, is to be set', async () => {
    const report = await look(withApps({ ...shop, open_platform: null }))
    expect(read(report, 'unionid')).toMatchObject({
      status: 'failed',
      en: expect.stringMatching(/unionids are ignored.* the same open_platform/),
    })
  })

  it('that is not set, and to which the app is not bound, is fine', async () => {
    await patch({ open_platform: null })
    const report = await look(withApps({ ...shop, open_platform: null }))
    expect(read(report, 'unionid').status).toBe('ok')
  })

  it('is not guessed at before anybody signed in', async () => {
    const report = await look(withApps({ app_id: otherMini.appid, secret: otherMini.secret }))
    expect(read(report, 'unionid')).toMatchObject({
      status: 'skipped',
      en: expect.stringContaining('Sign in once'),
    })
  })
})

describe('the phone numbers', () => {
  it('of a personal account are not to be had', async () => {
    await patch({ personal_account: true })
    expect(read(await look(), 'phone').en).toMatch(/may not ask .*48001.* verified/)
  })
})

describe('the clock', () => {
  it('that is an hour behind WeChat’s is said to be, with the remedy', async () => {
    await control('POST', '/emulator/clock', { advance_seconds: 3600 })
    expect(read(await look(), 'clock')).toMatchObject({
      status: 'failed',
      en: expect.stringMatching(/is 3(599|600) s behind WeChat’s\. .*NTP/),
    })
  })

  it.each([
    [75, 'failed'],
    [45, 'ok'],
    [-45, 'ok'],
    [-75, 'failed'],
  ])('that is %i s ahead is %s', async (seconds, status) => {
    const clock = { ...systemClock, now: () => Date.now() + seconds * 1000 }
    expect(read(await look({}, { clock }), 'clock').status).toBe(status)
  })

  it('cannot be compared with answers that tell no time', async () => {
    const { kind, appid, secret: own } = service
    await patch({ errmsg_style: 'hints' }, appid)
    const report = await look(withApps({ kind, app_id: appid, secret: own }))
    expect(read(report, 'login').status).toBe('ok')
    expect(read(report, 'clock').status).toBe('skipped')
  })
})

describe('message push', () => {
  const pushOf = (change: object) => withApps({ ...shop, push: { ...push, ...change } })

  /** Something that is not Kaimen listens. */
  async function impostor(answer: (echostr: string) => [status: number, text: string]) {
    const server = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://impostor')
      const [status, text] = answer(searchParams.get('echostr') ?? '')
      response.writeHead(status, { location: '/elsewhere' }).end(text)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  it.each([
    [{ token: 'ab' }, /Token of message push is not 3 to 32/],
    [{ token: `${push.token}=` }, /Token of message push is not 3 to 32/],
    [{ encoding_aes_key: `${push.encoding_aes_key}=` }, /EncodingAESKey of .* is not 43/],
  ])('with the settings %# is malformed, and its URL is not asked', async (change, en) => {
    const report = await look(pushOf(change))
    expect(read(report, 'push_settings')).toMatchObject({
      status: 'failed',
      en: expect.stringMatching(en),
    })
    expect(read(report, 'push_url').status).toBe('skipped')
    expect(read(report, 'apps').status).toBe('ok')
  })

  it('without an EncodingAESKey is for plain mode only', async () => {
    const report = await look(withApps({ ...shop, push: { token: push.token } }))
    expect(read(report, 'push_settings').en).toContain('only plain mode')
    expect(read(report, 'push_url').status).toBe('ok')
  })

  it('that is not set misses who withdrew an authorisation', async () => {
    const { push: _, ...app } = shop
    const report = await look(withApps(app))
    expect(read(report, 'push_settings')).toMatchObject({
      status: 'skipped',
      en: expect.stringContaining('withdrew an authorisation'),
    })
  })

  it('is not tried where no server runs', async () => {
    const [port] = await freePorts(1)
    const report = await look({ KAIMEN_PUBLIC_URL: `http://127.0.0.1:${port}` })
    expect(read(report, 'push_url')).toMatchObject({
      status: 'skipped',
      en: expect.stringContaining('the server is not running'),
    })
  })

  it('is not tried where the public URL is missing', async () => {
    const report = await look({ KAIMEN_PUBLIC_URL: '' })
    expect(read(report, 'push_url').en).toContain('KAIMEN_PUBLIC_URL')
  })

  it('at a server with another Token is refused there', async () => {
    const report = await look(pushOf({ token: 'AnotherToken' }))
    expect(read(report, 'push_url').en).toMatch(/has another Token\. Restart/)
  })

  it('at a server that has none for the app is not found there', async () => {
    const other = { app_id: otherMini.appid, secret: otherMini.secret, push }
    expect(read(await look(withApps(other)), 'push_url').en).toMatch(/is not found.* Restart/)
  })

  type Answer = (echostr: string) => [status: number, text: string]
  const impostors: [does: string, answer: Answer, en: RegExp][] = [
    ['takes any signature', (echostr) => [200, echostr], /answers wrong signatures too/],
    ['answers a page', (echostr) => [200, `<p>${echostr}`], /HTTP 200 and not with the text/],
    ['redirects', () => [302, ''], /HTTP 302.* without redirects/],
  ]
  it.each(impostors)('at something that %s is not Kaimen’s', async (_does, answer, en) => {
    const report = await look({ KAIMEN_PUBLIC_URL: await impostor(answer) })
    expect(read(report, 'push_url')).toMatchObject({
      status: 'failed',
      en: expect.stringMatching(en),
    })
  })
})

describe('this machine', () => {
  it.each([
    ['', /is missing\. Make one/],
    ['short', /is too short/],
    [`1:${secret},1:${secret}`, /is malformed/],
    ['change-me-change-me-change-me-change-me', /stands in documents/],
  ])('with the secret %# is told to make one', async (KAIMEN_SECRET, en) => {
    expect(read(await look({ KAIMEN_SECRET }), 'secret')).toMatchObject({
      status: 'failed',
      en: expect.stringMatching(en),
    })
  })

  it.each([
    ['', 'failed', /is missing/],
    ['auth.example.com', 'failed', /not an http\(s\) URL/],
    ['https://user:word@auth.example.com', 'failed', /not an http\(s\) URL/],
    ['http://auth.kaimen.invalid', 'failed', /is not https/],
    ['https://192.0.2.1', 'failed', /is an IP address/],
    ['https://[2001:db8::7]', 'failed', /is an IP address/],
    ['http://localhost:1', 'skipped', /this machine alone/],
    ['https://auth.kaimen.invalid/login/', 'ok', /is https:\/\/auth\.kaimen\.invalid\/login\./],
  ])('with the public URL %j is %s', async (KAIMEN_PUBLIC_URL, status, en) => {
    const report = await look({ KAIMEN_PUBLIC_URL }, { timeoutMs: 300 })
    expect(read(report, 'public_url')).toMatchObject({ status, en: expect.stringMatching(en) })
  })

  it.each([
    ['22.18.0', 'failed'],
    ['20.19.5', 'failed'],
    ['22.19.0', 'ok'],
    ['26.0.0', 'ok'],
  ])('with Node %s is %s', async (nodeVersion, status) => {
    expect(read(await look({}, { nodeVersion }), 'node').status).toBe(status)
  })

  it('without an app is told to set one', async () => {
    expect(read(await look({ KAIMEN_APPS: '' }), 'apps').en).toMatch(/No app .* KAIMEN_APPID/)
  })

  it('with an app that the server would not take is told why', async () => {
    expect(read(await look(withApps(shop, shop)), 'apps').en).toContain('configured twice')
    const short = { ...shop, session: { idle_seconds: 1 } }
    expect(read(await look(withApps(short)), 'apps').en).toContain('apps[0].session.idle_seconds')
  })
})

describe('the database', () => {
  async function lookAt(path: string) {
    return read(await look({ KAIMEN_DATABASE_URL: `sqlite:${path}` }), 'database')
  }

  async function migrated(): Promise<{ folder: string; path: string }> {
    const folder = await tempFolder()
    const path = join(folder, 'kaimen.db')
    await migrate(await readSettings({ KAIMEN_DATABASE_URL: `sqlite:${path}` }, folder))
    return { folder, path }
  }

  it('that is not there yet is not made', async () => {
    const folder = await tempFolder()
    const found = await lookAt(join(folder, 'deep', 'kaimen.db'))
    expect(found).toMatchObject({ status: 'skipped', en: expect.stringContaining('not there yet') })
    expect(await readdir(folder)).toEqual([])
  })

  it('that nobody has open is looked at without a trace', async () => {
    const { folder, path } = await migrated()
    const before = await readdir(folder)
    expect(await lookAt(path)).toMatchObject({ status: 'ok' })
    expect(await readdir(folder)).toEqual(before)
  })

  it('without the tables of this version is to be migrated', async () => {
    const path = join(await tempFolder(), 'empty.db')
    await writeFile(path, '')
    expect(await lookAt(path)).toMatchObject({
      status: 'failed',
      en: expect.stringMatching(/001_\w+, .* to be applied\. .*kaimen migrate/),
    })
  })

  it('of a newer version is not touched', async () => {
    const { path } = await migrated()
    const sqlite = new DatabaseSync(path)
    sqlite.exec("insert into kysely_migration values ('999_later', '2099-01-01')")
    sqlite.close()
    expect((await lookAt(path)).en).toContain('of a newer version')
  })

  it('that is none is said to be none', async () => {
    const path = join(await tempFolder(), 'letter.txt')
    await writeFile(path, 'Dear database, '.repeat(100))
    expect((await lookAt(path)).en).toMatch(/cannot be read: .*not a database/)
  })

  it.each([
    ['postgres://user:canaryPassword@127.0.0.1:1/kaimen', 'is of no use'],
    ['mysql://user:canaryPassword@127.0.0.1:1/kaimen', 'is of no use'],
    ['postgres://user:canaryPassword@127.0.0.1', 'names no database'],
  ])('that is of no use is told of without its password: %s', async (url, says) => {
    const found = read(await look({ KAIMEN_DATABASE_URL: url }), 'database')
    expect(found.en).toContain(says)
    expect(said.join()).not.toContain('canaryPassword')
  })
})

describe('the signing keys', () => {
  const dayMs = 24 * 3_600_000
  const checkOf = async (overrides: Environment, parts: Partial<ExamineParts> = {}) =>
    read(await look(overrides, parts), 'signing_keys')

  /** Of a server that made them so long ago, and has not run since. */
  async function keysMade(daysAgo: number): Promise<{ folder: string; url: string }> {
    const folder = await tempFolder()
    const path = join(folder, 'kaimen.db')
    const clock = { ...systemClock, now: () => Date.now() - daysAgo * dayMs }
    const store = createSqlStore(openSqlite(path), clock)
    await store.migrate()
    await openOperations({ store, clock, secret }).keys.rotate()
    await store.close()
    return { folder, url: `sqlite:${path}` }
  }

  it('[TK-5] that open and will move on are right, and are looked at without a trace', async () => {
    const { folder, url } = await keysMade(1)
    const before = await readFile(join(folder, 'kaimen.db'))
    const { status, en } = await checkOf({ KAIMEN_DATABASE_URL: url })
    const day = new Date(Date.now() + 89 * dayMs).toISOString().slice(0, 10)
    expect([status, en]).toEqual(['ok', expect.stringContaining(`signs from ${day} on`)])
    expect(await readdir(folder)).toEqual(['kaimen.db'])
    expect(before.equals(await readFile(join(folder, 'kaimen.db')))).toBe(true)
  })

  it('[TK-5] that should have moved on long ago are to be rotated', async () => {
    const { url } = await keysMade(91)
    const { status, en } = await checkOf({ KAIMEN_DATABASE_URL: url })
    expect([status, en]).toEqual(['failed', expect.stringContaining('still signs')])
    expect(en).toContain('kaimen keys rotate')
    // The servers have ten minutes, and an hour before anybody is told.
    const { url: due } = await keysMade(90)
    expect(await checkOf({ KAIMEN_DATABASE_URL: due })).toMatchObject({ status: 'ok' })
    const clock = { ...systemClock, now: () => Date.now() + 3_700_000 }
    expect(await checkOf({ KAIMEN_DATABASE_URL: due }, { clock })).toMatchObject({
      status: 'failed',
    })
  })

  it('[TK-4] that another secret sealed are told of, and open with both', async () => {
    const { url } = await keysMade(1)
    const other = 'd7b1f0c2-of-somebody-else-94e6a8'
    const found = await checkOf({ KAIMEN_DATABASE_URL: url, KAIMEN_SECRET: other })
    expect(found).toMatchObject({
      status: 'failed',
      en: expect.stringContaining('KAIMEN_SECRET=2:new,1:old') as string,
    })
    const both = `2:${other},1:${secret}`
    const opened = await checkOf({ KAIMEN_DATABASE_URL: url, KAIMEN_SECRET: both })
    expect(opened).toMatchObject({ status: 'ok' })
  })

  it('whose intervals contradict the life of access tokens are told of', async () => {
    const settings = await readSettings(environment(), await tempFolder())
    const hooks = { accessTokenSeconds: 3600, signingKeys: { overlapSeconds: 3000 } }
    const finding = await checkKeys([], { ...settings, hooks }, systemClock)
    expect(finding).toMatchObject({
      status: 'failed',
      says: { en: expect.stringContaining('overlapSeconds has to be') as string },
    })
  })

  it('that only an operator rotates are never late', async () => {
    const folder = await tempFolder()
    const store = createSqlStore(openSqlite(join(folder, 'kaimen.db')), systemClock)
    await store.migrate()
    await openOperations({ store, secret }).keys.rotate()
    const stored = await store.listSigningKeys()
    await store.close()
    const settings = await readSettings(environment(), folder)
    const clock = { ...systemClock, now: () => Date.now() + 3650 * dayMs }
    const hooks = { signingKeys: { rotateDays: 0 } }
    const finding = await checkKeys(stored, { ...settings, hooks }, clock)
    expect(finding).toMatchObject({
      status: 'ok',
      says: { en: expect.stringContaining('only by') },
    })
  })

  it('that nobody made yet, or nobody can read, are not checked', async () => {
    const folder = await tempFolder()
    const none = await checkOf({ KAIMEN_DATABASE_URL: `sqlite:${join(folder, 'none.db')}` })
    expect(none).toMatchObject({ status: 'skipped', en: expect.stringContaining('no signing') })
    const away = await checkOf({ KAIMEN_DATABASE_URL: 'postgres://user@127.0.0.1:1/kaimen' })
    expect(away).toMatchObject({ status: 'skipped', en: expect.stringContaining('not asked') })
    for (const weak of ['', 'short']) {
      const { url } = await keysMade(1)
      const found = await checkOf({ KAIMEN_DATABASE_URL: url, KAIMEN_SECRET: weak })
      expect(found).toMatchObject({ status: 'skipped', en: expect.stringContaining('not asked') })
    }
  })

  for (const kind of ['postgres', 'mysql'] as const)
    it.skipIf(lacksServer[kind])(`are read on ${kind} too`, async () => {
      const server = await makeDatabase(kind)
      onTestFinished(() => server.close())
      const store = createSqlStore(server.open(), systemClock)
      await store.migrate()
      await openOperations({ store, secret }).keys.rotate()
      const before = await store.listSigningKeys()
      const overrides = { KAIMEN_DATABASE_URL: server.url }
      expect(await checkOf(overrides)).toMatchObject({ status: 'ok' })
      const other = { ...overrides, KAIMEN_SECRET: 'd7b1f0c2-of-somebody-else-94e6a8' }
      expect(await checkOf(other)).toMatchObject({ status: 'failed' })
      expect(await store.listSigningKeys()).toEqual(before)
    })
})

it('[WX-2] nothing that was said in this file holds a secret, a token or an openid', () => {
  expect(said.length).toBeGreaterThan(100)
  for (const canary of canaries) {
    expect(canary.length).toBeGreaterThan(20)
    expect(said.some((text) => text.includes(canary))).toBe(false)
  }
})
