import {
  AdminSecondFactorBody,
  AdminSetUpBeginBody,
  AdminSetUpBody,
  AdminSignInBody,
  type AdminSession,
  type AdminSetUp,
  type AdminSetUpDone,
  type AdminSignInBegun,
} from '@kaimen/protocol'
import { secret } from '@kaimen/wechat'
import {
  endAdminSession,
  idleEnd,
  mintAdminSession,
  type SignedInAdmin,
} from '../../admin/session.ts'
import { readInvite, readName, setUpAdmin, totpSecretOf } from '../../admin/set-up.ts'
import { beginSignIn, finishSignIn, ticketMs } from '../../admin/sign-in.ts'
import { encodeBase32, totpUrl } from '../../admin/totp.ts'
import { secondMs } from '../../clock.ts'
import { readBody, refuseBody } from '../body.ts'
import { writeCookie } from '../browser.ts'
import { limitByAddress, type Handler, type HttpParts } from '../handlers.ts'
import { instant, jsonResponse } from '../reply.ts'
import { adminReply } from './reply.ts'
import type { AdminHandler } from './routes.ts'

/** `POST /v1/admin/set-up/begin` */
export const beginSetUp: Handler = async (parts, call) => {
  await limitByAddress(parts, call, 'admin')
  const body = await readBody(call.request, AdminSetUpBeginBody)
  const token = secret(body.token)
  const { role, expires_at } = await readInvite(parts, token)
  const totp = totpSecretOf(parts.ring, token)
  const reply: AdminSetUp = {
    role,
    totp_secret: encodeBase32(totp),
    totp_url: totpUrl(totp, new URL(parts.publicUrl).host),
    expires_at: instant(expires_at),
  }
  return jsonResponse(reply)
}

/** `POST /v1/admin/set-up` */
export const setUp: Handler = async (parts, call) => {
  await limitByAddress(parts, call, 'admin')
  const body = await readBody(call.request, AdminSetUpBody)
  const name = readName(body.name)
  if (name === undefined) {
    throw refuseBody({
      'zh-CN': 'name 只能有文字、数字、空格和 . _ @ -，且以文字或数字开头和结尾，最多 64 个字符。',
      en: 'name may have letters, digits, spaces and . _ @ -, begins and ends with a letter or digit, and has 64 characters at most.',
    })
  }
  const { token, password, code } = body
  const wanted = { token: secret(token), name, password: secret(password), code }
  const signedIn = await setUpAdmin(parts, wanted)
  const reply: AdminSetUpDone = {
    ...sessionReply(signedIn),
    recovery_codes: [...signedIn.recoveryCodes],
  }
  return withSession(parts, signedIn, jsonResponse(reply, { status: 201 }))
}

/** `POST /v1/admin/sign-in` */
export const signIn: Handler = async (parts, call) => {
  await limitByAddress(parts, call, 'admin')
  const { name, password } = await readBody(call.request, AdminSignInBody)
  // What cannot be a name is nobody's.
  const wanted = { name: readName(name) ?? '', password: secret(password) }
  const ticket = await beginSignIn(parts, wanted)
  const reply: AdminSignInBegun = { ticket, expires_in: ticketMs / secondMs }
  return jsonResponse(reply)
}

/** `POST /v1/admin/sign-in/second-factor` */
export const secondFactor: Handler = async (parts, call) => {
  await limitByAddress(parts, call, 'admin')
  const signedIn = await finishSignIn(parts, await readBody(call.request, AdminSecondFactorBody))
  return withSession(parts, signedIn, jsonResponse(sessionReply(signedIn)))
}

/** `GET /v1/admin/session` */
export const session: AdminHandler = (_parts, call) => jsonResponse(sessionReply(call))

/** `POST /v1/admin/sign-out` */
export const signOut: AdminHandler = async (parts, call) => {
  await endAdminSession(parts, call)
  const response = jsonResponse({})
  response.headers.append('set-cookie', writeCookie(parts, 'admin', '', 0))
  return response
}

function sessionReply({ admin, session: opened }: SignedInAdmin): AdminSession {
  return {
    admin: adminReply(admin),
    idle_expires_at: instant(idleEnd(opened)),
    expires_at: instant(opened.expires_at),
  }
}

function withSession(parts: HttpParts, { session: opened }: SignedInAdmin, response: Response) {
  const seconds = (opened.expires_at - parts.clock.now()) / secondMs
  const value = mintAdminSession(parts.ring, opened.id)
  response.headers.append('set-cookie', writeCookie(parts, 'admin', value, seconds))
  return response
}
