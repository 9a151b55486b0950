import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { startServerApi } from '../server-api.ts'
import type { ServerApi } from '../server-api.ts'
import { miniProgram, serviceAccount } from '../start-emulator.ts'
import { textLike } from '../text.ts'

const business = [
  ['POST', '/wxa/business/getuserphonenumber'],
  ['POST', '/wxa/business/checkencryptedmsg'],
  ['any', '/wxa/business/getuserencryptkey'],
] as const

const miniProgramsOnly = [
  ...business,
  ['GET', '/wxa/checksession'],
  ['GET', '/wxa/resetusersessionkey'],
  ['POST', '/wxa/getpluginopenpid'],
  ['GET', '/wxa/getpaidunionid'],
  ['POST', '/wxa/getopendata'],
] as const

const all = [
  ...miniProgramsOnly,
  ['POST', '/cgi-bin/clear_quota'],
  ['POST', '/cgi-bin/openapi/quota/get'],
  ['POST', '/cgi-bin/openapi/quota/clear'],
  ['POST', '/cgi-bin/openapi/rid/get'],
] as const

const bodiesOf = { GET: undefined, any: undefined, POST: '{}' } as const

function ask(api: ServerApi, method: 'GET' | 'POST' | 'any', path: string, token?: string) {
  const body = bodiesOf[method]
  const init = method === 'POST' && body !== undefined ? { method, body } : {}
  return api.send(path, token === undefined ? {} : { access_token: token }, init)
}

describe.each(all)('%s %s', (method, path) => {
  test('answers 41001, 40014, 40001 and 42001 to a token that is missing, unknown, replaced and expired', async () => {
    const api = await startServerApi()
    expect(await ask(api, method, path)).toMatchObject({
      errcode: 41001,
      errmsg: textLike(/^access_token missing /),
    })
    for (const strange of ['x', `105_${'A'.repeat(132)}`, miniProgram.secret]) {
      expect(await ask(api, method, path, strange)).toMatchObject({ errcode: 40014 })
    }
    const old = await api.tokenText()
    const latest = await api.tokenText()
    await api.advance(300)
    expect(await ask(api, method, path, old)).toMatchObject({ errcode: 40001 })
    await api.advance(6900)
    expect(await ask(api, method, path, latest)).toMatchObject({
      errcode: 42001,
      errmsg: textLike(/^access_token expired /),
    })
  })

  test('takes a token of either family and goes on to what is asked', async () => {
    const api = await startServerApi()
    const stable = String((await api.stableToken()).access_token)
    for (const token of [await api.tokenText(), stable]) {
      const { errcode } = await ask(api, method, path, token)
      expect([40001, 40014, 41001, 42001, 43001, 43002, 48001]).not.toContain(errcode)
    }
  })
})

test.each(all.filter(([method]) => method === 'POST'))(
  '%s %s answers 43002 to a GET, and an errcode to no body, a form and half a body',
  async (_, path) => {
    const api = await startServerApi()
    const query = { access_token: await api.tokenText() }
    expect(await api.get(path, query)).toMatchObject({ errcode: 43002 })
    const isPlugin = path === '/wxa/getpluginopenpid'
    expect(await api.send(path, query, { method: 'POST' })).toMatchObject({
      errcode: isPlugin ? 1022 : 44002,
    })
    for (const body of [new URLSearchParams({ code: 'x' }), '{"code":', '"x"', 'null', '[]']) {
      expect(await api.send(path, query, { method: 'POST', body })).toMatchObject({
        errcode: isPlugin ? 1022 : 47001,
      })
    }
  },
)

test.each(all.filter(([method]) => method === 'GET'))(
  '%s %s answers 43001 to a POST',
  async (_, path) => {
    const api = await startServerApi()
    const query = { access_token: await api.tokenText() }
    expect(await api.postJson(path, query, {})).toMatchObject({ errcode: 43001 })
  },
)

test.each(miniProgramsOnly)(
  '%s %s answers the token of a service account with 48001',
  async (method, path) => {
    const api = await startServerApi()
    const token = await api.tokenText(serviceAccount)
    expect(await ask(api, method, path, token)).toMatchObject({ errcode: 48001 })
  },
)

test.each(business)('%s %s names the request by a hint and a rid', async (method, path) => {
  const api = await startServerApi()
  expect(await ask(api, method, path)).toMatchObject({
    errmsg: textLike(
      /^access_token missing hint: \[[\w-]+\] rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/,
    ),
  })
})

test.each(all.filter(([method]) => method === 'POST'))(
  '%s %s answers whatever is POSTed with status 200 and an errcode',
  async (_, path) => {
    const api = await startServerApi()
    const url = `${api.url}${path}?access_token=${await api.tokenText()}`
    const names = [
      'code',
      'openid',
      'appid',
      'cgi_path',
      'rid',
      'encrypted_msg_hash',
      'cloudid_list',
    ]
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .dictionary(fc.constantFrom(...names, '__proto__'), fc.jsonValue())
        .map((each) => JSON.stringify(each)),
    )
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const response = await fetch(url, { method: 'POST', body: text })
        expect(response.status).toBe(200)
        expect(await response.text()).toMatch(/"errcode":\d+,/)
      }),
      { numRuns: 50 },
    )
  },
)

test('the list of calls masks tokens, codes, hashes and signatures, and names the app of the token', async () => {
  const api = await startServerApi()
  const token = await api.tokenText()
  const secrets = [token, 'f'.repeat(60) + '0001', 'signature-that-is-secret']
  await api.postJson(
    '/wxa/business/getuserphonenumber',
    { access_token: token },
    { code: secrets[1] },
  )
  await api.get('/wxa/checksession', { access_token: token, signature: String(secrets[2]) })
  await api.stableToken()
  const calls = await api.calls()
  expect(calls.map((call) => call.appid)).toEqual(Array(4).fill(miniProgram.appid))
  const text = JSON.stringify(calls)
  for (const secret of [...secrets, miniProgram.secret]) expect(text).not.toContain(secret)
  expect(text).toContain('****0001')
})
