import { findCloudData } from '../world/open-data.ts'
import { byAccessToken } from './by-access-token.ts'
import { findMember } from './by-signature.ts'
import { bodyErrcodes, errcode, fact, tokenErrcodes } from './doc.ts'
import type { Endpoint } from './endpoint.ts'
import { readJson } from './read-json.ts'

/** `POST /wxa/getopendata` (getOpenData): what cloudIDs stand for. */
export const getopendata: Endpoint = {
  path: '/wxa/getopendata',
  family: 'cgi',
  doc: {
    name: 'getOpenData',
    host: 'api.weixin.qq.com',
    methods: ['POST'],
    credential: 'access_token',
    does: {
      en: 'Exchanges cloudIDs for the open data that they stand for.',
      zh: '用 cloudID 换取对应的开放数据。',
    },
    facts: [
      fact('lifetime', 'documented', 'A cloudID lives 5 minutes.', 'cloudID 有效期 5 分钟。'),
      fact(
        'answer',
        'documented',
        '`json` is text in the table of the page and an object in its sample; the switch `open_data_json_type` chooses.',
        '文档表格中 `json` 为字符串，示例中为对象；由开关 `open_data_json_type` 选择。',
      ),
      fact(
        'answer',
        'documented',
        'In place of an expired cloudID there is `errCode` -601006 in `json`.',
        'cloudID 过期时，`json` 中为 `errCode` -601006。',
      ),
      fact(
        'rule',
        'assumed',
        'So there is in place of an unknown one, or one of another person or app. A cloudID is good more than once.',
        '不存在或属于其他用户、其他应用的 cloudID 同样如此。cloudID 可多次使用。',
      ),
    ],
    errcodes: [
      ...tokenErrcodes,
      ...bodyErrcodes,
      errcode(
        40003,
        'documented',
        'openid is given, and nobody of this app.',
        '传入的 openid 不属于本应用。',
      ),
      errcode(
        40097,
        'assumed',
        'cloudid_list is no list of text.',
        'cloudid_list 不是字符串数组。',
      ),
    ],
  },
  answer: byAccessToken(
    { method: 'POST', kinds: ['mini_program'] },
    (world, request, { ok, fail }, app) => {
      const openid = request.query.get('openid')
      const personId = openid === null ? undefined : findMember(world, app, openid)
      if (openid !== null && personId === undefined) return fail(40003)
      const body = readJson(request)
      if (typeof body === 'number') return fail(body)
      const { cloudid_list: list } = body
      if (!Array.isArray(list) || !list.every((id) => typeof id === 'string')) return fail(40097)
      return ok({
        errcode: 0,
        errmsg: 'ok',
        data_list: list.map((cloudID) => {
          const found = findCloudData(world, cloudID)
          const isTheirs =
            found?.appid === app.appid && (openid === null || found.personId === personId)
          const json = isTheirs
            ? { cloudID, data: found.data }
            : { cloudID, errCode: -601006, errMsg: 'cloudID expired.' }
          const isText = app.switches.open_data_json_type === 'string'
          return { cloud_id: cloudID, json: isText ? JSON.stringify(json) : json }
        }),
      })
    },
  ),
}
