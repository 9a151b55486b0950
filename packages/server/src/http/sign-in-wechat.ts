import { SignInCloudBody, SignInWechatBody } from '@kaimen/protocol'
import { KaimenError } from '../errors.ts'
import { mintTokens } from '../session/tokens.ts'
import { signInByCloud, signInByWechat } from '../sign-in.ts'
import type { SignInResult } from '../sign-in/result.ts'
import { readBody } from './body.ts'
import { chooseApp, limitByAddress, type Handler, type HttpParts } from './handlers.ts'
import { jsonResponse, signedInReply, tokensReply, userReply } from './reply.ts'

/** `POST /v1/sign-in/wechat` */
export const signInWechat: Handler = async (parts, call) => {
  const { request } = call
  const [{ app_id, code, device, restore }] = await Promise.all([
    readBody(request, SignInWechatBody),
    limitByAddress(parts, call, 'wechat'),
  ])
  const app = chooseApp(parts.apps, app_id)
  const idempotencyKey = readIdempotencyKey(request)
  const attempt = { code, idempotencyKey, device, restore }
  return signInResponse(parts, await signInByWechat(parts, app, attempt))
}

/** `POST /v1/sign-in/cloud` */
export const signInCloud: Handler = async (parts, { request }) => {
  const { device, restore } = await readBody(request, SignInCloudBody)
  const attempt = { headers: request.headers, device, restore }
  return signInResponse(parts, await signInByCloud(parts, parts.apps, attempt))
}

/** What every way of signing in answers with. */
export function signInResponse(parts: HttpParts, result: SignInResult): Response {
  if (result.status === 'phone_required') {
    const { status, ticket, expiresInMs } = result
    return jsonResponse({ status, ticket, expires_in: Math.floor(expiresInMs / 1000) })
  }
  const { session, user, isNewUser, claims } = result
  const pair = mintTokens(parts, session, claims)
  const tokens = tokensReply({ ...pair, session, now: parts.clock.now() })
  return jsonResponse(signedInReply(tokens, userReply(parts, user), isNewUser))
}

function readIdempotencyKey(request: Request): string | undefined {
  const key = request.headers.get('idempotency-key')
  if (key === null) return undefined
  if (/^[\x21-\x7e]{1,128}$/.test(key)) return key
  throw new KaimenError('body_invalid', {
    detail: {
      'zh-CN': 'Idempotency-Key 必须是 1 到 128 个可见 ASCII 字符。',
      en: 'Idempotency-Key has to be 1 to 128 visible ASCII characters.',
    },
  })
}
