import { createHash, timingSafeEqual } from 'node:crypto'

/** Compares what a stranger sent with what was expected, in a time that tells nothing of either. */
export function sameDigest(sent: unknown, expected: string): boolean {
  if (typeof sent !== 'string') return false
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(sent), hash(expected))
}
