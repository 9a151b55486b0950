import { expect } from 'vitest'

/** A matcher for text that holds this part. */
export function textWith(part: string): unknown {
  return expect.stringContaining(part)
}

/** A matcher for text of this shape. */
export function textLike(shape: RegExp): unknown {
  return expect.stringMatching(shape)
}
