import { describe, expect, test } from 'vitest'
import { startServerApi } from '../server-api.ts'
import type { ServerApi } from '../server-api.ts'
import { miniProgram, otherMiniProgram, serviceAccount, startMs } from '../start-emulator.ts'
import { textLike, textWith } from '../text.ts'

const { appid, secret: appsecret } = miniProgram

async function post(api: ServerApi, path: string, body: object, app = miniProgram) {
  const { access_token } = await api.stableToken(app)
  return api.postJson(path, { access_token: String(access_token) }, body)
}

const clear = (api: ServerApi) => post(api, '/cgi-bin/clear_quota', { appid })
const clearBySecret = (api: ServerApi) =>
  api.postJson('/cgi-bin/clear_quota/v2', {}, { appid, appsecret })

describe('clearing quotas', () => {
  test.each([
    ['/cgi-bin/clear_quota', clear],
    ['/cgi-bin/clear_quota/v2', clearBySecret],
  ])('by %s begins every count of the app anew, and of no other app', async (_, clearAll) => {
    const api = await startServerApi()
    for (const app of [miniProgram, otherMiniProgram]) {
      await api.switch({ quota: { token_per_day: 1, jscode2session_per_minute: 1 } }, app.appid)
      await api.token(app)
      await api.exchange(await api.login(app.appid), {}, app)
    }
    expect(await api.token()).toMatchObject({ errcode: 45009 })
    expect(await clearAll(api)).toEqual({ errcode: 0, errmsg: 'ok' })
    expect(await api.token()).toHaveProperty('access_token')
    expect(await api.exchange(await api.login())).toHaveProperty('openid')
    expect(await api.token(otherMiniProgram)).toMatchObject({ errcode: 45009 })
  })

  test('is done 10 times a month of China by all three ways together, then 48006', async () => {
    const api = await startServerApi()
    for (let time = 0; time < 3; time += 1) {
      expect(await clear(api)).toMatchObject({ errcode: 0 })
      expect(await clearBySecret(api)).toMatchObject({ errcode: 0 })
      const body = { cgi_path: '/cgi-bin/token' }
      expect(await post(api, '/cgi-bin/openapi/quota/clear', body)).toMatchObject({ errcode: 0 })
    }
    expect(await clear(api)).toMatchObject({ errcode: 0 })
    expect(await clear(api)).toMatchObject({ errcode: 48006 })
    expect(await clearBySecret(api)).toMatchObject({ errcode: 48006 })
    // From 20 November, 20:00 in China, to 1 December there.
    await api.advance(10 * 24 * 3600 + 4 * 3600 - 1)
    expect(await clearBySecret(api)).toMatchObject({ errcode: 48006 })
    await api.advance(1)
    expect(await clearBySecret(api)).toMatchObject({ errcode: 0 })
  })

  test('leaves the count of forced refreshes as it is', async () => {
    const api = await startServerApi()
    await api.switch({ quota: { force_refresh_per_day: 0 } })
    await clearBySecret(api)
    expect(await api.stableToken(miniProgram, { force_refresh: true })).toMatchObject({
      errcode: 45009,
    })
  })

  test('answers what is missing or wrong with the errcode of WeChat', async () => {
    const api = await startServerApi()
    const clearOf = (body: object) => post(api, '/cgi-bin/clear_quota', body)
    expect(await clearOf({})).toMatchObject({ errcode: 41002 })
    expect(await clearOf({ appid: otherMiniProgram.appid })).toMatchObject({ errcode: 40013 })
    const bySecret = (body: object) => api.postJson('/cgi-bin/clear_quota/v2', {}, body)
    expect(await bySecret({})).toMatchObject({ errcode: 41002 })
    expect(await bySecret({ appid })).toMatchObject({ errcode: 41004 })
    expect(await bySecret({ appid: 'wx', appsecret })).toMatchObject({ errcode: 40013 })
    expect(await bySecret({ appid, appsecret: 'x' })).toMatchObject({ errcode: 40125 })
    expect(await api.get('/cgi-bin/clear_quota/v2')).toMatchObject({ errcode: 43002 })
  })
})

