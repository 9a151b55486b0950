/**
 * The bytes without their PKCS#7 padding, or `undefined` where that is not exact. Looks at as many
 * bytes in every case, so that its time does not tell where it failed.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5652#section-6.3
 */
export function stripPadding(bytes: Buffer, blockBytes: 16 | 32): Buffer | undefined {
  if (bytes.length === 0 || bytes.length % blockBytes !== 0) return undefined
  const count = bytes.readUInt8(bytes.length - 1)
  let wrong = count < 1 || count > blockBytes ? 1 : 0
  for (let back = 1; back <= blockBytes; back += 1) {
    const isPadding = back <= count ? 1 : 0
    wrong |= isPadding & (bytes.readUInt8(bytes.length - back) === count ? 0 : 1)
  }
  return wrong === 0 ? bytes.subarray(0, bytes.length - count) : undefined
}
