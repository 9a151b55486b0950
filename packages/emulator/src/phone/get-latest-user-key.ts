import type { App } from '../world/app.ts'
import { latestUserKey, secondsLeft } from '../world/user-key.ts'
import type { World } from '../world/world.ts'

/** `wx.getUserCryptoManager().getLatestUserKey` on a person's phone. */
export function getLatestUserKey(world: World, app: App, personId: string) {
  const key = latestUserKey(world, app.appid, personId)
  return {
    encryptKey: key.encryptKey,
    iv: key.iv,
    version: key.version,
    expireTime: secondsLeft(world, key),
    errMsg: 'getLatestUserKey:ok',
  }
}
