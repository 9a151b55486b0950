import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  liHua,
  miniProgram,
  otherMiniProgram,
  serviceAccount,
  wangFang,
  website,
} from '../start-emulator.ts'
import { textWith } from '../text.ts'
import { authorizeUrl, callback, qrconnectUrl, startWebOauth } from '../web-oauth.ts'

const open = 'https://open.weixin.qq.com'

/** Opens a page as a browser does, which keeps the fragment and follows nothing here. */
function browse(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { redirect: 'manual', ...init })
}

/** Sends a page's form. */
function submit(url: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  return browse(url, { method: 'POST', body: new URLSearchParams(fields), headers })
}

/** What a person could do on a page: its inputs and buttons by name, in the order of the Tab key. */
function controlsOf(html: string): string[] {
  const fields = html.matchAll(/<(?:input|button)[^>]*?name="(\w+)"[^>]*?value="([^"]*)"/g)
  return [...fields].map(([, name, value]) => `${name}=${value}`)
}

const wrong: [string, number, Record<string, string>][] = [
  ['no appid', 10012, { appid: '' }],
  ['no redirect_uri', 10011, { redirect_uri: '' }],
  ['no scope', 10010, { scope: '' }],
  ['an appid that there is not', 40013, { appid: 'wx00000000000000ff' }],
  ['a scope of another page', 10005, { scope: 'snsapi_login' }],
  ['a scope that there is not', 10005, { scope: 'snsapi_all' }],
  ['a mini program', 10016, { appid: miniProgram.appid }],
  ['a website', 10016, { appid: website.appid }],
  ['a redirect_uri on another host', 10003, { redirect_uri: 'http://example.com/' }],
  ['a redirect_uri on a sub-domain', 10003, { redirect_uri: 'http://app.localhost/' }],
  [
    'a redirect_uri that runs a script',
    10003,
    { redirect_uri: 'javascript://localhost/%0Aalert(1)' },
  ],
  ['a redirect_uri of another protocol', 10003, { redirect_uri: 'ftp://localhost/' }],
  ['a redirect_uri that is no URL', 10003, { redirect_uri: '/callback' }],
  ['a redirect_uri with a user name', 10003, { redirect_uri: 'http://127.0.0.1@example.com/' }],
]

