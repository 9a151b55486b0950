import type { Localized } from '@kaimen/protocol'
import { KaimenError } from '../errors.ts'

const maxLength = 32

/** What WeChat gives to everybody whose name it does not tell. */
const anonymous = new Set(['微信用户', 'WeChat User'])

/**
 * A name as it is kept: NFC, without the white space around it.
 *
 * @throws {@link KaimenError} `body_invalid`, which does not repeat it.
 */
export function readNickname(text: string): string {
  const nickname = text.normalize('NFC').trim()
  const { length } = Array.from(nickname)
  // A name of joiners and fillers looks like none, and like everybody else's.
  const visible = nickname.replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '').trim()
  if (visible === '' || length > maxLength) {
    throw refuse({
      'zh-CN': `昵称须为 1 到 ${maxLength} 个字符，且至少有一个可见字符。`,
      en: `A nickname has 1 to ${maxLength} characters, and one that can be seen at least.`,
    })
  }
  // Controls, line ends, halves of pairs, what turns the direction of the text around it, and what
  // stands for bytes that were no text.
  if (/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ufffd]/u.test(nickname)) {
    throw refuse({
      'zh-CN': '昵称含有不能显示的字符，请删去后重试。',
      en: 'The nickname holds characters that cannot be shown. Leave them out.',
    })
  }
  if (anonymous.has(visible)) {
    throw refuse({
      'zh-CN': '“微信用户”是微信给所有人的默认昵称，不能当作名字。请填写自己的昵称。',
      en: 'This is the name that WeChat gives to everybody. Choose one of your own.',
    })
  }
  return nickname
}

function refuse(detail: Localized): KaimenError {
  return new KaimenError('body_invalid', { detail })
}
