import { describe, expect, test } from 'vitest'
import { WechatError } from '../../src/index.ts'
import { parseRid } from '../../src/errors/wechat-error.ts'

describe('rid', () => {
  test.each([
    ['invalid code, rid: 65f1a2b3-1c2d3e4f-5a6b7c8d', '65f1a2b3-1c2d3e4f-5a6b7c8d'],
    ['invalid credential rid: 65f1a2b3-1c2d3e4f-5a6b7c8d', '65f1a2b3-1c2d3e4f-5a6b7c8d'],
    [
      'data format error hint: [abCD] rid: 65f1a2b3-1c2d3e4f-5a6b7c8d',
      '65f1a2b3-1c2d3e4f-5a6b7c8d',
    ],
    ['invalid code, hints: [ req_id: dGbaWsO4_-x ]', 'dGbaWsO4_-x'],
    ['invalid code', undefined],
    ['grid: 1-2-3', undefined],
    ['', undefined],
  ])('of “%s” is %s', (errmsg, rid) => {
    expect(parseRid(errmsg)).toBe(rid)
  })
})

test('an errcode of the table says whose fault it is and what to do, in two languages', () => {
  const error = new WechatError('code2Session', 40163, 'code been used, rid: 1a-2b-3c')
  expect(error).toMatchObject({
    name: 'WechatError',
    errcode: 40163,
    endpoint: 'code2Session',
    fault: 'user',
    retryable: false,
    rid: '1a-2b-3c',
    meaning: { en: 'code already used', zh: 'code 已被使用' },
  })
  expect(error.message).toContain('40163')
  expect(error.message).toContain('Call wx.login again')
})

test('an errcode that is not in the table is still a WechatError, with a general entry', () => {
  const error = new WechatError('code2Session', 999_999, 'what is this')
  expect(error).toMatchObject({ errcode: 999_999, fault: 'wechat', retryable: false })
  expect(error.message).toContain('what is this')
})
