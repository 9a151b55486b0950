import type { Rule } from '../../kit/rule.ts'
import { assertRefused, assertShape, exactly, unionid } from '../../kit/shape.ts'

export const rule: Rule = {
  title: "A payment is worth the payer's unionid for 5 minutes",
  source: 'getPaidUnionid',
  sure: 'documented',
  async holds({ get, control, session, accessToken, miniProgram, waitSeconds }) {
    const { openid } = await session()
    const { appid } = miniProgram
    await control('wx/pay', { appid, person: 'li-hua', transaction_id: '4200000001' })
    const query = { access_token: await accessToken(), openid, transaction_id: '4200000001' }
    const { json } = await get('/wxa/getpaidunionid', query)
    assertShape(json, { errcode: exactly(0), errmsg: exactly('ok'), unionid })
    await waitSeconds(300)
    assertRefused(await get('/wxa/getpaidunionid', query), 89300)
  },
}
