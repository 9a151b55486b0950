import { imageDimensionsFromData } from 'image-dimensions'
import type { BlobExtension, BlobType } from '../blob.ts'

/** A picture that may be kept: what it is, by its content alone. Sides are in pixels. */
export type Picture = {
  readonly type: BlobType
  readonly extension: BlobExtension
  readonly width: number
  readonly height: number
}

/**
 * - `unknown_type`: no PNG, JPEG or WebP by its first bytes, whatever it is called.
 * - `too_large`: over 1 MiB, or over 4096 pixels a side.
 * - `broken`: it begins as one of them, and has no header that says its width and height.
 */
export type PictureFault = 'unknown_type' | 'too_large' | 'broken'

const maxBytes = 1024 * 1024
const maxSide = 4096

/** By the first bytes, as the registrations of the three types have them; `null` stands for any. */
const kinds: readonly {
  readonly type: BlobType
  readonly extension: BlobExtension
  readonly begins: readonly (number | null)[]
}[] = [
  {
    type: 'image/png',
    extension: 'png',
    begins: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  },
  { type: 'image/jpeg', extension: 'jpg', begins: [0xff, 0xd8, 0xff] },
  {
    type: 'image/webp',
    extension: 'webp',
    begins: [...Buffer.from('RIFF'), null, null, null, null, ...Buffer.from('WEBP')],
  },
]

/**
 * Reads the header of a picture that anybody may have sent. Nothing is decoded, and nothing is cut
 * off: what comes after the header, or after the picture, is served as it came, under this type and
 * with `nosniff`.
 */
export function readPicture(bytes: Uint8Array): Picture | PictureFault {
  // Only what begins as one of the three goes to the library, which has parsers for more.
  const kind = kinds.find(({ begins }) =>
    begins.every((byte, at) => byte === null || bytes[at] === byte),
  )
  if (!kind) return 'unknown_type'
  if (bytes.length > maxBytes) return 'too_large'
  const { width = 0, height = 0 } = imageDimensionsFromData(bytes) ?? {}
  if (width < 1 || height < 1) return 'broken'
  if (width > maxSide || height > maxSide) return 'too_large'
  return { type: kind.type, extension: kind.extension, width, height }
}
