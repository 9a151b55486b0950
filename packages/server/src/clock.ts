/** Time, passed in. */
export type Clock = {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Ends early when `signal` aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        // Of one signal many sleeps may wait, one after the other.
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, milliseconds)
      signal?.addEventListener('abort', end)
    }),
}

export const secondMs = 1000
export const minuteMs = 60 * secondMs
export const dayMs = 24 * 60 * minuteMs
