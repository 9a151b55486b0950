import type { Device } from '@kaimen/protocol'

/** The first that is named counts: nearly every browser claims to be another as well. */
const browsers: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bwxwork\//i, 'WeCom'],
  [/\bMicroMessenger\//i, 'WeChat'],
  [/\bQQBrowser\//i, 'QQ Browser'],
  [/\b(HuaweiBrowser)\//i, 'Huawei Browser'],
  [/\bMiuiBrowser\//i, 'Mi Browser'],
  [/\bUCBrowser\//i, 'UC Browser'],
  [/\b(Edg|EdgA|EdgiOS|Edge)\//, 'Edge'],
  [/\b(OPR|Opera)\//, 'Opera'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|HeadlessChrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]

const systems: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\b(iPhone|iPod)\b/, 'iOS'],
  [/\biPad\b/, 'iPadOS'],
  [/\b(OpenHarmony|HarmonyOS)\b/, 'HarmonyOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
]

/**
 * Browser and system by User-Agent, so that a person recognises their own in the list of devices.
 * Anybody can write one: only names that stand here come out, and never a part of what was sent.
 */
export function describeBrowser(userAgent: string | null): Device | undefined {
  const text = userAgent?.slice(0, 1024) ?? ''
  const find = (names: typeof browsers) => names.find(([pattern]) => pattern.test(text))?.[1]
  const [model, system] = [find(browsers), find(systems)]
  if (model === undefined && system === undefined) return undefined
  return { ...(model !== undefined && { model }), ...(system !== undefined && { system }) }
}
