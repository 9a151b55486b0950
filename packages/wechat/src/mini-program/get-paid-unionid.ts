import { checkCredential, checkOpenid, checkText } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import { readText } from '../transport/read-fields.ts'
import type { Wechat } from '../wechat.ts'

/** A payment by WeChat's number, or by the merchant's. */
export type Payment =
  { readonly transaction_id: string } | { readonly mch_id: string; readonly out_trade_no: string }

export type GetPaidUnionIdParams = Payment & {
  /** The app's. */
  readonly access_token: string | Secret
  readonly openid: string
}

/**
 * Gives the unionid of a user who paid within the last 5 minutes.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 40003, 89002, 89300, -1, those of
 *   access_tokens.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/basic-info/getPaidUnionid.html
 */
export async function getPaidUnionId(
  wechat: Wechat,
  params: GetPaidUnionIdParams,
): Promise<{ readonly unionid: string }> {
  const endpoint = 'getPaidUnionId'
  checkOpenid(params.openid)
  const payment =
    'transaction_id' in params
      ? { transaction_id: params.transaction_id }
      : { mch_id: params.mch_id, out_trade_no: params.out_trade_no }
  for (const [name, value] of Object.entries(payment)) {
    checkText(name, value, /^[\w|*@-]{1,64}$/)
  }
  const reply = await wechat.call({
    endpoint,
    method: 'GET',
    path: '/wxa/getpaidunionid',
    query: {
      access_token: checkCredential('access_token', params.access_token),
      openid: params.openid,
      ...payment,
    },
  })
  return { unionid: readText(endpoint, reply, 'unionid') }
}
