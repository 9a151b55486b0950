import type { Arrow } from './page/wire.ts'

export type NewArrow = Omit<Arrow, 'id' | 'exchange' | 'at'>

export interface Recorder {
  /** @returns What records the reply. */
  begin(request: NewArrow): (reply: NewArrow) => void
  /** What is kept, oldest first. */
  arrows(): readonly Arrow[]
  /** Calls back with each arrow, and with `undefined` when all are gone; returns what ends that. */
  listen(hear: (arrow: Arrow | undefined) => void): () => void
  clear(): void
}

/**
 * Keeps the latest messages.
 *
 * @param now Milliseconds since the Unix epoch.
 * @param limit How many arrows are kept.
 */
export function keepRecord(now: () => number, limit = 600): Recorder {
  const listeners = new Set<(arrow: Arrow | undefined) => void>()
  let kept: Arrow[] = []
  let arrowsMade = 0
  let exchangesMade = 0

  function add(exchange: number, drawn: NewArrow) {
    const at = new Date(now()).toISOString()
    const arrow: Arrow = { ...drawn, id: ++arrowsMade, exchange, at }
    kept = [...kept, arrow].slice(-limit)
    for (const hear of listeners) hear(arrow)
  }

  return {
    begin(request) {
      const exchange = ++exchangesMade
      add(exchange, request)
      return (reply) => {
        // Cleared meanwhile: a reply to nothing that is seen.
        if (kept.some((each) => each.exchange === exchange)) add(exchange, reply)
      }
    },
    arrows: () => kept,
    listen(hear) {
      listeners.add(hear)
      return () => void listeners.delete(hear)
    },
    clear() {
      kept = []
      for (const hear of listeners) hear(undefined)
    },
  }
}
