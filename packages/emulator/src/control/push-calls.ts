import * as v from 'valibot'
import { checkUrl, deliver } from '../push/deliver.ts'
import { writeEvent } from '../push/message.ts'
import type { App, PushSetting } from '../world/app.ts'
import { ok } from './control-call.ts'
import type { ControlCall } from './control-call.ts'
import { findApp, findPerson } from './find.ts'
import { readFields, textLike } from './read-fields.ts'
import { Refusal } from './refusal.ts'

const anAppid = v.string('must be the appid of an app')

/** WeChat tells an app of an event about a person; answers when it has done with it. */
export const postPush: ControlCall = {
  method: 'POST',
  path: '/emulator/push',
  async answer(world, { body }) {
    const { appid, person, event, revoke_info } = readFields(pushFields, body)
    const app = findApp(world, appid)
    const { id } = findPerson(world, person)
    const push = pushOf(app)
    const message = writeEvent(world, app, id, event, revoke_info)
    return ok({ deliveries: await deliver(world, app, push, message) })
  },
}

/** What the console does when the URL is entered: it has to be echoed. */
export const postPushCheck: ControlCall = {
  method: 'POST',
  path: '/emulator/push/check',
  async answer(world, { body }) {
    const app = findApp(world, readFields({ appid: anAppid }, body).appid)
    return ok(await checkUrl(world, app, pushOf(app)))
  },
}

function pushOf(app: App): PushSetting {
  if (app.switches.push) return app.switches.push
  throw new Refusal(
    409,
    'push_not_set',
    'This app has no URL to push to.',
    'Set it with PATCH /emulator/apps/{appid}: { "push": { url, token, mode, format } }.',
  )
}

const pushFields = {
  appid: anAppid,
  person: v.string('must be the id of a person'),
  event: textLike(/^\w{1,64}$/, 'must be the name of an event, such as "user_info_modified"'),
  revoke_info: v.exactOptional(textLike(/^\d{1,3}$/, 'must be text of 1 to 3 digits')),
}
