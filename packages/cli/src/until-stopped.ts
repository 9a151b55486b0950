/**
 * Waits for Ctrl-C or the service manager, then closes in the order given. A second signal ends at
 * once.
 */
export async function untilStopped(...parts: readonly { close(): Promise<void> }[]): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  for (const part of parts) await part.close()
}
