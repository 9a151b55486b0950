import type { Deadline } from './deadline.ts'

/** Holds the number of calls under way to a limit; the rest wait in a line that has an end. */
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

/** Whoever is let `in` must `leave`. */
export async function enter(
  gate: Gate,
  limits: GateLimits,
  deadline: Deadline,
): Promise<'in' | 'overloaded' | 'timeout'> {
  if (gate.inFlight < limits.maxInFlight) {
    gate.inFlight += 1
    return 'in'
  }
  if (gate.line.length >= limits.maxWaiting) return 'overloaded'
  return new Promise((resolve) => {
    const step = () => {
      deadline.giveUp = () => undefined
      resolve('in')
    }
    deadline.giveUp = () => {
      gate.line.splice(gate.line.indexOf(step), 1)
      resolve('timeout')
    }
    gate.line.push(step)
  })
}

/** Hands the place to the first in line. */
export function leave(gate: Gate): void {
  const next = gate.line.shift()
  if (next !== undefined) return next()
  gate.inFlight -= 1
  if (gate.inFlight === 0) gate.onIdle()
}
