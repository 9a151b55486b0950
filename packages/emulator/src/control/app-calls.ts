import * as v from 'valibot'
import { appKinds, registerApp } from '../world/app.ts'
import { deriveAppid, deriveSecret } from '../world/identity.ts'
import { isLoopback } from '../world/loopback.ts'
import type { World } from '../world/world.ts'
import { created, ok } from './control-call.ts'
import type { ControlCall } from './control-call.ts'
import { findApp, findPerson } from './find.ts'
import { fieldRefusal, oneOf, readFields, textLike } from './read-fields.ts'
import { Refusal } from './refusal.ts'
import { openPlatform, switchFields } from './switches.ts'
import { describeApp } from './world-calls.ts'

export const postApps: ControlCall = {
  method: 'POST',
  path: '/emulator/apps',
  answer(world, { body }) {
    const { kind, appid, secret, open_platform } = readFields(appFields, body)
    const ordinal = world.apps.size + 1
    const app = registerApp({
      kind,
      appid: appid ?? deriveAppid(ordinal),
      secret: secret ?? deriveSecret(ordinal),
      open_platform: open_platform ?? null,
    })
    if (world.apps.has(app.appid)) {
      throw new Refusal(
        409,
        'app_exists',
        'There is an app with this appid already.',
        'Choose another appid, leave it out to be given one, or change the app with PATCH.',
      )
    }
    world.apps.set(app.appid, app)
    return created(describeApp(app))
  },
}

export const patchApp: ControlCall = {
  method: 'PATCH',
  path: '/emulator/apps/{appid}',
  answer(world, { body, appid }) {
    const app = findApp(world, appid)
    const { open_platform, ...switches } = readFields(switchFields, body)
    for (const people of [switches.blocked, switches.phone_denied, switches.phone_blocked]) {
      if (!Array.isArray(people)) continue
      for (const id of people) findPerson(world, id)
    }
    if (switches.push) refuseFar(world, switches.push.url)
    if (open_platform !== undefined) app.open_platform = open_platform
    app.switches = { ...app.switches, ...switches }
    return ok({ ...describeApp(app), ...app.switches })
  },
}

const appFields = {
  kind: oneOf(appKinds),
  appid: v.exactOptional(textLike(/^wx[0-9a-f]{16}$/, 'must be wx and 16 of 0-9 a-f')),
  secret: v.exactOptional(textLike(/^[0-9a-f]{32}$/, 'must be 32 of 0-9 a-f')),
  open_platform: v.exactOptional(openPlatform),
}

// Whoever may switch must not make the emulator call where only it can reach.
function refuseFar(world: World, url: string): void {
  const { protocol, hostname } = new URL(url)
  const isNear = isLoopback(hostname) || world.place.pushHosts.includes(hostname)
  if (isNear && /^https?:$/.test(protocol)) return
  throw fieldRefusal(
    'push',
    'must have an http or https url on localhost, or on a host that the option pushHosts of createEmulator names',
  )
}
