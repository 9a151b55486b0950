import { WechatInputError } from '../errors/input-error.ts'
import { checkCredential, checkText, checkWhole } from '../parameters.ts'
import type { Secret } from '../secret.ts'
import type { Picture } from '../transport/read-reply.ts'
import type { Wechat } from '../wechat.ts'

export interface GetUnlimitedQRCodeParams {
  /** The app's. */
  readonly access_token: string | Secret
  /**
   * What the page gets, 1 to 32 of digits, letters and `!#$&'()*+,/:;=?@-._~`: a short random
   * ticket, whose expiry is yours to keep, since the code itself never expires.
   */
  readonly scene: string
  /** Without leading slash and query, for example `pages/login/login`. Default: the home page. */
  readonly page?: string
  /** Whether WeChat refuses a page that is not in the released version. Default `true`. */
  readonly check_path?: boolean
  /** Which version opens. Default `release`. */
  readonly env_version?: 'release' | 'trial' | 'develop'
  /** Pixels, 280 to 1280. Default 430. */
  readonly width?: number
  readonly auto_color?: boolean
  /** Each 0 to 255. */
  readonly line_color?: { readonly r: number; readonly g: number; readonly b: number }
  /** Transparent; the picture is a PNG then. Default `false`. */
  readonly is_hyaline?: boolean
}

/**
 * Draws a mini-program code to be scanned. 5000 a minute and app.
 *
 * @throws {@link WechatInputError} When a parameter is malformed; nothing was sent.
 * @throws {@link WechatError} When WeChat answers an `errcode`: 40129, 40169, 41030, 45009, 85096,
 *   -1, those of access_tokens.
 * @throws {@link WechatTransportError} When there is no answer that can be used.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/qrcode-link/qr-code/getUnlimitedQRCode.html
 */
export async function getUnlimitedQRCode(
  wechat: Wechat,
  params: GetUnlimitedQRCodeParams,
): Promise<Picture> {
  const { scene, page, check_path, env_version, width, auto_color, line_color, is_hyaline } = params
  checkText('scene', scene, /^[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}$/)
  if (page !== undefined) checkPage(page)
  if (width !== undefined) checkWhole('width', width, 280, 1280)
  for (const shade of Object.values(line_color ?? {})) checkWhole('line_color', shade, 0, 255)
  return wechat.draw({
    endpoint: 'getUnlimitedQRCode',
    method: 'POST',
    path: '/wxa/getwxacodeunlimit',
    query: { access_token: checkCredential('access_token', params.access_token) },
    body: {
      scene,
      ...(page !== undefined && { page }),
      ...(check_path !== undefined && { check_path }),
      ...(env_version !== undefined && { env_version }),
      ...(width !== undefined && { width }),
      ...(auto_color !== undefined && { auto_color }),
      ...(line_color !== undefined && { line_color: { ...line_color } }),
      ...(is_hyaline !== undefined && { is_hyaline }),
    },
  })
}

function checkPage(page: string): void {
  if (page.startsWith('/')) throw new WechatInputError('page', 'must not begin with a slash')
  if (/[?#]/.test(page)) {
    throw new WechatInputError('page', 'must not have a query: put what it needs into scene')
  }
  checkText('page', page, /^[^\s?#]{1,1024}$/)
}
