import OAuth from 'co-wechat-oauth'
import { serve } from './serve.mjs'

const open = ({ appid, secret, timeout }) => {
  const oauth = new OAuth(appid, secret)
  if (timeout) oauth.setOpts({ timeout })
  return oauth
}

serve({
  authorizeUrl: ({ redirectUri, state, scope, ...app }) =>
    open(app).getAuthorizeURL(redirectUri, state, scope),
  qrUrl: ({ redirectUri, state, ...app }) =>
    open(app).getAuthorizeURLForWebsite(redirectUri, state),
  exchange: async ({ code, ...app }) => (await open(app).getAccessToken(code)).data,
  userByCode: ({ code, ...app }) => open(app).getUserByCode(code),
  async refresh({ refresh_token, ...app }) {
    return (await open(app).refreshAccessToken(refresh_token)).data
  },
  check: ({ openid, access_token, ...app }) => open(app).verifyToken(openid, access_token),
})
