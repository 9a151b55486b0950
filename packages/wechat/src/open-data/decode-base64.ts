/**
 * The bytes of a base64 text, or `undefined` where it is not exactly how those bytes are written:
 * other alphabets, white space, missing padding and stray bits are refused. A space where a `+` was
 * is what a form decoder leaves.
 */
export function decodeBase64(text: string): Buffer | undefined {
  if (typeof text !== 'string') return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
