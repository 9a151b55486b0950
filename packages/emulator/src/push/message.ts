import type { App, PushSetting } from '../world/app.ts'
import { nowMs } from '../world/clock.ts'
import { originalIdOf, openidOf, unionidOf } from '../world/identity.ts'
import type { World } from '../world/world.ts'

/** The events by which WeChat says that data of somebody has to go. */
const withdrawals = [
  'user_info_modified',
  'user_authorization_revoke',
  'user_authorization_cancellation',
]

/** What is withdrawn if nothing else is said: nickname and picture, or everything. */
const revokeInfoOf: Record<App['kind'], string> = {
  mini_program: '6',
  service_account: '205',
  website: '301',
  mobile_app: '301',
}

/** A message as WeChat writes it, before it is sealed. */
export interface Message {
  readonly to: string
  /** The person it is about. */
  readonly openid: string
  readonly fields: Readonly<Record<string, string | number>>
}

/**
 * An event about a person. FromUserName and CreateTime, by which receivers tell one event from
 * another, are together never the same twice.
 */
export function writeEvent(
  world: World,
  app: App,
  personId: string,
  event: string,
  revokeInfo = revokeInfoOf[app.kind],
): Message {
  const openid = openidOf(personId, app.appid)
  const isWithdrawal = withdrawals.includes(event)
  const space = app.switches.push_spaced_keys && app.switches.push?.format === 'json' ? ' ' : ''
  const createTime = Math.max(
    Math.floor(nowMs(world) / 1000),
    (world.pushedAtSeconds.get(app.appid) ?? 0) + 1,
  )
  world.pushedAtSeconds.set(app.appid, createTime)
  const isUnionTold = app.kind !== 'mini_program' && app.open_platform !== null
  return {
    to: originalIdOf(app.appid),
    openid,
    fields: {
      ToUserName: originalIdOf(app.appid),
      // Of a withdrawal it is WeChat that speaks, and OpenID says of whom.
      FromUserName: isWithdrawal ? openidOf('WeChat itself', app.appid) : openid,
      CreateTime: createTime,
      MsgType: 'event',
      Event: event,
      ...(isWithdrawal && {
        [`${space}OpenID`]: openid,
        [`${space}AppID`]: app.appid,
        ...(event === 'user_authorization_revoke' && { [`${space}RevokeInfo`]: revokeInfo }),
        ...(isUnionTold &&
          app.open_platform !== null && {
            [`${space}UnionID`]: unionidOf(personId, app.open_platform),
          }),
      }),
    },
  }
}

/** Fields as the app's console asks for them. */
export function formatFields(format: PushSetting['format'], fields: Message['fields']): string {
  if (format === 'json') return JSON.stringify(fields)
  const elements = Object.entries(fields).map(([name, value]) => {
    const content = typeof value === 'number' ? String(value) : `<![CDATA[${value}]]>`
    return `<${name}>${content}</${name}>`
  })
  return `<xml>${elements.join('')}</xml>`
}
