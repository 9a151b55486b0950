import { stat } from 'node:fs/promises'
import { ConfigError, createAuth, systemClock, type AuthOptions } from '@kaimen/server'
import { createMemoryStore } from '@kaimen/server/store/memory'
import { secret } from '@kaimen/wechat'
import { describe, expect, it } from 'vitest'
import { openWorld, testSecret } from './support/world.ts'

const canary = 'canary-AppSecret-that-must-not-be-shown'
const app = { app_id: 'wx0123456789abcdef', secret: canary }
const options: AuthOptions = {
  publicUrl: 'https://auth.example.com',
  apps: [app],
  secret: testSecret,
  store: createMemoryStore(systemClock),
}

/** What createAuth says of options that TypeScript would not let through. */
function refusal(change: Record<string, unknown>): string {
  try {
    void createAuth({ ...options, ...change })
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return error instanceof Error ? error.message : ''
  }
  return 'not refused'
}

/** Of `publicUrl` it is the other of http: and https:. */
const otherScheme = options.publicUrl.startsWith('https:')
  ? 'http://shop.example'
  : 'https://shop.example'

describe('createAuth', () => {
  it.each([
    [{ publicURL: 'x' }, /no option publicURL/],
    [{ publicUrl: 'auth.example.com' }, /publicUrl/],
    [{ publicUrl: undefined }, /publicUrl/],
    [{ publicUrl: 'https://a.example/?q=1' }, /publicUrl/],
    [{ publicUrl: 'ftp://a.example' }, /publicUrl/],
    [{ apps: [] }, /No app/],
    [{ apps: undefined }, /No app/],
    [{ apps: [app, app] }, /configured twice/],
    [{ apps: [null] }, /apps\[0\]/],
    [{ apps: [{ ...app, app_id: 'wx 1' }] }, /apps\[0\]\.app_id/],
    [{ apps: [app, { ...app, app_id: 'other', secret: '' }] }, /apps\[1\]\.secret/],
    [{ apps: [{ ...app, kind: 'miniprogram' }] }, /apps\[0\]\.kind.*"mini_program"/],
    [{ apps: [{ ...app, registration: 'fone' }] }, /apps\[0\]\.registration.*"phone"/],
    [{ apps: [{ ...app, registraton: 'phone' }] }, /apps\[0\]\.registraton is not an option/],
    [{ apps: [{ ...app, session: { idle_seconds: 1 } }] }, /session\.idle_seconds/],
    [{ apps: [{ ...app, session: { refresh_grace_seconds: 301 } }] }, /refresh_grace_seconds/],
    [{ apps: [{ ...app, session: { max_sessions: 0 } }] }, /max_sessions/],
    [{ apps: [{ ...app, push: {} }] }, /apps\[0\]\.push\.token/],
    [{ apps: [{ ...app, push: { token: 'ab' } }] }, /apps\[0\]\.push\.token/],
    [{ apps: [{ ...app, push: { token: secret(`${canary}!`) } }] }, /apps\[0\]\.push\.token/],
    [
      { apps: [{ ...app, push: { token: 'abc', encoding_aes_key: canary } }] },
      /apps\[0\]\.push\.encoding_aes_key/,
    ],
    [{ apps: [{ ...app, push: { token: 'abc', key: canary } }] }, /push\.key is not an option/],
    [{ accessTokenSeconds: 3601 }, /accessTokenSeconds/],
    [{ accessTokenSeconds: 90.5 }, /accessTokenSeconds/],
    [{ maxRequests: 0 }, /maxRequests/],
    [{ maxRequests: '100' }, /maxRequests/],
    [{ signingKeys: 90 }, /signingKeys has to be a group of options/],
    [{ signingKeys: { rotatedays: 90 } }, /signingKeys has no option rotatedays\. It takes/],
    [{ signingKeys: { rotateDays: 0.5 } }, /signingKeys\.rotateDays/],
    [{ signingKeys: { rotateDays: 3651 } }, /signingKeys\.rotateDays/],
    [{ signingKeys: { publishSeconds: 679 } }, /signingKeys\.publishSeconds .* 680 to 2592000/],
    [{ signingKeys: { publishSeconds: 2_592_001 } }, /signingKeys\.publishSeconds/],
    [{ signingKeys: { overlapSeconds: 979 } }, /overlapSeconds .* 980 .* lower accessTokenSeconds/],
    [
      { accessTokenSeconds: 3600, signingKeys: { overlapSeconds: 3679 } },
      /overlapSeconds .* from 3680 .* live for 3600 s/,
    ],
    [
      { signingKeys: { rotateDays: 1, publishSeconds: 86_400 } },
      /rotateDays is 1, .*publishSeconds is over\. Make rotateDays 2 at least/,
    ],
    [
      { signingKeys: { rotateDays: 7, overlapSeconds: 2_592_000 } },
      /rotateDays is 7, .*overlapSeconds is over\. Make rotateDays 31 at least/,
    ],
    [{ trustedProxies: '10.0.0.0/8' }, /trustedProxies has to be a list/],
    [{ trustedProxies: [10] }, /trustedProxies has to be a list/],
    [{ trustedProxies: ['10.0.0.0/8', '10.0.0.0/33'] }, /trustedProxies .* has "10\.0\.0\.0\/33"/],
    [{ trustedProxies: ['0.0.0.0/0'] }, /trustedProxies .* has "0\.0\.0\.0\/0"/],
    [{ publicUrl: 'https://a.example/v1/auth' }, /publicUrl must not .*\/v1/],
    [{ web: { origin: [] } }, /web\.origin is not an option\. It takes origins/],
    [{ web: { origins: 'https://shop.example' } }, /web\.origins has to be a list/],
    [{ web: { origins: ['https://shop.example/'] } }, /web\.origins\[0\] has to be an origin/],
    [{ web: { origins: ['https://*.shop.example'] } }, /web\.origins\[0\]/],
    [{ web: { origins: ['https://shop.example:443'] } }, /web\.origins\[0\]/],
    [{ web: { origins: ['null'] } }, /web\.origins\[0\]/],
    [{ web: { origins: [otherScheme] } }, /publicUrl begins with/],
    [{ web: { openUrl: 'open.weixin.qq.com' } }, /web\.openUrl has to be an origin/],
    [{ web: { locate: 'Beijing' } }, /web\.locate has to be a function/],
    [{ apps: [{ ...app, scan: { page: '/pages/a' } }] }, /apps\[0\]\.scan\.page/],
    [{ apps: [{ ...app, scan: { page: 'pages/a?x=1' } }] }, /apps\[0\]\.scan\.page/],
    [{ apps: [{ ...app, kind: 'website', scan: { page: 'a' } }] }, /scan is for a mini program/],
    [{ apps: [{ ...app, scope: 'snsapi_login' }] }, /apps\[0\]\.scope/],
    [{ otp: 5 }, /otp has to be a group of options/],
    [{ otp: { per_phone_hour: 9 } }, /otp\.per_phone_hour is not an option/],
    [{ otp: { budget_per_hour: 0 } }, /otp\.budget_per_hour .* from 1 to 1000000/],
    [{ otp: { budget_per_hour: 1_000_001 } }, /otp\.budget_per_hour .* from 1 to 1000000/],
    [{ otp: { per_address_hour: 1.5 } }, /otp\.per_address_hour .* from 1 to 10000/],
    [{ otp: { per_address_day: '60' } }, /otp\.per_address_day .* from 1 to 100000/],
    [{ otp: { per_app_hour: null } }, /otp\.per_app_hour .* from 1 to 1000000/],
    [{ captcha: 'yes' }, /captcha has to be a function/],
    [{ secret: undefined }, /KAIMEN_SECRET is missing/],
    [{ secret: 'short' }, /too short/],
    [{ wechat: { baseUrl: 'http://api.example.com' } }, /wechat\.baseUrl/],
    [{ wechat: { timeout: 1 } }, /wechat\.timeout/],
  ])('refuses %j by name', (change, message) => {
    const said = refusal(change)
    expect(said).toMatch(message)
    expect(said).not.toContain(canary)
    expect(said).not.toContain(testSecret)
  })

  it('takes what is right', async () => {
    const auth = createAuth(options)
    const { status } = await auth.handler(new Request('https://auth.example.com/readyz'))
    expect(status).toBe(200)
    await auth.close()
  })
})

describe('the database file', () => {
  it('is readable by its owner alone', async () => {
    const world = await openWorld({ storeKind: 'sqlite' })
    try {
      await world.signIn()
      for (const file of [world.path, `${world.path}-wal`, `${world.path}-shm`]) {
        expect((await stat(file ?? '')).mode & 0o777).toBe(0o600)
      }
    } finally {
      await world.close()
    }
  })
})
