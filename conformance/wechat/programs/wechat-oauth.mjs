import { promisify } from 'node:util'
import OAuth from 'wechat-oauth'
import { serve } from './serve.mjs'

const open = ({ appid, secret, timeout }, isMiniProgram = false) => {
  const oauth = new OAuth(appid, secret, undefined, undefined, isMiniProgram)
  if (timeout) oauth.setOpts({ timeout })
  return oauth
}
const ask = (oauth, method, ...args) => promisify(oauth[method].bind(oauth))(...args)

serve({
  authorizeUrl: ({ redirectUri, state, scope, ...app }) =>
    open(app).getAuthorizeURL(redirectUri, state, scope),
  qrUrl: ({ redirectUri, state, ...app }) =>
    open(app).getAuthorizeURLForWebsite(redirectUri, state),
  code2session: async ({ code, ...app }) =>
    (await ask(open(app, true), 'getSessionKey', code)).data,
  exchange: async ({ code, ...app }) => (await ask(open(app), 'getAccessToken', code)).data,
  userByCode: ({ code, ...app }) => ask(open(app), 'getUserByCode', { code, lang: 'zh_CN' }),
  miniProgramUser: ({ code, encryptedData, iv, ...app }) =>
    ask(open(app, true), 'getUserByCode', { code, encryptedData, iv }),
  async refresh({ refresh_token, ...app }) {
    return (await ask(open(app), 'refreshAccessToken', refresh_token)).data
  },
  check: ({ openid, access_token, ...app }) => ask(open(app), 'verifyToken', openid, access_token),
})
