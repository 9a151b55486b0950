import { ChangePasswordBody, ChangePhoneBody } from '@kaimen/protocol'
import { secret } from '@kaimen/wechat'
import { spendOtp } from '../challenge/otp.ts'
import { KaimenError } from '../errors.ts'
import { stampEvent } from '../events.ts'
import { proveByPassword } from '../flow/password.ts'
import type { AuthEvent } from '../hooks.ts'
import { formatId } from '../id.ts'
import { choosePassword } from '../password/choose.ts'
import { maskPhone } from '../phone-number.ts'
import { openPhone, phoneIndexes, storedPhone } from '../user/phone.ts'
import { readBody } from './body.ts'
import { caller, requireFresh } from './caller.ts'
import type { Handler } from './handlers.ts'
import { endOthers } from '../session/end-session.ts'
import { jsonResponse, userReply } from './reply.ts'
import { readPhone } from './sign-in-phone.ts'

/** `PUT /v1/me/phone` */
export const changePhone: Handler = async (parts, call) => {
  const authenticated = await caller(parts, call)
  const body = await readBody(call.request, ChangePhoneBody)
  requireFresh(parts, authenticated)
  const { user } = authenticated
  const number = readPhone(body.phone)
  const [phone_index = ''] = phoneIndexes(parts.ring, number)
  await spendOtp(parts, { phone_index, purpose: `change_phone/${user.id}` }, body.otp)
  const phone = storedPhone(parts.ring, parts.random, number)
  const told: AuthEvent = {
    kind: 'phone_changed',
    user_id: formatId('usr', user.id),
    phone: maskPhone(number),
  }
  const write = { user_id: user.id, phone, event: stampEvent(parts, told) }
  const outcome = await parts.store.changePhone(write)
  if (outcome === 'taken') throw new KaimenError('phone_taken')
  // Somebody left while they were served, which ended this session.
  if (outcome === 'user_not_active') throw new KaimenError('session_ended')
  parts.emit(told)
  return jsonResponse(userReply(parts, { ...user, phone: phone.sealed, phone_index: phone.index }))
}

/**
 * `PUT /v1/me/password`. Setting the first one needs a fresh sign-in, changing it the one until
 * now. [PW-6]
 */
export const changePassword: Handler = async (parts, call) => {
  const authenticated = await caller(parts, call)
  const body = await readBody(call.request, ChangePasswordBody)
  const { user, session } = authenticated
  let replaces = (await parts.store.findPassword(user.id)) ?? null
  if (replaces === null) requireFresh(parts, authenticated)
  else if (body.current_password === undefined) throw new KaimenError('password_wrong')
  else {
    const account = user.phone_index ?? String(user.id)
    replaces = await proveByPassword(parts, account, user.id, secret(body.current_password))
  }

  const context = { phone: openPhone(parts.ring, user)?.e164, nickname: user.nickname }
  const password = await choosePassword(parts, context, secret(body.password))
  const told: AuthEvent = {
    kind: 'password_changed',
    user_id: formatId('usr', user.id),
    first: replaces === null,
  }
  const write = { user_id: user.id, password, replaces, event: stampEvent(parts, told) }
  if ((await parts.store.setPassword(write)) === 'not_set') throw new KaimenError('password_wrong')
  parts.emit(told)
  if (body.end_other_sessions ?? true) await endOthers(parts, user.id, session.id)
  return jsonResponse({})
}
