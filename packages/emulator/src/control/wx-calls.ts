import * as v from 'valibot'
import { checkSession } from '../phone/check-session.ts'
import { login } from '../phone/login.ts'
import type { App } from '../world/app.ts'
import type { World } from '../world/world.ts'
import { ok } from './control-call.ts'
import type { ControlCall } from './control-call.ts'
import { findApp, findPerson } from './find.ts'
import { readFields } from './read-fields.ts'
import { Refusal } from './refusal.ts'

// The phone gets a result in every case, so a failed checkSession is a 200 too.
export const postWxLogin = wxCall('login', login)
export const postWxCheckSession = wxCall('checkSession', checkSession)

function wxCall(
  name: string,
  run: (world: World, app: App, personId: string) => object,
): ControlCall {
  return {
    method: 'POST',
    path: `/emulator/wx/${name}`,
    answer(world, { body }) {
      const { appid, person } = readFields(whereAndWho, body)
      const app = findApp(world, appid)
      if (app.kind !== 'mini_program') {
        throw new Refusal(
          400,
          'not_a_mini_program',
          `wx.${name} exists in mini programs, and this app is a ${app.kind}.`,
          'Give the appid of a mini_program.',
        )
      }
      return ok(run(world, app, findPerson(world, person).id))
    },
  }
}

const whereAndWho = {
  appid: v.string('must be the appid of an app'),
  person: v.string('must be the id of a person'),
}
