import * as v from 'valibot'
import { setFollowing } from '../world/following.ts'
import { ok } from './control-call.ts'
import type { ControlCall } from './control-call.ts'
import { findApp, findPerson } from './find.ts'
import { readFields, yesOrNo } from './read-fields.ts'
import { Refusal } from './refusal.ts'

/** A person begins or ends to follow a service account. */
export const postFollow: ControlCall = {
  method: 'POST',
  path: '/emulator/follow',
  answer(world, { body }) {
    const { appid, person, follow } = readFields(followFields, body)
    const app = findApp(world, appid)
    if (app.kind !== 'service_account') {
      throw new Refusal(
        400,
        'not_a_service_account',
        `Only service accounts are followed, and this app is a ${app.kind}.`,
        'Give the appid of a service_account.',
      )
    }
    const { id } = findPerson(world, person)
    setFollowing(world, app, id, follow)
    return ok({ appid, person: id, follow })
  },
}

const followFields = {
  appid: v.string('must be the appid of a service account'),
  person: v.string('must be the id of a person'),
  follow: yesOrNo(),
}
