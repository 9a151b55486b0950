import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'
import { redirectUri } from '../../kit/wechat.ts'

export const rule: Rule = {
  title: 'A person who allows is sent to redirect_uri with a code and the state',
  source: 'Web authorization',
  sure: 'documented',
  async holds({ control, authorizeUrl, serviceAccount }) {
    const url = authorizeUrl(serviceAccount, 'snsapi_userinfo')
    const { location } = await control('authorize', { url, person: 'li-hua', decision: 'allow' })
    const back = new URL(String(location))
    assert.equal(`${back.origin}${back.pathname}`, redirectUri)
    assert.match(back.searchParams.get('code') ?? '', /^\w{32}$/)
    assert.equal(back.searchParams.get('state'), 'state1')
  },
}
