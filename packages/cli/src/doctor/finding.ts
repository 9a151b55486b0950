import type { Text } from '@kaimen/wechat'

/** What is looked at: of this machine, then of each app. */
type CheckName =
  | 'node'
  | 'secret'
  | 'public_url'
  | 'database'
  | 'redis'
  | 'signing_keys'
  | 'wechat'
  | 'apps'
  | 'clock'
  | 'credentials'
  | 'login'
  | 'unionid'
  | 'phone'
  | 'push_settings'
  | 'push_url'

/** What one look came to. None of its texts holds a secret, an openid or a code. */
export type Finding = {
  readonly check: CheckName
  /** `skipped`: it does not apply, or it could not be told; `says` has the reason. */
  readonly status: 'ok' | 'failed' | 'skipped'
  readonly says: Text
  readonly fix?: Text
  /** What WeChat answered. */
  readonly errcode?: number
  readonly rid?: string
}

export const say = (en: string, zh: string): Text => ({ en, zh })

export const ok = (check: CheckName, says: Text): Finding => ({ check, status: 'ok', says })

export const skipped = (check: CheckName, says: Text): Finding => ({
  check,
  status: 'skipped',
  says,
})

export const failed = (check: CheckName, says: Text, fix: Text): Finding => ({
  check,
  status: 'failed',
  says,
  fix,
})

const subjects: Readonly<Partial<Record<CheckName, Text>>> = {
  signing_keys: say('Signing keys', '签名密钥'),
  login: say('Login', '登录'),
  unionid: say('The Open Platform account', '开放平台账号'),
  phone: say('Phone numbers', '手机号权限'),
  push_url: say('The push URL', '推送 URL'),
}

/** What another finding stands in the way of. */
export function blocked(check: CheckName): Finding {
  const { en, zh } = subjects[check] ?? say('WeChat', '微信')
  return skipped(
    check,
    say(`${en}: not asked; mend what stands above first.`, `${zh}：未检查，请先解决上面的问题。`),
  )
}
