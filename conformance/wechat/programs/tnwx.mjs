import tnwx from 'tnwx'
import { serve } from './serve.mjs'

const {
  AccessTokenApi,
  ApiConfig,
  ApiConfigKit,
  DefaultCache,
  Lang,
  MiniProgramApi,
  SnsAccessTokenApi,
} = tnwx

function use({ appid, secret }) {
  ApiConfigKit.putApiConfig(new ApiConfig(appid, secret, 'token'))
  ApiConfigKit.setCurrentAppId(appid)
  ApiConfigKit.setCache = new DefaultCache()
}

serve({
  code2session: ({ appid, secret, code }) => MiniProgramApi.code2Session(appid, secret, code),
  async token(app) {
    use(app)
    return JSON.parse((await AccessTokenApi.getAccessToken()).getJson)
  },
  async checkSession({ openid, signature, ...app }) {
    use(app)
    return MiniProgramApi.checkSessionKey(openid, signature, 'hmac_sha256')
  },
  authorizeUrl({ redirectUri, state, scope, ...app }) {
    use(app)
    return SnsAccessTokenApi.getAuthorizeUrl(redirectUri, scope, state)
  },
  exchange({ code, ...app }) {
    use(app)
    return SnsAccessTokenApi.getSnsAccessToken(code)
  },
  async userByCode({ code, ...app }) {
    use(app)
    const tokens = await SnsAccessTokenApi.getSnsAccessToken(code)
    if (!tokens.access_token) return tokens
    return SnsAccessTokenApi.getUserInfo(tokens.access_token, tokens.openid, Lang.ZH_CN)
  },
  refresh({ refresh_token, ...app }) {
    use(app)
    return SnsAccessTokenApi.refreshAccessToken(refresh_token)
  },
})
