import { ChangePasswordBody, ChangePhoneBody } from '@kaimen/protocol'
import { secret } from '@kaimen/wechat'
import { spendOtp } from '../challenge/otp.ts'
import { KaimenError } from '../errors.ts'
import { proveByPassword } from '../flow/password.ts'
import { hashPassword } from '../password/hash.ts'
import { judgePassword, weakPassword } from '../password/policy.ts'
import { maskedPhone, openPhone, phoneIndexes, storedPhone } from '../user/phone.ts'
import { readBody } from './body.ts'
import { caller, requireFresh } from './caller.ts'
import type { Handler } from './handlers.ts'
import { endOthers } from './me.ts'
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
  if ((await parts.store.changePhone({ user_id: user.id, phone })) === 'taken') {
    throw new KaimenError('phone_taken')
  }
  const changed = { ...user, phone: phone.sealed, phone_index: phone.index }
  return jsonResponse(userReply(changed, maskedPhone(parts.ring, changed)))
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

  const { policy, cost, hashing } = parts.passwords
  const wanted = secret(body.password)
  const phone = openPhone(parts.ring, user)
  const context = { phone: phone?.e164, nickname: user.nickname }
  const judgement = await judgePassword(policy, context, wanted)
  if (judgement !== 'fine') throw weakPassword(policy, judgement)
  const password = await hashing.run((slot) =>
    hashPassword({ slot, cost, random: parts.random }, wanted),
  )
  const write = { user_id: user.id, password, replaces }
  if ((await parts.store.setPassword(write)) === 'not_set') throw new KaimenError('password_wrong')
  if (body.end_other_sessions ?? true) await endOthers(parts, user.id, session.id)
  return jsonResponse({})
}
