import type { Control } from './built-in/control.ts'
import type { Files } from './files.ts'
import type { Privacy } from './privacy.ts'
import type { Dialogs } from './screen/dialogs.ts'
import type { Wechat } from './wechat.ts'
import { WxFailure } from './wx/api.ts'

interface Abilities {
  readonly wechat: Wechat
  readonly privacy: Privacy
  readonly dialogs: Dialogs
  readonly files: Files
  /** The person's picture in WeChat. */
  readonly readHeadImage: () => Promise<Blob>
}

type Event = { name: string; detail: object } | undefined

/**
 * What a button's `open-type` does when it is tapped.
 *
 * https://developers.weixin.qq.com/miniprogram/dev/component/button.html
 */
export async function openAbility(
  abilities: Abilities,
  openType: string,
  control: Control,
): Promise<Event> {
  const [ability = '', ...more] = openType.split('|')
  const agrees = [ability, ...more].includes('agreePrivacyAuthorization')
  if (agrees) abilities.privacy.noteTap(control.id())
  if (ability === 'agreePrivacyAuthorization')
    return { name: 'agreeprivacyauthorization', detail: {} }
  // Joined with an ability, the button is the consent itself.
  if (agrees) abilities.privacy.agree()
  switch (ability) {
    case 'getPhoneNumber':
    case 'getRealtimePhoneNumber':
      return { name: ability.toLowerCase(), detail: await givePhone(abilities, ability) }
    case 'chooseAvatar':
      return giveAvatar(abilities)
    case 'getUserInfo':
      return { name: 'getuserinfo', detail: await abilities.wechat.getUserInfo() }
    case 'openSetting':
      await abilities.dialogs.read('设置', ['没有需要授权的信息。'])
      return { name: 'opensetting', detail: { errMsg: 'openSetting:ok', authSetting: {} } }
    case 'contact':
    case 'feedback':
    case 'share':
      await abilities.dialogs.read('微信', [`这里打开的是微信的页面（open-type="${ability}"）。`])
      return undefined
    default:
      return undefined
  }
}

async function givePhone(
  { wechat, privacy, dialogs }: Abilities,
  ability: 'getPhoneNumber' | 'getRealtimePhoneNumber',
): Promise<object> {
  try {
    await privacy.require(`button.${ability}`)
  } catch (error) {
    if (!(error instanceof WxFailure)) throw error
    return { errMsg: `${ability}:fail ${error.reason}`, errno: error.errno }
  }
  const { phone, country_code: country } = wechat.person
  const agreed = await dialogs.askSheet({
    title: '申请获取并验证你的手机号',
    lines: ['该手机号由你的微信账号提供，开发者将用它验证你的身份。'],
    subject: phone === null ? '未绑定手机号' : `+${country} ${mask(phone)}`,
    allow: '允许',
    refuse: '不允许',
  })
  if (!agreed) return { errMsg: `${ability}:fail user deny`, errno: 103 }
  return wechat.getPhoneNumber(ability === 'getRealtimePhoneNumber')
}

/** No event without consent, nor without a picture: WeChat has none for either. */
async function giveAvatar({
  wechat,
  privacy,
  dialogs,
  files,
  readHeadImage,
}: Abilities): Promise<Event> {
  try {
    await privacy.require('button.chooseAvatar')
  } catch {
    return undefined
  }
  const choice = await dialogs.choose([`用微信头像（${wechat.person.nickname}）`, '从相册选择'])
  if (choice === undefined) return undefined
  const picture = choice === 0 ? await readHeadImage() : await dialogs.takePicture()
  if (!picture) return undefined
  const avatarUrl = files.add(await picture.arrayBuffer(), picture.type)
  return { name: 'chooseavatar', detail: { avatarUrl } }
}

const mask = (phone: string) => phone.replace(/^(\d{3})\d+(\d{4})$/, '$1****$2')
