import type { App } from '../world/app.ts'
import { issueHexCode } from '../world/hex-code.ts'
import type { World } from '../world/world.ts'

/** `wx.pluginLogin`, called by a plugin in a mini program: a code for the plugin's back end. */
export function pluginLogin(
  world: World,
  app: App,
  personId: string,
  pluginAppid: string,
): { readonly code: string; readonly errMsg: 'pluginLogin:ok' } {
  const code = issueHexCode(world, { kind: 'plugin', appid: app.appid, personId, pluginAppid })
  return { code, errMsg: 'pluginLogin:ok' }
}
