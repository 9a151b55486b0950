import { decode as decodeJpeg, encode as encodeJpeg } from 'jpeg-js'
import jsqr from 'jsqr'
import { PNG } from 'pngjs'
import { encode as encodeQr } from 'uqr'

interface Colour {
  readonly r: number
  readonly g: number
  readonly b: number
}

interface Look {
  /** Of each side, in pixels. */
  readonly width: number
  readonly colour: Colour
  /** On nothing, as a PNG; otherwise on white, as a JPEG. */
  readonly transparent: boolean
}

interface Pixels {
  readonly width: number
  readonly height: number
  /** Red, green, blue and alpha of each. */
  readonly data: Uint8Array
}

/** Modules of quiet around a code, which scanners want (ISO/IEC 18004). */
const quietModules = 4

/** A picture of this many pixels at most is read, so that a small file cannot ask for much. */
const readPixels = 4_000_000

/** Draws a text as a QR code. */
export function drawQr(text: string, { width, colour, transparent }: Look): Buffer {
  const { data: modules, size } = encodeQr(text, { ecc: 'M', border: quietModules })
  const scale = Math.floor(width / size)
  const margin = Math.floor((width - size * scale) / 2)
  const data = Buffer.alloc(width * width * 4, transparent ? 0 : 0xff)
  const pixel = [colour.r, colour.g, colour.b, 0xff]
  for (let y = 0; y < size * scale; y += 1) {
    for (let x = 0; x < size * scale; x += 1) {
      if (!modules[Math.floor(y / scale)]?.[Math.floor(x / scale)]) continue
      data.set(pixel, ((y + margin) * width + x + margin) * 4)
    }
  }
  return transparent
    ? toPng({ width, height: width, data })
    : toJpeg({ width, height: width, data })
}

/** The text of the QR code in a picture; undefined if it is none, or no JPEG or PNG. */
export function readQr(picture: Uint8Array): string | undefined {
  const pixels = decode(Buffer.from(picture))
  if (!pixels) return undefined
  const { width, height } = pixels
  return jsqr.default(onWhite(pixels), width, height)?.data
}

/** A square of one colour. */
export function drawSquare({ r, g, b }: Colour, width: number): Buffer {
  const data = Buffer.alloc(width * width * 4)
  for (let at = 0; at < data.length; at += 4) data.set([r, g, b, 0xff], at)
  return toJpeg({ width, height: width, data })
}

function toPng({ width, height, data }: Pixels): Buffer {
  const png = new PNG({ width, height })
  png.data.set(data)
  return PNG.sync.write(png)
}

function toJpeg(pixels: Pixels): Buffer {
  return encodeJpeg(pixels, 90).data
}

function decode(picture: Buffer): Pixels | undefined {
  try {
    if (picture.readUInt16BE(0) === 0xffd8) {
      const maxResolutionInMP = readPixels / 1e6
      return decodeJpeg(picture, { useTArray: true, maxResolutionInMP })
    }
    // Width and height stand first, after the signature and the head of the chunk IHDR.
    if (picture.readUInt32BE(16) * picture.readUInt32BE(20) > readPixels) return undefined
    return PNG.sync.read(picture)
  } catch {
    return undefined
  }
}

function onWhite({ data, width, height }: Pixels): Uint8ClampedArray {
  const flat = new Uint8ClampedArray(width * height * 4)
  for (let at = 0; at < flat.length; at += 4) {
    const alpha = (data[at + 3] ?? 0) / 255
    for (let channel = at; channel < at + 3; channel += 1) {
      flat[channel] = (data[channel] ?? 0) * alpha + 255 * (1 - alpha)
    }
    flat[at + 3] = 255
  }
  return flat
}
