/** A stretch of time that began at a reading of the device's clock. */
export interface Span {
  sinceMs: number
  lengthMs: number
}

/**
 * What is left of a span, in milliseconds. The device's clock may jump: one set back ends the span,
 * so that nothing is believed to live, or to be forbidden, for longer than its length.
 */
export function leftOf(span: Span, nowMs: number): number {
  const passedMs = nowMs - span.sinceMs
  return passedMs < 0 ? 0 : Math.max(0, span.lengthMs - passedMs)
}
