import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { texts } from '../texts.ts'
import {
  miniProgram,
  openShopWorld,
  serviceAccount,
  website,
  type ShopWorld,
} from './support/shop-world.ts'

let world: ShopWorld
beforeAll(async () => {
  world = await openShopWorld()
})
afterAll(() => world.close())

/** As the mini program would, whose token the shop takes too. */
async function signIn(person: string): Promise<{ access_token: string; refresh_token: string }> {
  const { servers } = world
  const { code } = await servers.control('POST', '/emulator/wx/login', {
    appid: miniProgram.appid,
    person,
  })
  const reply = await fetch(`${servers.url}/v1/sign-in/wechat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ app_id: miniProgram.appid, code }),
  })
  return (await reply.json()) as Awaited<ReturnType<typeof signIn>>
}

async function orders(token: string | undefined, tea?: unknown) {
  const reply = await fetch(`${world.url}/api/orders`, {
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(tea !== undefined && { method: 'POST', body: JSON.stringify({ tea }) }),
  })
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> }
}

describe('the shop’s back end', () => {
  it('keeps the orders of each person apart', async () => {
    const [one, other] = [await signIn('li-hua'), await signIn('wang-fang')]
    expect(await orders(one.access_token, 'puer')).toMatchObject({ status: 201 })
    expect(await orders(one.access_token, 'longjing')).toMatchObject({ status: 201 })
    expect((await orders(one.access_token)).body['orders']).toMatchObject([
      { id: 2, tea: 'longjing' },
      { id: 1, tea: 'puer' },
    ])
    expect(await orders(other.access_token)).toMatchObject({ status: 200, body: { orders: [] } })
  })

  it('takes no order without a token, with one that was altered, or of one who signed out', async () => {
    expect(await orders(undefined)).toMatchObject({ status: 401, body: { code: 'token_invalid' } })
    const { access_token, refresh_token } = await signIn('chen-mei')
    const altered = access_token.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))
    expect(await orders(altered, 'puer')).toMatchObject({ body: { code: 'token_invalid' } })
    await fetch(`${world.servers.url}/v1/revoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: refresh_token }),
    })
    await expect
      .poll(async () => (await orders(access_token, 'puer')).body['code'], { timeout: 5000 })
      .toBe('session_ended')
  })

  it('takes orders only for teas that there are', async () => {
    const { access_token } = await signIn('li-hua')
    for (const tea of ['coffee', null, { id: 'puer' }])
      expect(await orders(access_token, tea)).toMatchObject({ status: 400 })
  })
})

describe('the page', () => {
  const get = (path: string, language = '') =>
    fetch(world.url + path, { headers: { 'accept-language': language } })

  it.each([
    ['/', 'zh-CN,zh;q=0.9', 'zh-CN'],
    ['/', 'en-GB,en;q=0.9,zh;q=0.5', 'en'],
    ['/', 'fr', 'zh-CN'],
    ['/?lang=en', 'zh-CN', 'en'],
    ['/?lang=zh-CN', 'en', 'zh-CN'],
  ] as const)('%s is shown to a browser that wants %s in %s', async (path, wish, language) => {
    const html = await (await get(path, wish)).text()
    expect(html).toMatch(new RegExp(`<html\\s+lang="${language}"`))
    expect(html).toContain(`<title>${texts[language].title}</title>`)
    expect(html).not.toMatch(/\{\{|\}\}|undefined/)
  })

  it('runs and loads nothing but its own and Kaimen’s, and stands in no frame', async () => {
    const { headers } = await get('/')
    const policy = headers.get('content-security-policy') ?? ''
    const { url: kaimen, wechatUrl: wechat } = world.servers
    expect(Object.fromEntries(policy.split('; ').map((part) => part.split(/ (.*)/)))).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'connect-src': `'self' ${kaimen}`,
      'img-src': `'self' ${kaimen}`,
      'frame-src': `${kaimen} ${wechat}`,
      'form-action': "'none'",
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
    })
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('is started with the apps of the emulator’s first world', async () => {
    const start = await readFile(join(import.meta.dirname, '../start.ts'), 'utf8')
    for (const { appid } of [miniProgram, serviceAccount, website]) expect(start).toContain(appid)
  })

  it('[WX-2] holds no secret, nor does its script', async () => {
    const [html, script] = await Promise.all(
      ['/', '/shop.js'].map(async (path) => (await get(path)).text()),
    )
    for (const text of [html, script]) expect(text).not.toMatch(/secret|session_key/i)
  })
})