describe('one API', () => {
  const get = (api: ServerApi, cgi_path: unknown, app = miniProgram) =>
    post(api, '/cgi-bin/openapi/quota/get', { cgi_path }, app)

  test('has its quota of the day and its limit of the minute in /cgi-bin/openapi/quota/get', async () => {
    const api = await startServerApi()
    await api.token()
    expect(await get(api, '/cgi-bin/token')).toEqual({
      errcode: 0,
      errmsg: 'ok',
      quota: { daily_limit: 2000, used: 1, remain: 1999 },
    })
    expect(await get(api, '/cgi-bin/stable_token')).toEqual({
      errcode: 0,
      errmsg: 'ok',
      quota: { daily_limit: 500_000, used: 2, remain: 499_998 },
      rate_limit: { call_count: 10_000, refresh_second: 60 },
    })
    expect(await get(api, '/wxa/resetusersessionkey')).toMatchObject({
      quota: { daily_limit: 0, used: 0, remain: 0 },
      rate_limit: { call_count: 60_000, refresh_second: 60 },
    })
  })

  test('begins its count anew by /cgi-bin/openapi/quota/clear, and no other does', async () => {
    const api = await startServerApi()
    await api.switch({ quota: { token_per_day: 1, jscode2session_per_minute: 0 } })
    await api.token()
    const cleared = await post(api, '/cgi-bin/openapi/quota/clear', { cgi_path: '/cgi-bin/token' })
    expect(cleared).toEqual({ errcode: 0, errmsg: 'ok' })
    expect(await api.token()).toHaveProperty('access_token')
    expect(await get(api, '/cgi-bin/stable_token')).toMatchObject({ quota: { used: 2 } })
  })

  test.each(['/cgi-bin/openapi/quota/get', '/cgi-bin/openapi/quota/clear'])(
    'by %s answers 76021 to an unknown path and 76022 to one that is not for the account',
    async (path) => {
      const api = await startServerApi()
      for (const cgi_path of [undefined, '', 'cgi-bin/token', '/nothing', 1]) {
        expect(await post(api, path, { cgi_path })).toMatchObject({ errcode: 76021 })
      }
      const wxa = { cgi_path: '/wxa/resetusersessionkey' }
      expect(await post(api, path, wxa, serviceAccount)).toMatchObject({ errcode: 76022 })
    },
  )
})

describe('/cgi-bin/openapi/rid/get', () => {
  const ask = (api: ServerApi, rid: unknown, app = miniProgram) =>
    post(api, '/cgi-bin/openapi/rid/get', { rid }, app)
  const ridOf = (errmsg: unknown) => String(errmsg).slice(-26)

  test('tells of the request behind the rid of any errmsg, without its secrets', async () => {
    const api = await startServerApi()
    const { access_token } = await api.stableToken()
    const query = { access_token: String(access_token) }
    const code = 'f'.repeat(64)
    const path = '/wxa/business/getuserphonenumber'
    const refused = await api.postJson(path, query, { code })
    await api.advance(7 * 24 * 3600 - 1)
    const reply = await ask(api, ridOf(refused.errmsg))
    expect(reply).toEqual({
      errcode: 0,
      errmsg: 'ok',
      request: {
        invoke_time: startMs / 1000,
        cost_in_ms: 0,
        request_url: textWith('access_token='),
        request_body: '{"code":"****ffff"}',
        response_body: JSON.stringify(refused),
        client_ip: '127.0.0.1',
      },
    })
    expect(JSON.stringify(reply)).not.toContain(query.access_token)
    for (const each of [
      await api.exchange('x'),
      await api.token({ ...miniProgram, secret: 'x' }),
    ]) {
      expect(await ask(api, ridOf(each.errmsg))).toMatchObject({ errcode: 0 })
    }
  })

  test('answers 76001 to a strange rid, 76002 to none, 76003 to that of another account, 76004 after 7 days', async () => {
    const api = await startServerApi()
    const rid = ridOf((await api.exchange('x')).errmsg)
    expect(await ask(api, '00000000-00000000-00000000')).toMatchObject({ errcode: 76001 })
    for (const none of [undefined, '', 'x', 1]) {
      expect(await ask(api, none)).toMatchObject({ errcode: 76002 })
    }
    expect(await ask(api, rid, otherMiniProgram)).toMatchObject({ errcode: 76003 })
    await api.advance(7 * 24 * 3600)
    expect(await ask(api, rid)).toMatchObject({ errcode: 76004, errmsg: textLike(/rid: /) })
  })
})