test.each(wrong)(
  'an authorize URL with %s is answered with error page %d',
  async (_, errcode, change) => {
    const emulator = await startWebOauth()
    const response = await browse(authorizeUrl(emulator.url, change), {
      headers: { 'accept-language': 'en-GB,en;q=0.9' },
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('location')).toBe(null)
    const page = await response.text()
    expect(page).toContain(`Error code: ${errcode}`)
    expect(controlsOf(page)).toEqual([])
    const { status, body } = await emulator.decide(authorizeUrl(open, change))
    expect([status, body.error]).toMatchObject([400, { code: `wechat_error_page_${errcode}` }])
  },
)

test.each([10004, 10005, 10009, 10015])(
  'the switch authorize_errcode shows error page %d',
  async (errcode) => {
    const emulator = await startWebOauth()
    await emulator.account({ authorize_errcode: errcode })
    const page = await (await browse(authorizeUrl(emulator.url))).text()
    expect(page).toContain(`错误码: ${errcode}`)
  },
)

test('authorize_errcode 10006 lets followers through, and no others', async () => {
  const emulator = await startWebOauth()
  await emulator.account({ authorize_errcode: 10006 })
  const form = { person: liHua.id, decision: 'allow' }
  expect(await (await submit(authorizeUrl(emulator.url), form)).text()).toContain('10006')
  await emulator.post('follow', { appid: serviceAccount.appid, person: liHua.id, follow: true })
  expect((await submit(authorizeUrl(emulator.url), form)).status).toBe(302)
})

test('state may be left out, unless the switch state_required asks for it with 10013', async () => {
  const emulator = await startWebOauth()
  const { body } = await emulator.decide(authorizeUrl(open, { state: '' }))
  expect(body.location).toMatch(/\?code=\w{32}&state=$/)
  await emulator.account({ state_required: true })
  expect((await emulator.decide(authorizeUrl(open, { state: '' }))).body.error).toMatchObject({
    code: 'wechat_error_page_10013',
  })
})

test('state has 128 bytes at most, of letters and digits alone while authorize_url_strict', async () => {
  const emulator = await startWebOauth()
  const statusOf = async (state: string) =>
    (await emulator.decide(authorizeUrl(open, { state }))).status
  expect(await statusOf('a'.repeat(128))).toBe(200)
  expect(await statusOf('a'.repeat(129))).toBe(400)
  expect(await statusOf('a-b_c')).toBe(400)
  await emulator.account({ authorize_url_strict: false })
  expect(await statusOf('a-b_c')).toBe(200)
  expect(await statusOf('字'.repeat(43))).toBe(400)
})

test('the order of the parameters counts, and #wechat_redirect, while authorize_url_strict', async () => {
  const emulator = await startWebOauth()
  const right = authorizeUrl(open)
  const [address = '', search = ''] = right.replace('#wechat_redirect', '').split('?')
  const shuffled = `${address}?${search.split('&').toReversed().join('&')}#wechat_redirect`
  const urls = {
    shuffled,
    twice: right.replace('&scope', '&appid=x&scope'),
    'no fragment': right.replace('#wechat_redirect', ''),
    'other names between': right.replace('&scope', '&connect_redirect=1&scope'),
    'names of WeChat’s at the end': right.replace('#', '&forcePopup=true#'),
  }
  const seen = async () =>
    Promise.all(Object.values(urls).map(async (url) => (await emulator.decide(url)).status))
  expect(await seen()).toEqual([400, 400, 400, 200, 200])
  const page = await browse(shuffled.replace(open, emulator.url))
  expect(await page.text()).toContain('appid、redirect_uri、response_type、scope、state')
  await emulator.account({ authorize_url_strict: false })
  expect(await seen()).toEqual([200, 200, 200, 200, 200])
})

test('response_type is code', async () => {
  const emulator = await startWebOauth()
  const { body } = await emulator.decide(authorizeUrl(open, { response_type: 'token' }))
  expect(body.error).toMatchObject({ message: textWith('response_type has to be code') })
})

test('redirect_domain is the whole host, at any port unless it names one', async () => {
  const emulator = await startWebOauth()
  const statusOf = async (redirect_uri: string) =>
    (await emulator.decide(authorizeUrl(open, { redirect_uri }))).status
  const seen = async () =>
    Promise.all(
      [
        'https://shop.example.com/a?b=c',
        'http://shop.example.com:8080/',
        'https://SHOP.example.com/',
        'https://www.shop.example.com/',
        'https://shop.example.com.evil.example/',
        'http://127.0.0.1:4100/',
      ].map(statusOf),
    )
  expect(await seen()).toEqual([400, 400, 400, 400, 400, 200])
  await emulator.account({ redirect_domain: 'shop.example.com' })
  expect(await seen()).toEqual([200, 200, 200, 400, 400, 400])
  await emulator.account({ redirect_domain: 'shop.example.com:8080' })
  expect(await seen()).toEqual([400, 200, 400, 400, 400, 400])
})

test.each([
  ['http://localhost:3000/cb', 'http://localhost:3000/cb?code=CODE&state=s1'],
  ['http://127.0.0.1/cb?to=%2Fhome', 'http://127.0.0.1/cb?to=%2Fhome&code=CODE&state=s1'],
  ['http://[::1]:8/#/login', 'http://[::1]:8/?code=CODE&state=s1#/login'],
  [
    'http://localhost/路?a=\r\nset-cookie: x',
    'http://localhost/%E8%B7%AF?a=%0D%0Aset-cookie:%20x&code=CODE&state=s1',
  ],
])('who allows is sent to %j with code and state', async (redirect_uri, location) => {
  const emulator = await startWebOauth()
  const change = { redirect_uri, state: 's1' }
  const { body } = await emulator.decide(authorizeUrl(open, change))
  expect(String(body.location).replace(/code=\w{32}/, 'code=CODE')).toBe(location)
  const form = { person: liHua.id, decision: 'allow' }
  const response = await submit(authorizeUrl(emulator.url, change), form)
  expect(response.status).toBe(302)
  expect(response.headers.get('location')?.replace(/code=\w{32}/, 'code=CODE')).toBe(location)
})

test('the page asks who somebody is and whether they allow, by a form without a script', async () => {
  const emulator = await startWebOauth()
  await emulator.post('people', { nickname: '<script>"x"</script>' })
  const response = await browse(authorizeUrl(emulator.url))
  const page = await response.text()
  expect(controlsOf(page)).toEqual([
    'person=li-hua',
    'person=wang-fang',
    'person=chen-mei',
    'person=person-4',
    'decision=allow',
    'decision=refuse',
  ])
  expect(page).toContain('<html lang="zh-CN">')
  expect(page).toMatch(/<button name="decision" value="allow">同意<\/button>/)
  expect(page).toContain('&#60;script&#62;&#34;x&#34;')
  expect(page).not.toMatch(/<script|https?:\/\/(?!127\.0\.0\.1)|style="|onclick/)
})

test('the pages load nothing from elsewhere, by a policy that names their only style', async () => {
  const emulator = await startWebOauth()
  const response = await browse(authorizeUrl(emulator.url))
  const style = /<style>([\s\S]*?)<\/style>/.exec(await response.text())?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  expect(response.headers.get('content-security-policy')).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; img-src 'self' data:; form-action 'self' http: https:; base-uri 'none'; frame-ancestors 'none'`,
  )
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('referrer-policy')).toBe('no-referrer')
  const framed = await browse(qrconnectUrl(emulator.url))
  expect(framed.headers.get('content-security-policy')).not.toContain('frame-ancestors')
})

test('the pages speak English to a browser that prefers it, and by lang=en to any', async () => {
  const emulator = await startWebOauth()
  const headers = { 'accept-language': 'en-US,zh;q=0.5' }
  const english = await (await browse(authorizeUrl(emulator.url), { headers })).text()
  expect(english).toContain('<html lang="en">')
  expect(english).toContain('>Allow</button>')
  const chosen = await (await browse(qrconnectUrl(emulator.url, { lang: 'en' }))).text()
  expect(chosen).toContain('WeChat login')
  const chinese = await (
    await browse(qrconnectUrl(emulator.url, { lang: 'cn' }), { headers })
  ).text()
  expect(chinese).toContain('微信登录')
})

test('snsapi_base asks a browser once who it is, and is silent from then on', async () => {
  const emulator = await startWebOauth()
  const url = authorizeUrl(emulator.url, { scope: 'snsapi_base' })
  expect(controlsOf(await (await browse(url)).text())).not.toContain('decision=refuse')
  const first = await submit(url, { person: wangFang.id, decision: 'allow' })
  const cookie = first.headers.get('set-cookie') ?? ''
  expect(cookie).toMatch(/; Path=\/connect; HttpOnly; SameSite=Lax$/)
  const silent = await browse(url, { headers: { cookie: cookie.split(';')[0] ?? '' } })
  expect(silent.status).toBe(302)
  const code = new URL(silent.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const { openid } = await emulator.exchange(code)
  expect(openid).toBe((await emulator.exchange(await emulator.authorize({}, wangFang.id))).openid)
  const again = await browse(authorizeUrl(emulator.url), { headers: { cookie } })
  expect(await again.text()).toMatch(/value="wang-fang"\s+required checked/)
})

test('a form that names nobody, or a stranger, is shown again', async () => {
  const emulator = await startWebOauth()
  for (const person of ['', 'stranger', '__proto__']) {
    const response = await submit(authorizeUrl(emulator.url), { person, decision: 'allow' })
    expect([response.status, controlsOf(await response.text()).length]).toEqual([200, 5])
  }
})

test('who refuses is sent back with state and no code, or stays by deny_without_redirect', async () => {
  const emulator = await startWebOauth()
  for (const [app, url] of [
    [serviceAccount, authorizeUrl(open)],
    [website, qrconnectUrl(open)],
  ] as const) {
    const { body } = await emulator.decide(url, 'refuse')
    expect(body).toEqual({ location: `${callback}?state=abc123` })
    await emulator.switch({ deny_without_redirect: true }, app.appid)
    expect((await emulator.decide(url, 'refuse')).body).toEqual({ location: null })
    const form = { person: liHua.id, decision: 'refuse' }
    const page = await submit(url.replace(open, emulator.url), form)
    expect([page.status, await page.text()]).toEqual([200, textWith('你已拒绝')])
  }
})

test('snsapi_base cannot be refused, since it asks nobody', async () => {
  const emulator = await startWebOauth()
  const { status, body } = await emulator.decide(
    authorizeUrl(open, { scope: 'snsapi_base' }),
    'refuse',
  )
  expect([status, body.error]).toMatchObject([400, { fix: textWith('asks nobody') }])
})

test('redirect_double_hit sends the browser to the same place twice', async () => {
  const emulator = await startWebOauth()
  await emulator.account({ redirect_double_hit: true })
  const { body } = await emulator.decide(authorizeUrl(open))
  expect(body.locations).toEqual([body.location, body.location])
  const code = new URL(String(body.location)).searchParams.get('code') ?? ''
  expect(await emulator.exchange(code)).toHaveProperty('openid')
  expect(await emulator.exchange(code)).toHaveProperty('errcode', 40163)

  const response = await submit(authorizeUrl(emulator.url), { person: liHua.id, decision: 'allow' })
  expect(response.headers.get('content-security-policy')).toContain(
    "img-src 'self' data: http://127.0.0.1:4100;",
  )
  const page = await response.text()
  const image = /<img src="([^"]*)" alt="" hidden/.exec(page)?.[1]
  expect(image).toMatch(/callback\?code=\w{32}&#38;state=abc123$/)
  expect(page).toContain(`content="1; url=${image}"`)
})

test('qrconnect shows the code to scan and takes a website and snsapi_login alone', async () => {
  const emulator = await startWebOauth()
  const page = await (await browse(qrconnectUrl(emulator.url))).text()
  expect(page).toMatch(/<img class="qr" src="data:image\/svg\+xml;base64,/)
  const shown = async (change: Record<string, string>) =>
    (await emulator.decide(qrconnectUrl(open, change))).body.error
  expect(await shown({ scope: 'snsapi_userinfo' })).toMatchObject({
    code: 'wechat_error_page_10005',
  })
  expect(await shown({ appid: serviceAccount.appid })).toMatchObject({
    code: 'wechat_error_page_10016',
  })
  expect(await shown({ appid: otherMiniProgram.appid })).toMatchObject({
    code: 'wechat_error_page_10016',
  })
})

test('qrconnect takes its parameters in any order, without the fragment and with any state', async () => {
  const emulator = await startWebOauth()
  const url = qrconnectUrl(open, { state: 'a-b_c.d' }).replace('#wechat_redirect', '')
  const [address = '', search = ''] = url.split('?')
  const shuffled = `${address}?${search.split('&').toReversed().join('&')}`
  expect((await emulator.decide(shuffled)).body.location).toMatch(/&state=a-b_c\.d$/)
})

test.each([
  ['url', { url: 'no url' }, 400, 'field_invalid'],
  ['url of another page', { url: `${open}/connect/other` }, 400, 'field_invalid'],
  ['decision', { decision: 'perhaps' }, 400, 'field_invalid'],
  ['person', { person: 'stranger' }, 404, 'person_unknown'],
])('POST /emulator/authorize refuses a wrong %s', async (_, change, status, code) => {
  const emulator = await startWebOauth()
  const asked = { url: authorizeUrl(open), person: liHua.id, decision: 'allow', ...change }
  const reply = await emulator.control('POST', 'authorize', asked)
  expect([reply.status, reply.body.error]).toMatchObject([status, { code }])
})

test('pages fail by faults as every other path, an errcode with the error page', async () => {
  const emulator = await startWebOauth()
  const path = '/connect/oauth2/authorize'
  await emulator.post('faults', {
    path,
    fault: 'errcode',
    errcode: 10009,
    errmsg: 'slow down',
    times: 1,
  })
  const page = await (await browse(authorizeUrl(emulator.url))).text()
  expect(page).toContain('slow down')
  expect(page).toContain('10009')
  await emulator.post('faults', { path, fault: 'status', status: 502, times: 1 })
  expect((await browse(authorizeUrl(emulator.url))).status).toBe(502)
})
