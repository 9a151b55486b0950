// Real pictures, small and plain, of any size.

import { crc32, deflateSync } from 'node:zlib'

/** Grey, eight bits deep: https://www.w3.org/TR/png-3/ */
export function makePng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 0, 0, 0, 0], 8)
  const pixels = deflateSync(Buffer.alloc((width + 1) * height))
  return Buffer.concat([
    Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    pngChunk('IHDR', header),
    pngChunk('IDAT', pixels),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

function pngChunk(name: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(12 + data.length)
  chunk.writeUInt32BE(data.length, 0)
  chunk.write(name, 4, 'latin1')
  chunk.set(data, 8)
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length)
  return chunk
}

/** Grey, baseline or progressive by its marker, with an Exif segment: ITU-T T.81. */
export function makeJpeg(width: number, height: number, startOfFrame = 0xc0): Buffer {
  const frame = Buffer.of(8, 0, 0, 0, 0, 1, 1, 0x11, 0)
  frame.writeUInt16BE(height, 1)
  frame.writeUInt16BE(width, 3)
  // Each table has one code, `0`: no difference from the block before, and the end of the block.
  const oneCode = [1, ...Array.from({ length: 15 }, () => 0), 0]
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8)
  const scan = Buffer.alloc(Math.ceil(blocks / 4))
  scan[scan.length - 1] = 2 ** ((4 - (blocks % 4 || 4)) * 2) - 1
  return Buffer.concat([
    Buffer.of(0xff, 0xd8),
    jpegSegment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')),
    jpegSegment(0xe1, Buffer.from('Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0', 'latin1')),
    jpegSegment(0xdb, Buffer.of(0, ...Buffer.alloc(64, 1))),
    jpegSegment(startOfFrame, frame),
    jpegSegment(0xc4, Buffer.of(0x00, ...oneCode)),
    jpegSegment(0xc4, Buffer.of(0x10, ...oneCode)),
    jpegSegment(0xda, Buffer.of(1, 1, 0, 0, 63, 0)),
    scan,
    Buffer.of(0xff, 0xd9),
  ])
}

function jpegSegment(marker: number, data: Buffer): Buffer {
  const segment = Buffer.concat([Buffer.of(0xff, marker, 0, 0), data])
  segment.writeUInt16BE(data.length + 2, 2)
  return segment
}

/**
 * Lossless, of one colour:
 * https://developers.google.com/speed/webp/docs/webp_lossless_bitstream_specification
 */
export function makeWebp(width: number, height: number): Buffer {
  const bits = [
    ...lowestFirst(0x2f, 8),
    ...lowestFirst(width - 1, 14),
    ...lowestFirst(height - 1, 14),
    // No alpha, version 0; no transform, no colour cache, no meta codes.
    ...lowestFirst(0, 7),
    // Five codes of one symbol, which takes no bit of what follows.
    ...[128, 128, 128, 255, 0].flatMap((symbol) => [1, 0, 1, ...lowestFirst(symbol, 8)]),
  ]
  const data = Buffer.alloc(Math.ceil(bits.length / 8))
  for (const [at, bit] of bits.entries()) data[at >> 3] = (data[at >> 3] ?? 0) | (bit << (at & 7))
  return riff('VP8L', data)
}

function riff(name: string, data: Buffer): Buffer {
  const padded = Buffer.concat([data, Buffer.alloc(data.length % 2)])
  const file = Buffer.concat([Buffer.from(`RIFF....WEBP${name}....`), padded])
  file.writeUInt32LE(file.length - 8, 4)
  file.writeUInt32LE(data.length, 16)
  return file
}

const lowestFirst = (value: number, count: number) =>
  Array.from({ length: count }, (_, at) => (value >> at) & 1)

/**
 * The pictures of one pixel of https://developers.google.com/speed/webp/faq, by which browsers are
 * tried.
 */
export const googleWebps = {
  lossy: Buffer.from('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA', 'base64'),
  lossless: Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64'),
  alpha: Buffer.from(
    'UklGRkoAAABXRUJQVlA4WAoAAAAQAAAAAAAAAAAAQUxQSAwAAAARBxAR/Q9ERP8DAABWUDggGAAAABQBAJ0BKgEAAQAAAP4AAA3AAP7mtQAAAA==',
    'base64',
  ),
}
