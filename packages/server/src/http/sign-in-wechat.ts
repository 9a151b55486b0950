import { SignInWechatBody } from '@kaimen/protocol'
import { KaimenError } from '../errors.ts'
import { mintTokens } from '../session/tokens.ts'
import { signInByWechat, type SignInResult } from '../sign-in.ts'
import { hookUser } from '../hook-user.ts'
import { maskedPhone } from '../user/phone.ts'
import { readBody } from './body.ts'
import { chooseApp, type Handler, type HttpParts } from './handlers.ts'
import { jsonResponse, signedInReply, tokensReply, userReply } from './reply.ts'

/** `POST /v1/sign-in/wechat` */
export const signInWechat: Handler = async (parts, { request }) => {
  const { app_id, code, device } = await readBody(request, SignInWechatBody)
  const app = chooseApp(parts.apps, app_id)
  const idempotencyKey = readIdempotencyKey(request)
  return signInResponse(parts, await signInByWechat(parts, app, { code, idempotencyKey, device }))
}

/** What every way of signing in answers with. */
export async function signInResponse(parts: HttpParts, result: SignInResult): Promise<Response> {
  if (result.status === 'phone_required') {
    const { status, ticket, expiresInMs } = result
    return jsonResponse({ status, ticket, expires_in: Math.floor(expiresInMs / 1000) })
  }
  const { session, user, isNewUser } = result
  const pair = await mintTokens(parts, session, () => hookUser(user))
  const tokens = tokensReply({ ...pair, session, now: parts.clock.now() })
  return jsonResponse(
    signedInReply(tokens, userReply(user, maskedPhone(parts.ring, user)), isNewUser),
  )
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
