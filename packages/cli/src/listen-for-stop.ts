type Closable = { close(): Promise<void> }

/**
 * Listens for Ctrl-C and the service manager from now on, so that one who comes while things are
 * still being opened is heard too. A second signal ends the process at once.
 *
 * @returns What waits for the signal, then closes the parts in the order given.
 */
export function listenForStop(): (...parts: readonly Closable[]) => Promise<void> {
  const signals = ['SIGINT', 'SIGTERM'] as const
  const stopped = new Promise<void>((resolve) => {
    const stop = () => {
      for (const signal of signals) process.off(signal, stop)
      resolve()
    }
    for (const signal of signals) process.on(signal, stop)
  })
  return async (...parts) => {
    await stopped
    for (const part of parts) await part.close()
  }
}
