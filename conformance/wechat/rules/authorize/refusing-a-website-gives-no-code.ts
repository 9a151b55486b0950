import assert from 'node:assert/strict'
import type { Rule } from '../../kit/rule.ts'

export const rule: Rule = {
  title: 'A person who refuses a website gives it no code',
  source: 'Website login',
  sure: 'documented',
  async holds({ control, authorizeUrl, website }) {
    const url = authorizeUrl(website, 'snsapi_login')
    const { location } = await control('authorize', { url, person: 'li-hua', decision: 'refuse' })
    if (typeof location !== 'string') return
    assert.equal(new URL(location).searchParams.get('code'), null)
  },
}
