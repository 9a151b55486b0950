/** Time, passed in. */
export type Clock = {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Ends early when `signal` aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve()
      const timer = setTimeout(wake, milliseconds)
      signal.addEventListener('abort', wake, { once: true })
      function wake() {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        resolve()
      }
    }),
}

export const secondMs = 1000
