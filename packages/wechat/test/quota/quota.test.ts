import { expect, test } from 'vitest'
import {
  clearApiQuota,
  clearQuota,
  clearQuotaByAppSecret,
  code2Session,
  getApiQuota,
  getRidInfo,
  WechatError,
} from '../../src/index.ts'
import { everythingIn } from '../support/canary.ts'
import { catchError } from '../support/catch-error.ts'
import { bound, emulate } from '../support/emulate.ts'

test('the quota of an API is told and set back', async () => {
  const { wechat, token } = await emulate()
  const params = { access_token: await token(bound), cgi_path: '/wxa/getwxacodeunlimit' }
  const { quota } = await getApiQuota(wechat, params)
  expect(quota.daily_limit - quota.used).toBe(quota.remain)
  await expect(clearApiQuota(wechat, params)).resolves.toBeUndefined()
})

test('a path that is none is 76021', async () => {
  const { wechat, token } = await emulate()
  const params = { access_token: await token(bound), cgi_path: '/no/such/path' }
  expect((await catchError(WechatError, getApiQuota(wechat, params))).errcode).toBe(76021)
})

test('all quotas are set back ten times a month, by token and by AppSecret together', async () => {
  const { wechat, token } = await emulate()
  const access_token = await token(bound)
  const { appid, secret: appsecret } = bound
  for (let each = 0; each < 5; each += 1) {
    await clearQuota(wechat, { access_token, appid })
    await clearQuotaByAppSecret(wechat, { appid, appsecret })
  }
  const error = await catchError(WechatError, clearQuota(wechat, { access_token, appid }))
  expect(error.errcode).toBe(48006)
})

test('what became of a refused call is told by its rid, and nothing of it prints', async () => {
  const { wechat, token } = await emulate()
  const js_code = '0neverissued'
  const { rid = '' } = await catchError(WechatError, code2Session(wechat, { ...bound, js_code }))
  const info = await getRidInfo(wechat, { access_token: await token(bound), rid })
  expect(info.request_url.reveal()).toContain('grant_type=authorization_code')
  expect(info.response_body.reveal()).toContain('40029')
  expect(everythingIn(info)).not.toContain(js_code)
})

test('a rid of nothing is 76001', async () => {
  const { wechat, token } = await emulate()
  const params = { access_token: await token(bound), rid: '66aabbcc-0badbeef-0badbeef' }
  const error = await catchError(WechatError, getRidInfo(wechat, params))
  expect(error).toMatchObject({ errcode: 76001, fault: 'caller' })
})
