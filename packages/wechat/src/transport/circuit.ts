/**
 * Spares users the full deadline while WeChat is away, and WeChat the stampede when it comes back.
 * Only failures of transport count. An `errcode` is an answer: one app's wrong secret never shuts
 * out another app.
 */
export interface Circuit {
  /** Failures in a row. */
  failures: number
  /** Open until this instant; 0 when closed. */
  openUntilMs: number
  /** Whether the one call that tests an open circuit is under way. */
  probing: boolean
}

export interface CircuitLimits {
  /** Failures in a row that open the circuit. */
  readonly maxFailures: number
  readonly pauseMs: number
}

export function closedCircuit(): Circuit {
  return { failures: 0, openUntilMs: 0, probing: false }
}

export function isOpen(circuit: Circuit, nowMs: number): boolean {
  return circuit.openUntilMs > 0 && (circuit.probing || nowMs < circuit.openUntilMs)
}

/** Lets a call through or refuses it; after the pause exactly one is let through as the probe. */
export function letThrough(circuit: Circuit, nowMs: number): boolean {
  if (isOpen(circuit, nowMs)) return false
  circuit.probing = circuit.openUntilMs > 0
  return true
}

export function recordAnswer(circuit: Circuit): void {
  circuit.failures = 0
  circuit.openUntilMs = 0
  circuit.probing = false
}

export function recordFailure(circuit: Circuit, nowMs: number, limits: CircuitLimits): void {
  circuit.failures += 1
  if (circuit.failures < limits.maxFailures) return
  circuit.openUntilMs = nowMs + limits.pauseMs
  circuit.probing = false
}
