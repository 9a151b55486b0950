/**
 * One timer for a whole call: the wait in line, the connection, the request, and the last byte of
 * the reply. undici's own timeouts restart with every byte, so a server that drips could hold a
 * call open for as long as it likes.
 */
export interface Deadline {
  expired: boolean
  /** What to give up when the time is over; each stage of a call sets its own. */
  giveUp: () => void
  /** Stops the timer. */
  clear(): void
}

export function startDeadline(timeoutMs: number): Deadline {
  const timer = setTimeout(() => {
    deadline.expired = true
    deadline.giveUp()
  }, timeoutMs)
  const deadline: Deadline = {
    expired: false,
    giveUp: () => undefined,
    clear: () => clearTimeout(timer),
  }
  return deadline
}
