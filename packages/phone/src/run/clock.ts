export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Runs it after `ms`, unless the returned function is called before. */
  readonly after: (ms: number, run: () => void) => () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
