let hasWorked = false

/** Called where this process does something for a server, so that {@link stayAwake} can tell. */
export function noteWork(): void {
  hasWorked = true
}

/**
 * Keeps this process from sleeping. Whoever sends to a process that sleeps has to wake its core,
 * and in a virtual machine that can cost a server a third of all it does for a small answer: the
 * load generator's idleness would be measured, not the server. Only on a core of its own.
 *
 * @returns Lets it sleep again, and tells for what share of the time it had something to do.
 */
export function stayAwake(): () => number {
  const beganMs = performance.now()
  let turnMs = beganMs
  let busyMs = 0
  let isOver = false

  function turn() {
    const nowMs = performance.now()
    if (hasWorked) busyMs += nowMs - turnMs
    hasWorked = false
    turnMs = nowMs
    if (!isOver) setImmediate(turn)
  }
  turn()

  return () => {
    isOver = true
    return busyMs / (performance.now() - beganMs)
  }
}
