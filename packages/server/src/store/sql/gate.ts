import { DatabaseError } from './database-error.ts'

/**
 * Lets `size` in at a time and a bounded number wait, each for a bounded time: who has to wait
 * longer is better told so at once.
 */
export function gate({ size, maxWaiting, waitMs }: GateOptions) {
  let free = size
  const waiting = new Set<() => void>()

  function leave() {
    const [next] = waiting
    if (next) next()
    else free += 1
  }

  /** @returns What is called when leaving. @throws {@link DatabaseError} `overloaded`. */
  return function enter(): Promise<() => void> {
    if (free > 0) {
      free -= 1
      return Promise.resolve(leave)
    }
    if (waiting.size >= maxWaiting) return Promise.reject(new DatabaseError('overloaded'))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(admit)
        reject(new DatabaseError('overloaded'))
      }, waitMs)
      const admit = () => {
        waiting.delete(admit)
        clearTimeout(timer)
        resolve(leave)
      }
      waiting.add(admit)
    })
  }
}

export type GateOptions = { size: number; maxWaiting: number; waitMs: number }
