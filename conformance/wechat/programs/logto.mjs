import createConnector from '@logto/connector-wechat-web'
import { serve } from './serve.mjs'

const open = ({ appid, secret }) =>
  createConnector({ getConfig: async () => ({ appId: appid, appSecret: secret }) })

serve({
  async qrUrl({ redirectUri, state, ...app }) {
    return (await open(app)).getAuthorizationUri({ state, redirectUri })
  },
  async userByCode({ code, ...app }) {
    return (await open(app)).getUserInfo({ code })
  },
})
