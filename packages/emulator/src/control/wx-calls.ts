import * as v from 'valibot'
import { checkSession } from '../phone/check-session.ts'
import { getLatestUserKey } from '../phone/get-latest-user-key.ts'
import { getPhoneNumber } from '../phone/get-phone-number.ts'
import { getUserInfo } from '../phone/get-user-info.ts'
import { login } from '../phone/login.ts'
import { pay } from '../phone/pay.ts'
import { pluginLogin } from '../phone/plugin-login.ts'
import type { SeedPerson } from '../seed.ts'
import type { App } from '../world/app.ts'
import type { World } from '../world/world.ts'
import { ok } from './control-call.ts'
import type { ControlCall } from './control-call.ts'
import { findApp, findPerson } from './find.ts'
import { readFields, textLike, yesOrNo } from './read-fields.ts'
import { Refusal } from './refusal.ts'

const whereAndWho = {
  appid: v.string('must be the appid of an app'),
  person: v.string('must be the id of a person'),
}

export const postWxLogin = wxCall('login', (phoneOf, body) => {
  const { world, app, person } = phoneOf(readFields(whereAndWho, body))
  return login(world, app, person.id)
})

export const postWxCheckSession = wxCall('checkSession', (phoneOf, body) => {
  const { world, app, person } = phoneOf(readFields(whereAndWho, body))
  return checkSession(world, app, person.id)
})

export const postWxGetPhoneNumber = wxCall('getPhoneNumber', (phoneOf, body) => {
  const fields = { ...whereAndWho, realtime: v.exactOptional(yesOrNo()) }
  const { realtime = false, ...where } = readFields(fields, body)
  const { world, app, person } = phoneOf(where)
  return getPhoneNumber(world, app, person, realtime)
})

export const postWxGetUserInfo = wxCall('getUserInfo', (phoneOf, body) => {
  const { world, app, person } = phoneOf(readFields(whereAndWho, body))
  return getUserInfo(world, app, person)
})

export const postWxGetLatestUserKey = wxCall('getLatestUserKey', (phoneOf, body) => {
  const { world, app, person } = phoneOf(readFields(whereAndWho, body))
  return getLatestUserKey(world, app, person.id)
})

/** The app itself takes the part of the plugin unless another is named. */
export const postWxPluginLogin = wxCall('pluginLogin', (phoneOf, body) => {
  const fields = { ...whereAndWho, plugin: v.exactOptional(whereAndWho.appid) }
  const { plugin, ...where } = readFields(fields, body)
  const { world, app, person } = phoneOf(where)
  const { app: pluginApp } = phoneOf({ ...where, appid: plugin ?? where.appid })
  return pluginLogin(world, app, person.id, pluginApp.appid)
})

const aNumber = textLike(/^[\w|*@-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 _ - | * @')

export const postWxPay = wxCall('pay', (phoneOf, body) => {
  const fields = {
    ...whereAndWho,
    transaction_id: v.exactOptional(aNumber),
    mch_id: v.exactOptional(aNumber),
    out_trade_no: v.exactOptional(aNumber),
  }
  const { appid, person: who, ...ids } = readFields(fields, body)
  const { world, app, person } = phoneOf({ appid, person: who })
  const paid = pay(world, app, person.id, ids)
  if (paid !== 'id_taken') return paid
  throw new Refusal(
    409,
    'payment_exists',
    'There is a payment with this number already.',
    'Choose another transaction_id or out_trade_no, or leave them out to be given some.',
  )
})

/** Who holds the phone, and the mini program that is open on it. */
interface Phone {
  readonly world: World
  readonly app: App
  readonly person: SeedPerson
}

type PhoneOf = (where: { readonly appid: string; readonly person: string }) => Phone

// The phone gets a result in every case, so a failed call is a 200 too.
function wxCall(
  name: string,
  run: (phoneOf: PhoneOf, body: Readonly<Record<string, unknown>>) => object,
): ControlCall {
  return {
    method: 'POST',
    path: `/emulator/wx/${name}`,
    answer(world, { body }) {
      const phoneOf: PhoneOf = ({ appid, person }) => {
        const app = findApp(world, appid)
        if (app.kind !== 'mini_program') throw notAMiniProgram(name, app)
        return { world, app, person: findPerson(world, person) }
      }
      return ok(run(phoneOf, body))
    },
  }
}

function notAMiniProgram(name: string, app: App): Refusal {
  return new Refusal(
    400,
    'not_a_mini_program',
    `wx.${name} exists in mini programs, and this app is a ${app.kind}.`,
    'Give the appid of a mini_program.',
  )
}
