import easywechat from 'node-easywechat'
import { serve } from './serve.mjs'

const { MiniApp, OfficialAccount } = easywechat

const configOf = ({ appid, secret, timeout, stable = false }) => ({
  app_id: appid,
  secret,
  use_stable_access_token: stable,
  http: timeout ? { timeout } : {},
})

const oauthOf = ({ appid, secret, scope, timeout }) =>
  new OfficialAccount(configOf({ appid, secret }))
    .getOAuth()
    .scopes([scope])
    .setHttpOptions(timeout ? { timeout } : {})

// Its cache lies in files unless it is given another.
function inMemory(app) {
  const kept = new Map()
  app.setCache({
    get: async (key) => kept.get(key),
    set: async (key, value) => (kept.set(key, value), true),
    has: async (key) => kept.has(key),
    delete: async (key) => kept.delete(key),
  })
  return app
}

serve({
  code2session: ({ code, ...app }) => new MiniApp(configOf(app)).getUtils().codeToSession(code),
  async token(app) {
    return {
      access_token: await inMemory(new MiniApp(configOf(app)))
        .getAccessToken()
        .getToken(),
    }
  },
  coldTokens({ count, ...app }) {
    const accessToken = inMemory(new MiniApp(configOf(app))).getAccessToken()
    return Promise.all(Array.from({ length: count }, () => accessToken.getToken()))
  },
  async phoneNumber({ code, ...app }) {
    const client = inMemory(new MiniApp(configOf(app))).getClient()
    const response = await client.postJson('/wxa/business/getuserphonenumber', { code })
    return response.toObject()
  },
  authorizeUrl: ({ redirectUri, state, ...app }) =>
    oauthOf(app).withState(state).redirect(redirectUri),
  exchange: ({ code, ...app }) => oauthOf(app).tokenFromCode(code),
  async userByCode({ code, ...app }) {
    const user = await oauthOf(app).userFromCode(code)
    return { openid: user.getId(), nickname: user.getNickname() }
  },
  decrypt({ session_key, iv, encryptedData, ...app }) {
    return new MiniApp(configOf(app)).getUtils().decryptSession(session_key, iv, encryptedData)
  },
})
