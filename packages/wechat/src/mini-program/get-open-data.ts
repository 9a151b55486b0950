import { WechatInputError } from '../errors/input-error.ts'
import { checkCredential, checkOpenid, checkText } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import { badReply, isFields, readObjects, readText } from '../transport/read-fields.ts'
import type { Wechat } from '../wechat.ts'

export interface GetOpenDataParams {
  /** The app's. */
  readonly access_token: string | Secret
  /** Whose data it is: WeChat refuses that of others. */
  readonly openid: string
  /** What the phone got beside `encryptedData`; each good for 5 minutes. 1 to 100. */
  readonly cloudid_list: readonly string[]
}

/** What a cloudID stands for, or why it stands for nothing: -601006 is expired. */
export type OpenDataItem =
  | { readonly cloud_id: string; readonly data: Readonly<Record<string, unknown>> }
  | { readonly cloud_id: string; readonly errCode: number }

/**
 * Exchanges cloudIDs for the open data that they stand for, without a `session_key`.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 40003, 40097, those of
 *   access_tokens. An expired cloudID is none; see {@link OpenDataItem}.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/wxcloud/reference-http-api/open/getOpenData.html
 */
export async function getOpenData(
  wechat: Wechat,
  { access_token, openid, cloudid_list }: GetOpenDataParams,
): Promise<readonly OpenDataItem[]> {
  const endpoint = 'getOpenData'
  checkOpenid(openid)
  if (cloudid_list.length < 1 || cloudid_list.length > 100) {
    throw new WechatInputError('cloudid_list', 'must have 1 to 100 entries')
  }
  for (const cloudid of cloudid_list) checkText('cloudid_list', cloudid, /^[\x21-\x7e]{1,512}$/)
  const reply = await wechat.call({
    endpoint,
    method: 'POST',
    path: '/wxa/getopendata',
    query: { access_token: checkCredential('access_token', access_token), openid },
    body: { cloudid_list },
  })
  return readObjects(endpoint, reply, 'data_list').map((item) => {
    const cloud_id = readText(endpoint, item, 'cloud_id')
    const json = parse(item.json)
    if (!isFields(json)) throw badReply(endpoint, 'json is no object')
    const { errCode, data } = json
    if (typeof errCode === 'number' && errCode !== 0) return { cloud_id, errCode }
    if (!isFields(data)) throw badReply(endpoint, 'json has no data')
    return { cloud_id, data }
  })
}

/** WeChat's table says text, its sample shows an object. */
function parse(json: unknown): unknown {
  if (typeof json !== 'string') return json
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
