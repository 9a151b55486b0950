import type { Rule } from '../../kit/rule.ts'
import { assertShape, exactly, openpid } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A code of wx.pluginLogin is worth an openpid',
  source: 'getPluginOpenPId',
  sure: 'documented',
  async holds({ post, control, accessToken, miniProgram }) {
    const { code } = await control('wx/pluginLogin', { appid: miniProgram.appid, person: 'li-hua' })
    const { json } = await post(
      '/wxa/getpluginopenpid',
      { access_token: await accessToken() },
      { code },
    )
    assertShape(json, { errcode: exactly(0), errmsg: exactly('ok'), openpid })
  },
}
