import { verifyPushUrl, WechatDataError } from '@kaimen/wechat'
import type { PushSecrets } from '../app.ts'
import { KaimenError } from '../errors.ts'
import type { Handler } from './handlers.ts'

/**
 * `GET /v1/wechat/push/{app_id}`: WeChat asks whose URL this is when it is entered in its console.
 *
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
 */
export const checkPushUrl: Handler = ({ apps }, { request, params }) => {
  const push = apps.get(params['app_id'] ?? '')?.push
  if (!push) throw new KaimenError('not_found')
  return new Response(readEcho(push.token, new URL(request.url).searchParams), {
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      // The echostr is not part of what is signed: whoever saw one such URL chooses what comes back.
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  })
}

function readEcho(token: PushSecrets['token'], search: URLSearchParams): string {
  const read = (name: string) => search.get(name) ?? ''
  try {
    const echostr = verifyPushUrl({
      token,
      query: {
        signature: read('signature'),
        timestamp: read('timestamp'),
        nonce: read('nonce'),
        echostr: read('echostr'),
      },
    })
    if (/^[\x20-\x7e]{1,128}$/.test(echostr)) return echostr
  } catch (error) {
    if (!(error instanceof WechatDataError)) throw error
  }
  throw new KaimenError('data_invalid', {
    detail: {
      'zh-CN':
        '签名与本应用的推送 Token 不符，或 echostr 不正确。请核对微信后台与服务端配置的 Token。',
      en: 'The signature does not fit the push Token of this app, or the echostr is not right. Compare the Token in WeChat’s console with the one in the server’s settings.',
    },
  })
}
