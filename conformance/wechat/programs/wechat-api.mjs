import { promisify } from 'node:util'
import API from 'wechat-api'
import { serve } from './serve.mjs'

const ask = ({ appid, secret, timeout }, method, ...args) => {
  const api = new API(appid, secret)
  if (timeout) api.setOpts({ timeout })
  return promisify(api[method].bind(api))(...args)
}

serve({
  token: async (app) => ({ access_token: (await ask(app, 'getAccessToken')).accessToken }),
  follower: ({ openid, ...app }) => ask(app, 'getUser', { openid, lang: 'zh_CN' }),
})