test.each([
  [{ quota: { unknown_per_day: 1 } }, 'token_per_day'],
  [{ quota: { token_per_day: -1 } }, 'token_per_day'],
  [{ access_token_ttl_seconds: 7201 }, 'a whole number from 1 to 7200'],
  [{ token_refused_errcode: 40013 }, 'null or one of 50004, 50007'],
  [{ ip_refused_errcode: 40013 }, '40164, 61004, 45035'],
  [{ wrong_secret_errcode: 40013 }, '40125, 40001'],
  [{ phone_denied: false }, 'true or a list of ids'],
  [{ phone_blocked: 'li-hua' }, 'true or a list of ids'],
  [{ phone_quota: -1 }, 'null or a whole number'],
  [{ country_code_type: 'text' }, '"string", "number"'],
  [{ open_data_json_type: 'text' }, '"string", "object"'],
  [{ phone_openid_mismatch_errcode: 0 }, '40029, 40003'],
  [{ personal_account: 1 }, 'true or false'],
  [{ real_profile: 'old' }, 'true or false'],
])('the switch %j is refused with the values that it takes', async (switches, wanted) => {
  const api = await startServerApi()
  const { status, body } = await api.control('PATCH', `apps/${appid}`, switches)
  expect([status, body.error]).toMatchObject([
    400,
    { code: 'field_invalid', fix: textWith(wanted) },
  ])
})

test('a switch that names people refuses those who do not exist', async () => {
  const api = await startServerApi()
  for (const name of ['phone_denied', 'phone_blocked']) {
    const { body } = await api.control('PATCH', `apps/${appid}`, { [name]: ['nobody'] })
    expect(body.error).toMatchObject({ code: 'person_unknown' })
  }
})

test('/emulator/sms answers no messages', async () => {
  const api = await startServerApi()
  expect((await api.control('GET', 'sms')).body).toEqual({ messages: [] })
})

test('reset forgets tokens, codes, data, payments, keys and rids', async () => {
  const api = await startServerApi()
  const token = await api.tokenText()
  await api.session()
  const { code, cloudID } = await api.wx('getPhoneNumber')
  await api.wx('pay', { transaction_id: '1' })
  await api.wx('getLatestUserKey')
  await api.switch({ phone_quota: 0, quota: { token_per_day: 0 } })
  await api.post('reset')

  expect(await api.tryToken(token)).toBe(40014)
  const query = { access_token: await api.tokenText() }
  const phone = await api.postJson('/wxa/business/getuserphonenumber', query, { code })
  expect(phone.errcode).toBe(40029)
  const data = await api.postJson('/wxa/getopendata', query, { cloudid_list: [cloudID] })
  expect(JSON.stringify(data)).toContain('-601006')
  expect(await api.wx('pay', { transaction_id: '1' })).toMatchObject({ transaction_id: '1' })
  expect(await api.wx('getLatestUserKey')).toMatchObject({ version: 1 })
  expect(await api.wx('getPhoneNumber')).toHaveProperty('code')
})
