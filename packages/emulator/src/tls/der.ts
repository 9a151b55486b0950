// ASN.1's Distinguished Encoding Rules (X.690), as far as a certificate needs them.

/** One value: its tag, its length and what is inside. */
export function der(tag: number, ...inside: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(inside)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content])
}

export const sequence = (...inside: readonly Uint8Array[]) => der(0x30, ...inside)
export const setOf = (...inside: readonly Uint8Array[]) => der(0x31, ...inside)
export const octets = (inside: Uint8Array) => der(0x04, inside)
export const integer = (bigEndian: Uint8Array) => der(0x02, bigEndian)
export const yes = der(0x01, Buffer.from([0xff]))
export const text = (value: string) => der(0x0c, Buffer.from(value, 'utf8'))

/** Bits in whole bytes, of which the last `unused` do not count. */
export function bits(bytes: Uint8Array, unused = 0): Buffer {
  return der(0x03, Buffer.from([unused]), bytes)
}

/** An object identifier in dotted form. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return der(0x06, ...[first * 40 + second, ...rest].map(base128))
}

/** To the second, until 2049. */
export function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '').slice(2, 14)
  return der(0x17, Buffer.from(`${digits}Z`, 'latin1'))
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  return length < 0x100
    ? Buffer.from([0x81, length])
    : Buffer.from([0x82, length >> 8, length & 0xff])
}

// Seven bits to a byte, all but the last marked.
function base128(value: number): Buffer {
  const bytes = [value & 0x7f]
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80)
  return Buffer.from(bytes)
}
