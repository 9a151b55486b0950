import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { redirectUri } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'Both pages are answered to a browser as HTML',
  source: 'Web authorization, Website login',
  sure: 'documented',
  async holds({ get, serviceAccount, website }) {
    const query = { redirect_uri: redirectUri, response_type: 'code', state: 'state1' }
    const { appid } = serviceAccount
    const pages = [
      await get('/connect/oauth2/authorize', { appid, ...query, scope: 'snsapi_userinfo' }),
      await get('/connect/qrconnect', { appid: website.appid, ...query, scope: 'snsapi_login' }),
    ]
    for (const { status, contentType } of pages) {
      assert.equal(status, 200)
      assert.match(contentType, /^text\/html\b/)
    }
  },
}
