import { createHash } from 'node:crypto'
import type { SeedPerson } from '../seed.ts'
import type { App } from '../world/app.ts'
import { openidOf, unionidOf } from '../world/identity.ts'
import { currentKey, sealOpenData } from '../world/open-data.ts'
import type { OpenData } from '../world/open-data.ts'
import type { World } from '../world/world.ts'

interface UserInfo {
  readonly nickName: string
  readonly gender: 0 | 1 | 2
  readonly language: string
  readonly city: string
  readonly province: string
  readonly country: string
  readonly avatarUrl: string
}

interface UserInfoResult extends OpenData {
  readonly rawData: string
  /** SHA-1 of rawData and the session_key as text, in lowercase hexadecimal. */
  readonly signature: string
  readonly userInfo: UserInfo
  readonly errMsg: 'getUserInfo:ok'
}

/**
 * `wx.getUserInfo` on a person's phone. Since 2021 it says nothing of them but openid and unionid;
 * the switch `real_profile` brings the years before back.
 */
export function getUserInfo(world: World, app: App, person: SeedPerson): UserInfoResult {
  const userInfo = app.switches.real_profile ? profileOf(person) : anonymous
  const rawData = JSON.stringify(userInfo)
  const key = currentKey(world, app, person.id)
  return {
    rawData,
    signature: createHash('sha1')
      .update(rawData + key)
      .digest('hex'),
    ...sealOpenData(world, app, person.id, key, {
      openId: openidOf(person.id, app.appid),
      ...userInfo,
      ...(app.open_platform !== null && { unionId: unionidOf(person.id, app.open_platform) }),
    }),
    userInfo,
    errMsg: 'getUserInfo:ok',
  }
}

const anonymous: UserInfo = {
  nickName: '微信用户',
  gender: 0,
  language: 'zh_CN',
  city: '',
  province: '',
  country: '',
  avatarUrl:
    'https://thirdwx.qlogo.cn/mmopen/vi_32/POgEwh4mIHO4nibH0KlMECNjjGxQUq24ZEaGT4poC6icRiccVGKSyXwibcPq4BWmiaIGuG1icwxaQX6grC9VemZoJ8rg/132',
}

function profileOf({ id, nickname }: SeedPerson): UserInfo {
  return {
    nickName: nickname,
    gender: 1,
    language: 'zh_CN',
    city: 'Guangzhou',
    province: 'Guangdong',
    country: 'China',
    avatarUrl: `https://thirdwx.qlogo.cn/mmopen/vi_32/${id}/132`,
  }
}
