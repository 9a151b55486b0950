import { drawMiniProgramCode, envVersions } from '../picture/mini-program-code.ts'
import type { MiniProgramCode } from '../picture/mini-program-code.ts'
import type { App } from '../world/app.ts'
import { spendQuota } from '../world/quota.ts'
import { homePageOf, keepScene } from '../world/scene.ts'
import { byAccessToken } from './by-access-token.ts'
import { bodyErrcodes, errcode, fact, tokenErrcodes } from './doc.ts'
import type { Endpoint } from './endpoint.ts'
import { readJson } from './read-json.ts'

/** `POST /wxa/getwxacodeunlimit` (getUnlimitedQRCode): a mini-program code with a scene. */
export const getwxacodeunlimit: Endpoint = {
  path: '/wxa/getwxacodeunlimit',
  family: 'cgi',
  doc: {
    name: 'getUnlimitedQRCode',
    host: 'api.weixin.qq.com',
    methods: ['POST'],
    credential: 'access_token',
    does: {
      en: 'Draws a mini-program code that carries a scene. `POST /emulator/scan` reads it back from the picture.',
      zh: '生成带 scene 的小程序码。`POST /emulator/scan` 可从图片中读出。',
    },
    facts: [
      fact(
        'answer',
        'documented',
        'The bytes of a JPEG, of a PNG with `is_hyaline`; JSON only when it fails.',
        '返回 JPEG 图片，`is_hyaline` 为 true 时为 PNG；只有失败时返回 JSON。',
      ),
      fact(
        'answer',
        'assumed',
        'The picture holds a square QR code in place of the round one. `auto_color` is black.',
        '图片是方形二维码，而不是圆形小程序码。`auto_color` 为黑色。',
      ),
      fact(
        'request',
        'documented',
        "`scene` has 1 to 32 of the characters 0-9 a-z A-Z !#$&'()*+,/:;=?@-._~; no %.",
        "`scene` 为 1 到 32 个字符，只能是 0-9 a-z A-Z !#$&'()*+,/:;=?@-._~，不能有 %。",
      ),
      fact(
        'request',
        'documented',
        '`page` has neither a leading / nor a query. With `check_path` it is one of the switch `released_pages`; `null`, the default, has every page.',
        '`page` 不以 / 开头，不带参数。`check_path` 为 true 时须在开关 `released_pages` 中；默认 `null` 表示任意页面都已发布。',
      ),
      fact(
        'request',
        'assumed',
        'A `width` beyond 280 to 1280 is refused.',
        '`width` 超出 280 到 1280 时报错。',
      ),
      fact('quota', 'documented', '5000 a minute.', '每分钟 5000 次。'),
    ],
    errcodes: [
      ...tokenErrcodes,
      ...bodyErrcodes,
      errcode(
        40169,
        'documented',
        'scene is missing, empty or longer than 32 characters.',
        'scene 缺失、为空或超过 32 个字符。',
      ),
      errcode(
        40129,
        'documented',
        'scene has another character than those.',
        'scene 含有不允许的字符。',
      ),
      errcode(
        41030,
        'documented',
        'The page begins with /, has a query or is not released.',
        'page 以 / 开头、带有参数或未发布。',
      ),
      errcode(
        40097,
        'documented',
        'env_version, width or a colour is another.',
        'env_version、width 或颜色参数错误。',
      ),
      errcode(
        85096,
        'seen',
        'scene or page has the reserved name `scancode_time`.',
        'scene 或 page 中含有保留字 `scancode_time`。',
      ),
      errcode(
        45009,
        'documented',
        'The quota of this minute is used up.',
        '本分钟调用次数已用完。',
      ),
    ],
  },
  answer: byAccessToken(
    { method: 'POST', kinds: ['mini_program'] },
    (world, request, { fail }, app) => {
      const body = readJson(request)
      if (typeof body === 'number') return fail(body)
      const code = readCode(app, body)
      if (typeof code === 'number') return fail(code)
      const look = readLook(body)
      if (typeof look === 'number') return fail(look)
      const spent = spendQuota(world, app, 'getwxacodeunlimit_per_minute')
      if (spent !== 'spent') return fail(spent)

      keepScene(world, code)
      return {
        status: 200,
        contentType: look.transparent ? 'image/png' : 'image/jpeg',
        body: drawMiniProgramCode(code, look),
        errcode: 0,
      }
    },
  ),
}

type Body = Readonly<Record<string, unknown>>

function readCode(app: App, body: Body): MiniProgramCode | number {
  const { scene, page = homePageOf(app), check_path = true, env_version = 'release' } = body
  if (typeof scene !== 'string' || scene === '' || scene.length > 32) return 40169
  if (`${scene} ${String(page)}`.includes('scancode_time')) return 85096
  if (!/^[\w!#$&'()*+,/:;=?@.~-]+$/.test(scene)) return 40129
  if (typeof page !== 'string' || !/^[^/?#\s][^?#\s]*$/.test(page)) return 41030
  const released = app.switches.released_pages
  if (check_path !== false && released?.includes(page) === false) return 41030
  const version = envVersions.find((each) => each === env_version)
  if (!version) return 40097
  return { appid: app.appid, page, scene, env_version: version }
}

type Look = Parameters<typeof drawMiniProgramCode>[1]

function readLook(body: Body): Look | number {
  const { width = 430, auto_color = false, line_color = {}, is_hyaline = false } = body
  const isWidth = typeof width === 'number' && Number.isInteger(width)
  if (!isWidth || width < 280 || width > 1280) return 40097
  if (typeof line_color !== 'object' || line_color === null) return 40097
  const { r = 0, g = 0, b = 0 }: { r?: unknown; g?: unknown; b?: unknown } = line_color
  const colour = { r: Number(r), g: Number(g), b: Number(b) }
  const isColour = Object.values(colour).every((part) => part >= 0 && part <= 255)
  if (!isColour) return 40097
  return {
    width,
    colour: auto_color === true ? { r: 0, g: 0, b: 0 } : colour,
    transparent: is_hyaline === true,
  }
}
