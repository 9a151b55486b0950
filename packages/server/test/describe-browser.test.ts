import { describe, expect, it } from 'vitest'
import { describeBrowser } from '../src/http/describe-browser.ts'

describe('the device of a browser', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0',
      'Edge',
      'Windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/18.0 Safari/605',
      'Safari',
      'macOS',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.50',
      'WeChat',
      'iOS',
    ],
    [
      'Mozilla/5.0 (Linux; Android 15; PGP110) Chrome/130 Mobile Safari/537.36',
      'Chrome',
      'Android',
    ],
    [
      'Mozilla/5.0 (Phone; OpenHarmony 5.0) ArkWeb/4 Mobile HuaweiBrowser/5.1',
      'Huawei Browser',
      'HarmonyOS',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox', 'Linux'],
  ])('%s is %s on %s', (userAgent, model, system) => {
    expect(describeBrowser(userAgent)).toEqual({ model, system })
  })

  it('is unknown where nothing is recognised, and never what was sent', () => {
    expect(describeBrowser(null)).toBe(undefined)
    expect(describeBrowser('<b>me</b>')).toBe(undefined)
  })
})
