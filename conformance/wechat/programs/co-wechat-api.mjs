import API from 'co-wechat-api'
import { serve } from './serve.mjs'

const open = ({ appid, secret, timeout }) => {
  const api = new API(appid, secret)
  if (timeout) api.setOpts({ timeout })
  return api
}

serve({
  code2session: ({ code, ...app }) => open(app).code2Session(code),
  token: async (app) => ({ access_token: (await open(app).ensureAccessToken()).accessToken }),
  coldTokens({ count, ...app }) {
    const api = open(app)
    return Promise.all(Array.from({ length: count }, () => api.ensureAccessToken()))
  },
  follower: ({ openid, ...app }) => open(app).getUser({ openid, lang: 'zh_CN' }),
  async followerTwice({ openid, ...app }) {
    const api = open(app)
    await api.getUser({ openid, lang: 'zh_CN' })
    return api.getUser({ openid, lang: 'zh_CN' })
  },
  async qrCode({ scene, ...app }) {
    return Buffer.from(await open(app).getWXACodeUnlimit(scene))
      .subarray(0, 3)
      .toString('hex')
  },
})
