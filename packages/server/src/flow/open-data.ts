import {
  decryptOpenData,
  verifyRawData,
  WechatDataError,
  WechatInputError,
  type Secret,
} from '@kaimen/wechat'
import type { Clock } from '../clock.ts'

/** WeChat's open data as the phone got it: either pair, or both. */
export type OpenDataText = {
  readonly raw?: { readonly raw_data: string; readonly signature: string }
  readonly sealed?: { readonly encrypted_data: string; readonly iv: string }
}

/** What everybody has whose name WeChat does not tell. */
const anonymousName = '微信用户'
const anonymousPicture =
  /\/mmopen\/vi_32\/POgEwh4mIHO4nibH0KlMECNjjGxQUq24ZEaGT4poC6icRiccVGKSyXwibcPq4BWmiaIGuG1icwxaQX6grC9VemZoJ8rg\//

/**
 * Verifies what WeChat signed and decrypts what it sealed, for one person of one app.
 *
 * @returns Without openId and unionId, which stay here, and without the name and the picture that
 *   WeChat gives to everybody; `undefined` for whatever is wrong, most often a stale key. [WX-14]
 */
export function readOpenData(
  clock: Clock,
  { app_id, openid }: { app_id: string; openid: string },
  session_key: Secret,
  { raw, sealed }: OpenDataText,
): Record<string, unknown> | undefined {
  try {
    const data: Record<string, unknown> = {}
    if (raw) {
      verifyRawData({ rawData: raw.raw_data, signature: raw.signature, session_key })
      Object.assign(data, readObject(raw.raw_data))
    }
    if (sealed) {
      const { encrypted_data: encryptedData, iv } = sealed
      const params = { appid: app_id, session_key, encryptedData, iv, nowMs: clock.now }
      const opened = decryptOpenData(params)
      // Sealed under this person's key, and yet about another: never theirs.
      if ('openId' in opened && opened['openId'] !== openid) return undefined
      // The first block is bent by the iv alone: an openId of another name would go out with the rest.
      const names = Object.keys(opened).filter((name) => opened[name] === openid)
      if (names.some((name) => name !== 'openId')) return undefined
      Object.assign(data, opened)
    }
    return withoutNames(data)
  } catch (error) {
    const isTheirs =
      error instanceof WechatDataError ||
      error instanceof WechatInputError ||
      error instanceof SyntaxError
    if (isTheirs) return undefined
    throw error
  }
}

function readObject(json: string): object {
  const value: unknown = JSON.parse(json)
  return typeof value === 'object' && value !== null ? value : {}
}

function withoutNames(data: Record<string, unknown>): Record<string, unknown> {
  const { openId: _, unionId: __, ...rest } = data
  const { nickName, avatarUrl } = rest
  return {
    ...rest,
    ...(nickName === anonymousName && { nickName: null }),
    ...(typeof avatarUrl === 'string' &&
      (avatarUrl === '' || anonymousPicture.test(avatarUrl)) && { avatarUrl: null }),
  }
}
