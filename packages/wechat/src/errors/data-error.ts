import type { ErrorEntry, Fault, Text } from './error-entry.ts'

const entry: ErrorEntry = {
  fault: 'user',
  retryable: false,
  meaning: {
    en: 'this is not fresh data of WeChat’s for this app under this key',
    zh: '这不是微信用该密钥为该应用生成的新数据',
  },
  fix: {
    en: 'Log in again with wx.login, then ask for the data again. If it goes on: wx.login was called between fetching the data and sending it; the appid or the key is another one’s; or the data was changed on its way, such as each + of its base64 into a space by a form decoder.',
    zh: '重新 wx.login 后再获取数据。若持续出现：获取数据后又调用了 wx.login；appid 或密钥不对应；或数据在传输中被改动，例如表单解码把 base64 中的 + 变成了空格。',
  },
}

/**
 * Data that claims to be WeChat's is not, or is stale, or of another app. One error for every
 * cause, alike in message and properties, so that nobody who sends data learns from the answers
 * what is wrong with it.
 */
export class WechatDataError extends Error {
  override readonly name = 'WechatDataError'
  readonly fault: Fault
  readonly retryable: boolean
  readonly meaning: Text
  readonly fix: Text

  constructor() {
    const { fault, retryable, meaning, fix } = entry
    super(`${meaning.en}. ${fix.en}`)
    this.fault = fault
    this.retryable = retryable
    this.meaning = meaning
    this.fix = fix
  }
}
