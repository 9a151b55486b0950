// As its README has it, without a Nest application: the services are plain classes.

import nestWechat from 'nest-wechat'
import { serve } from './serve.mjs'

const { MiniProgramService, MobileService, WeChatService } = nestWechat

serve({
  code2session({ appid, secret, code }) {
    return new MiniProgramService({ appId: appid, secret }).code2Session(code)
  },
  async plainToken({ appid, secret }) {
    return (await new MiniProgramService({ appId: appid, secret }).getAccessToken()).data
  },
  stableToken({ appid, secret }) {
    return new WeChatService({ appId: appid, secret }).getStableAccessToken()
  },
  async token({ appid, secret }) {
    return { access_token: await new WeChatService({ appId: appid, secret }).getToken() }
  },
  coldTokens({ appid, secret, count }) {
    const service = new WeChatService({ appId: appid, secret })
    return Promise.all(Array.from({ length: count }, () => service.getToken()))
  },
  async phoneNumber({ appid, secret, code }) {
    const service = new WeChatService({ appId: appid, secret })
    return (await service.mp.getPhoneNumber(code, await service.getToken())).data
  },
  async pluginOpenpid({ appid, secret, code }) {
    const service = new WeChatService({ appId: appid, secret })
    return (await service.mp.getPluginOpenPId(code, await service.getToken())).data
  },
  async qrCode({ appid, secret, scene }) {
    const service = new WeChatService({ appId: appid, secret })
    const config = { responseType: 'arraybuffer' }
    const { data } = await service.mp.getUnlimitedQRCode(
      { scene },
      await service.getToken(),
      config,
    )
    return Buffer.from(data).subarray(0, 3).toString('hex')
  },
  async exchange({ appid, secret, code }) {
    return (await new MobileService().getAccessToken(code, appid, secret)).data
  },
  async refresh({ appid, refresh_token }) {
    return (await new MobileService().refreshAccessToken(appid, refresh_token)).data
  },
  async check({ openid, access_token }) {
    return (await new MobileService().checkAccessToken(openid, access_token)).data
  },
})
