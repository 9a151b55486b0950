import { wechat } from '@better-auth/core/social-providers'
import { serve } from './serve.mjs'

const open = ({ appid, secret }) => wechat({ clientId: appid, clientSecret: secret })

serve({
  qrUrl: ({ redirectUri, state, ...app }) =>
    open(app).createAuthorizationURL({ state, redirectURI: redirectUri }).href,
  exchange: ({ code, ...app }) => open(app).validateAuthorizationCode({ code }),
  async userByCode({ code, ...app }) {
    const provider = open(app)
    return provider.getUserInfo(await provider.validateAuthorizationCode({ code }))
  },
  refresh: ({ refresh_token, ...app }) => open(app).refreshAccessToken(refresh_token),
  async subject({ code, ...app }) {
    const provider = open(app)
    const info = await provider.getUserInfo(await provider.validateAuthorizationCode({ code }))
    return provider.accountSubject({ profile: info.data })
  },
})
