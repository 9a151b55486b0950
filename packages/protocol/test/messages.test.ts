import { safeParse } from 'valibot'
import { describe, expect, it } from 'vitest'
import { Problem, SignInReply, SignInWechatBody, TokenBody } from '@kaimen/protocol'

const accepts = (schema: Parameters<typeof safeParse>[0], value: unknown) =>
  safeParse(schema, value).success

describe('the bodies', () => {
  it('take a login code with or without an app and a device', () => {
    expect(accepts(SignInWechatBody, { code: 'c' })).toBe(true)
    expect(accepts(SignInWechatBody, { code: 'c', app_id: 'wx1', device: { model: 'M' } })).toBe(
      true,
    )
  })

  it.each([
    ['no code', {}],
    ['an empty code', { code: '' }],
    ['a code that is too long', { code: 'c'.repeat(129) }],
    ['a code that is not a text', { code: 1 }],
    ['an openid of the client’s own', { code: 'c', openid: 'o' }],
    ['a device with a field of its own', { code: 'c', device: { imei: '1' } }],
  ])('refuse a sign-in with %s', (_what, body) => {
    expect(accepts(SignInWechatBody, body)).toBe(false)
  })

  it('take no other grant than refresh_token', () => {
    expect(accepts(TokenBody, { grant_type: 'refresh_token', refresh_token: 'r' })).toBe(true)
    expect(accepts(TokenBody, { grant_type: 'password', refresh_token: 'r' })).toBe(false)
  })
})

describe('the replies', () => {
  it('tell a sign-in from a phone that is needed by `status`', () => {
    const phoneRequired = { status: 'phone_required', ticket: 't', expires_in: 600 }
    expect(accepts(SignInReply, phoneRequired)).toBe(true)
    expect(accepts(SignInReply, { ...phoneRequired, status: 'signed_in' })).toBe(false)
    expect(accepts(SignInReply, { ...phoneRequired, openid: 'o' })).toBe(false)
  })

  it('have a problem for the codes of the table only', () => {
    const problem = {
      type: 'urn:kaimen:error:not_found',
      title: 'Not found',
      status: 404,
      detail: 'There is no such path.',
      code: 'not_found',
      retryable: false,
      action: 'none',
    }
    expect(accepts(Problem, problem)).toBe(true)
    expect(accepts(Problem, { ...problem, code: 'nowhere' })).toBe(false)
    expect(accepts(Problem, { ...problem, action: 'panic' })).toBe(false)
    expect(accepts(Problem, { ...problem, wechat: { errcode: 40029, rid: 'r' } })).toBe(true)
    expect(accepts(Problem, { ...problem, stack: 'at …' })).toBe(false)
  })
})
