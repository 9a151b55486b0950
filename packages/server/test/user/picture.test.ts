import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { typeOfBlob } from '../../src/blob.ts'
import { readPicture } from '../../src/user/picture.ts'
import { googleWebps, makeJpeg, makePng, makeWebp } from '../support/pictures.ts'

const kinds = [
  { type: 'image/png', extension: 'png', make: makePng },
  { type: 'image/jpeg', extension: 'jpg', make: makeJpeg },
  { type: 'image/webp', extension: 'webp', make: makeWebp },
] as const

const samples: Buffer[] = [
  ...kinds.map(({ make }) => make(40, 30)),
  makeJpeg(40, 30, 0xc2),
  ...Object.values(googleWebps),
]
const faults: unknown[] = ['unknown_type', 'too_large', 'broken']
const faultsOrNone = [...faults, 'none']

/** The one thing that is true of whatever anybody may send. */
function isLegal(found: ReturnType<typeof readPicture>): boolean {
  if (typeof found === 'string') return faults.includes(found)
  const { type, extension, width, height } = found
  const sides = [width, height].every((side) => Number.isInteger(side) && side > 0 && side <= 4096)
  return sides && typeOfBlob(`x.${extension}`) === type
}

/** Reads a picture alone, and inside of noise that goes on where the picture ends. */
function readBothWays(bytes: Uint8Array): ReturnType<typeof readPicture> {
  const noise = new Uint8Array(bytes.length + 200).fill(0x41)
  noise.set(bytes, 100)
  const inside = readPicture(noise.subarray(100, 100 + bytes.length))
  const alone = readPicture(Uint8Array.from(bytes))
  expect(inside).toEqual(alone)
  return alone
}

describe.each(kinds)('a picture of $type', ({ type, extension, make }) => {
  it('is known by its content, with its width and height', () => {
    for (const [width, height] of [
      [1, 1],
      [132, 132],
      [640, 480],
      [1, 4096],
      [4096, 1],
    ] as const) {
      expect(readBothWays(make(width, height))).toEqual({ type, extension, width, height })
    }
  })

  it('may have 4096 pixels a side, and not one more', () => {
    expect(readPicture(make(4096, 4096))).toMatchObject({ width: 4096, height: 4096 })
    expect(readPicture(make(4097, 1))).toBe('too_large')
    expect(readPicture(make(1, 4097))).toBe('too_large')
  })

  it('may have 1 MiB, and not one byte more', () => {
    const picture = make(10, 10)
    const full = Buffer.concat([picture, Buffer.alloc(1024 * 1024 - picture.length)])
    expect(readPicture(full)).toMatchObject({ type, width: 10 })
    expect(readPicture(Buffer.concat([full, Buffer.of(0)]))).toBe('too_large')
  })

  it('is broken or of no known type while its header is not whole', () => {
    const picture = make(40, 30)
    const outcomes = Array.from({ length: picture.length }, (_, length) => {
      const found = readBothWays(picture.subarray(0, length))
      return typeof found === 'string' ? found : 'none'
    })
    // First too short to tell, then without its sides, then with them: never back again.
    const order = ['unknown_type', 'broken', 'none']
    const ranks = outcomes.map((outcome) => order.indexOf(outcome))
    expect(faultsOrNone).toEqual(expect.arrayContaining(outcomes))
    expect(ranks).toEqual(ranks.toSorted((x, y) => x - y))
    expect(new Set(ranks)).toEqual(new Set([0, 1, 2]))
  })
})

describe('a picture', () => {
  it('may be any of the kinds of WebP and of JPEG', () => {
    for (const webp of Object.values(googleWebps)) {
      expect(readBothWays(webp)).toEqual({
        type: 'image/webp',
        extension: 'webp',
        width: 1,
        height: 1,
      })
    }
    expect(readBothWays(makeJpeg(40, 30, 0xc2))).toMatchObject({ type: 'image/jpeg', width: 40 })
  })

  it('of no pixels is broken', () => {
    for (const [width, height] of [
      [0, 9],
      [9, 0],
    ] as const) {
      expect(readPicture(makePng(width, height))).toBe('broken')
      expect(readPicture(makeJpeg(width, height))).toBe('broken')
    }
  })

  it('is told by its first bytes, whatever comes later', () => {
    const png = makePng(4, 4)
    const others: (string | Uint8Array)[] = [
      '',
      'GIF89a\x01\0\x01\0\0\0\0;',
      '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>',
      '<?xml version="1.0"?><svg/>',
      '<!doctype html><script>alert(1)</script>',
      '%PDF-1.7',
      'BM',
      'RIFF\x10\0\0\0WAVEfmt ',
      'RIFF\x10\0\0\0AVI LIST',
      '\0\0\0\x20ftypavif\0\0\0\0avifmif1',
      '\0\0\0\x18ftypheic\0\0\0\0',
      '\0\0\0\0JXL \r\n\x87\n',
      'icns\0\0\0\x10is32\0\0\0\0',
      'PK\x03\x04',
      Buffer.concat([Buffer.from('GIF89a'), png]),
      Buffer.concat([Buffer.from('<svg>'), png]),
      Buffer.concat([Buffer.from(' '), png]),
      Buffer.concat([Buffer.from('\ufeff'), png]),
    ]
    for (const other of others) {
      expect(readBothWays(Buffer.from(other as string, 'latin1'))).toBe('unknown_type')
    }
    const polyglot = Buffer.concat([png, Buffer.from('<script>alert(1)</script>')])
    expect(readPicture(polyglot)).toMatchObject({ type: 'image/png', extension: 'png' })
  })

  it('is told apart before its size, so that a large stranger is a stranger', () => {
    expect(readPicture(Buffer.alloc(2 * 1024 * 1024, 0x3c))).toBe('unknown_type')
  })

  it('that is cut, changed or glued anyhow is read or refused, and nothing beyond it is read', () => {
    const change = fc.record({ at: fc.nat(150), byte: fc.nat(255) })
    const damaged = fc
      .record({
        sample: fc.constantFrom(...samples),
        changes: fc.array(change, { maxLength: 8 }),
        // Where lengths and sides are, a change of the first bytes finds more.
        length: fc.option(fc.nat(200), { nil: undefined }),
        tail: fc.uint8Array({ maxLength: 40 }),
      })
      .map(({ sample, changes, length, tail }) => {
        const bytes = Buffer.concat([sample.subarray(0, length), tail])
        for (const { at, byte } of changes) if (at < bytes.length) bytes[at] = byte
        return bytes
      })
    fc.assert(
      fc.property(damaged, (bytes) => isLegal(readBothWays(bytes))),
      { numRuns: 5000 },
    )
  })

  it('that is nothing but its first bytes and noise is read or refused', () => {
    const noise = fc
      .tuple(fc.constantFrom(...samples), fc.nat(40), fc.uint8Array({ maxLength: 400 }))
      .map(([sample, length, tail]) => Buffer.concat([sample.subarray(0, length), tail]))
    fc.assert(
      fc.property(noise, (bytes) => isLegal(readBothWays(bytes))),
      { numRuns: 5000 },
    )
  })

  it('of a mebibyte made to be read slowly is refused after one walk through it', () => {
    const start = Buffer.of(0xff, 0xd8, 0xff)
    const fills = [[0xff], [0xff, 0x01], [0xff, 0xe0, 0, 0], [0xff, 0xe0, 0, 2], [0xff, 0xe1, 0, 1]]
    for (const fill of fills) {
      const bytes = Buffer.alloc(1024 * 1024, Buffer.from(fill))
      bytes.set(start)
      expect(readPicture(bytes)).toBe('broken')
    }
  })
})
