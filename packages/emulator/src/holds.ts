/** How a held request is released: it goes on, or its connection is cut. */
type Release = 'go_on' | 'cut'

/** The requests that a fault holds back. */
export interface Holds {
  /** Resolves when the time is over (`go_on`), the client is gone (`cut`) or all are released. */
  readonly hold: (clientGone: AbortSignal, delayMs?: number) => Promise<Release>
  /** How many there were. */
  readonly releaseAll: (how: Release) => number
}

export function keepHolds(): Holds {
  const held = new Set<(how: Release) => void>()
  return {
    hold: (clientGone, delayMs) =>
      new Promise((resolve) => {
        const release = (how: Release) => {
          clearTimeout(timer)
          clientGone.removeEventListener('abort', cut)
          held.delete(release)
          resolve(how)
        }
        const cut = () => release('cut')
        const timer = delayMs === undefined ? undefined : setTimeout(release, delayMs, 'go_on')
        clientGone.addEventListener('abort', cut)
        held.add(release)
        if (clientGone.aborted) cut()
      }),
    releaseAll(how) {
      const count = held.size
      for (const release of held) release(how)
      return count
    },
  }
}
