/**
 * Holds the number of calls under way to a limit; the rest wait in a line that has an end. The line
 * needs no clock: every call has the same time, so those ahead give up before those behind.
 */
export interface Gate {
  inFlight: number
  readonly line: (() => void)[]
  /** Called whenever the gate falls idle. */
  onIdle: () => void
}

export interface GateLimits {
  readonly maxInFlight: number
  readonly maxWaiting: number
}

export function openGate(): Gate {
  return { inFlight: 0, line: [], onIdle: () => undefined }
}

/** Resolves to whether the caller is in; whoever is in must `leave`. */
export async function enter(gate: Gate, limits: GateLimits): Promise<boolean> {
  if (gate.inFlight < limits.maxInFlight) {
    gate.inFlight += 1
    return true
  }
  if (gate.line.length >= limits.maxWaiting) return false
  await new Promise<void>((resolve) => gate.line.push(resolve))
  return true
}

/** Hands the place to the first in line. */
export function leave(gate: Gate): void {
  const next = gate.line.shift()
  if (next !== undefined) return next()
  gate.inFlight -= 1
  if (gate.inFlight === 0) gate.onIdle()
}
