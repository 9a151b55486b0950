import assert from 'node:assert/strict'
import type { Subject } from '../kit/case.ts'
import { expectFields } from '../kit/expect.ts'
import { textIn } from '../kit/wechat.ts'
import { casesOf, emptyIsCrash, leadsToCode, tellsOfUserInfo, userWay } from './ways.ts'

export const passportWechat: Subject = {
  name: 'passport-wechat 2.0.4',
  program: 'passport-wechat.mjs',
  cases: [
    ...casesOf({
      ...userWay,
      worth: (fields) => {
        assert.equal(textIn(fields['profile'], 'nickname'), '李华')
        assert.equal(fields['expiresIn'], 7200)
      },
      // Of the HTTP client under it: 5 seconds.
      patienceMs: 8_000,
      defects: { empty: emptyIsCrash },
    }),
    leadsToCode('authorizeUrl', ({ serviceAccount }) => serviceAccount),
    tellsOfUserInfo(({ serviceAccount }) => serviceAccount),
    {
      title: 'it knows a person of snsapi_base by openid',
      async run({ wechat, call }) {
        const { serviceAccount, webCode } = wechat
        const scope = 'snsapi_base'
        const query = { code: await webCode(serviceAccount, scope), state: 'state1' }
        const { user } = expectFields(await call('back', { ...serviceAccount, scope, query }))
        const { profile } = Object(user) as { profile?: unknown }
        assert.match(textIn(profile, 'openid'), /^o[\w-]{27}$/)
      },
    },
    {
      title: 'a person who refused is refused',
      async run({ wechat, call }) {
        const query = { state: 'state1' }
        const fields = expectFields(await call('back', { ...wechat.website, client: 'web', query }))
        assert.equal(fields['failed'], 401)
      },
    },
  ],
}
