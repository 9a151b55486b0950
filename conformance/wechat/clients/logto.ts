import assert from 'node:assert/strict'
import type { Subject } from '../kit/case.ts'
import { expectFields, expectText } from '../kit/expect.ts'
import { textIn } from '../kit/wechat.ts'
import {
  casesOf,
  noTimeout,
  secretInError,
  subjectFlips,
  leadsToCode,
  staysTheSame,
  tellsOfUserInfo,
  userWay,
} from './ways.ts'

export const logto: Subject = {
  name: '@logto/connector-wechat-web 1.6.5',
  program: 'logto.mjs',
  cases: [
    leadsToCode('qrUrl', ({ website }) => website),
    {
      title: 'the address of its QR page ends in #wechat_redirect',
      async run({ wechat, call }) {
        const redirectUri = 'https://shop.example.com/callback'
        const url = expectText(
          await call('qrUrl', { ...wechat.website, redirectUri, state: 'abc' }),
        )
        assert.ok(url.endsWith('#wechat_redirect'), `it ends in ${url.slice(-10)}`)
      },
      defect: {
        reason: 'leaves out the fragment, which WeChat calls mandatory',
        shows: /^it ends in &state=abc/,
      },
    },
    {
      title: 'its redirect_uri arrives as it was given',
      async run({ wechat, call }) {
        const redirectUri = 'https://shop.example.com/callback?next=%2Fcart'
        const url = expectText(
          await call('qrUrl', { ...wechat.website, redirectUri, state: 'abc' }),
        )
        assert.equal(new URL(url).searchParams.get('redirect_uri'), redirectUri)
      },
      defect: { reason: 'encodes it twice', shows: /next=%252Fcart/ },
    },
    tellsOfUserInfo(({ website }) => website),
    staysTheSame((fields) => textIn(fields, 'id'), subjectFlips),
    {
      title: 'a code whose answer was lost is not sent again',
      async run({ wechat, call, countCalls }) {
        const { website, webCode, control } = wechat
        const path = '/sns/oauth2/access_token'
        const code = await webCode(website, 'snsapi_login')
        await control('faults', { path, fault: 'reset', after: true, times: 1 })
        const outcome = await call('userByCode', { ...website, code })
        assert.equal(
          await countCalls(path),
          1,
          `sent ${await countCalls(path)} times: ${JSON.stringify(outcome)}`,
        )
      },
      defect: {
        reason: 'repeats a GET that failed, and so is told that the code was used',
        shows: /^sent 2 times: .*social_auth_code_invalid/,
      },
    },
    ...casesOf({
      ...userWay,
      app: ({ website }) => website,
      input: async ({ webCode }, app) => ({ code: await webCode(app, 'snsapi_login') }),
      worth: (fields) => {
        assert.equal(textIn(fields, 'name'), '李华')
        assert.equal(
          textIn(expectFields({ kind: 'value', value: fields['rawData'] }), 'unionid'),
          fields['id'],
        )
      },
      patienceMs: 7_000,
      defects: {
        secrecy: secretInError,
        hang: { reason: 'asks three times, 5 seconds each', shows: noTimeout.shows },
      },
    }),
  ],
}
