import * as v from 'valibot'
import { readMiniProgramCode } from '../picture/mini-program-code.ts'
import type { World } from '../world/world.ts'
import { ok } from './control-call.ts'
import type { ControlCall } from './control-call.ts'
import { findPerson } from './find.ts'
import { fieldRefusal, readFields } from './read-fields.ts'
import { Refusal } from './refusal.ts'

/** A person scans a mini-program code: where it opens which mini program, and with which scene. */
export const postScan: ControlCall = {
  method: 'POST',
  path: '/emulator/scan',
  answer(world, { body }) {
    const { image, scene, person } = readFields(scanFields, body)
    findPerson(world, person)
    if (image !== undefined && scene === undefined) return ok(readImage(image))
    if (scene !== undefined && image === undefined) return ok(findScene(world, scene))
    throw fieldRefusal('scene', 'must be given, or image, and not both')
  },
}

function readImage(image: string) {
  // With or without the head of a data URL.
  const picture = Buffer.from(image.replace(/^data:[^,]*;base64,/, ''), 'base64')
  const code = readMiniProgramCode(picture)
  if (code === undefined) {
    throw new Refusal(
      400,
      'image_unreadable',
      'No code can be read in this picture.',
      'Send a JPEG or PNG of at most 4 megapixels with one code in it, in base64.',
    )
  }
  if (code === 'other') {
    throw new Refusal(
      400,
      'code_other',
      'The picture holds a code, but none of a mini program.',
      'Send what /wxa/getwxacodeunlimit answered. A website login takes POST /emulator/authorize.',
    )
  }
  const { appid, page, scene } = code
  return { appid, page, scene }
}

function findScene(world: World, scene: string) {
  const destination = world.scenes.get(scene)
  if (destination) return { ...destination, scene }
  throw new Refusal(
    404,
    'scene_unknown',
    'No mini-program code has been made for this scene.',
    'Make one with POST /wxa/getwxacodeunlimit.',
  )
}

const scanFields = {
  image: v.exactOptional(v.string('must be a picture in base64, or a data URL')),
  scene: v.exactOptional(v.string('must be the scene of a mini-program code')),
  person: v.string('must be the id of a person'),
}
