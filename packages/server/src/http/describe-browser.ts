import type { Device } from '@kaimen/protocol'

/** The first that fits: most browsers name those that they descend from too. */
const browsers: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\b(MicroMessenger|WindowsWechat)\b/i, 'WeChat'],
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\b(OPR|OPT|Opera)\//, 'Opera'],
  [/\b(M?QQBrowser)\//, 'QQ Browser'],
  [/\b(QIHU|360SE|360EE)\b/, '360'],
  [/\b(MetaSr|SogouMobileBrowser)\b/, 'Sogou'],
  [/\bQuark\//, 'Quark'],
  [/\b(UCBrowser|UBrowser)\//, 'UC'],
  [/\bHuaweiBrowser\//, 'Huawei Browser'],
  [/\bMiuiBrowser\//, 'Mi Browser'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b((Headless)?Chrome|Chromium|CriOS)\//, 'Chrome'],
  [/\bVersion\/[\d.]+ .*\bSafari\//, 'Safari'],
]

const systems: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\b(HarmonyOS|OpenHarmony)\b/, 'HarmonyOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bAndroid\b/, 'Android'],
  [/\biPad\b/, 'iPadOS'],
  [/\b(iPhone|iPod)\b/, 'iOS'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

/**
 * What a person would recognise a browser by, as `{ model: 'Chrome', system: 'Windows' }`, from what
 * it says of itself. `undefined` where neither is known.
 */
export function describeBrowser(userAgent: string | null): Device | undefined {
  // A long one takes time to look through, and none of a browser's is.
  const text = (userAgent ?? '').slice(0, 512)
  const name = (known: typeof browsers) => known.find(([pattern]) => pattern.test(text))?.[1]
  const model = name(browsers)
  const system = name(systems)
  if (model === undefined && system === undefined) return undefined
  return { ...(model !== undefined && { model }), ...(system !== undefined && { system }) }
}
