import type { SeedPerson } from '../seed.ts'
import { isAmong } from '../world/app.ts'
import type { App } from '../world/app.ts'
import { issueHexCode } from '../world/hex-code.ts'
import { currentKey, rememberSealed, sealOpenData } from '../world/open-data.ts'
import type { OpenData } from '../world/open-data.ts'
import { phoneNumberOf } from '../world/phone-number.ts'
import type { World } from '../world/world.ts'

/** What the page's event says; `errno` only of a refusal that has a number. */
type PhoneDetail =
  | ({ readonly code: string; readonly errMsg: string } & Partial<OpenData>)
  | { readonly errMsg: string; readonly errno?: number }

/**
 * A person taps a phone button: `getPhoneNumber`, or `getRealtimePhoneNumber`, which gives a code
 * alone. The code needs no `wx.login`; what is sealed can be opened only with a session_key of
 * one.
 */
export function getPhoneNumber(
  world: World,
  app: App,
  person: SeedPerson,
  realtime: boolean,
): PhoneDetail {
  const name = realtime ? 'getRealtimePhoneNumber' : 'getPhoneNumber'
  const { switches } = app
  const number = phoneNumberOf(person)
  if (switches.personal_account) return { errMsg: `${name}:fail no permission`, errno: 102 }
  if (isAmong(switches.phone_denied, person.id)) {
    return { errMsg: `${name}:fail user deny`, errno: 103 }
  }
  if (isAmong(switches.phone_blocked, person.id)) {
    return { errMsg: `${name}:fail user getPhoneNumber is blocked`, errno: 1421102 }
  }
  if (!number) return { errMsg: `${name}:fail 用户未绑定手机，请先在微信客户端进行绑定后重试` }
  if (switches.phone_quota === 0) return { errMsg: `${name}:fail no quota`, errno: 1400001 }

  // Paid for here, whether the code is exchanged or not.
  if (switches.phone_quota !== null) switches.phone_quota -= 1
  const about = { kind: 'phone', appid: app.appid, personId: person.id } as const
  const code = issueHexCode(world, { ...about, pluginAppid: app.appid })
  if (realtime) return { code, errMsg: `${name}:ok` }
  const key = currentKey(world, app, person.id)
  const sealed = sealOpenData(world, app, person.id, key, number)
  rememberSealed(world, app, sealed.encryptedData)
  return { code, ...sealed, errMsg: `${name}:ok` }
}
