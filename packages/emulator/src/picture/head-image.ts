import { createHash } from 'node:crypto'
import type { World } from '../world/world.ts'
import { drawSquare } from './qr-picture.ts'

/** The sizes in which WeChat serves the picture of a person; 0 is the largest, of 640 pixels. */
const sizes = new Map([
  ['0', 640],
  ['46', 46],
  ['64', 64],
  ['96', 96],
  ['132', 132],
])

/** The grey of whoever shows no picture. */
const grey = { r: 0xc8, g: 0xc8, b: 0xc8 }
const nobody = 'nobody'

/** Where a person's picture is, under the emulator's own address. */
export function headImageUrl(world: World, personId: string | null, size = '132'): string {
  return world.place.url + headImagePath(personId, size)
}

/** The same without the address. */
export function headImagePath(personId: string | null, size: string): string {
  return `/mmopen/vi_32/${personId === null ? nobody : nameOf(personId)}/${size}`
}

/** The picture at a path, a JPEG of one colour that is the person's own; undefined if there is none. */
export function drawHeadImage(world: World, path: string): Buffer | undefined {
  const [, name, sizeText] = /^\/mmopen\/vi_32\/([\w-]+)\/(\d+)$/.exec(path) ?? []
  const size = sizes.get(sizeText ?? '')
  if (!size) return undefined
  if (name === nobody) return drawSquare(grey, size)
  const isSomebody = [...world.people.keys()].some((id) => nameOf(id) === name)
  return isSomebody ? drawSquare(colourOf(name ?? ''), size) : undefined
}

function nameOf(personId: string): string {
  return createHash('sha256').update(`head image ${personId}`).digest('base64url')
}

// Dark enough for white to stand out.
function colourOf(name: string) {
  const [r = 0, g = 0, b = 0] = Buffer.from(name, 'base64url')
  return { r: r % 160, g: g % 160, b: b % 160 }
}
