import { readFileSync } from 'node:fs'

/** CPU time that all processes together have had so far, in microseconds; undefined but on Linux. */
export function machineCpuMicroseconds(): number | undefined {
  if (process.platform !== 'linux') return undefined
  const [all = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  // proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal; in hundredths of a second.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = all
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq + steal) * 10_000
}

/** More of the machine than that in other hands spoils a measurement; cores. */
export const disturbedCores = 0.25

/**
 * Waits until other processes let go of the machine, `limitSeconds` at most. The servers are idle
 * meanwhile.
 */
export async function waitForQuiet(limitSeconds: number): Promise<void> {
  const untilMs = performance.now() + limitSeconds * 1000
  while (performance.now() < untilMs) {
    const before = machineCpuMicroseconds()
    await new Promise((resolve) => setTimeout(resolve, 250))
    const after = machineCpuMicroseconds()
    if (before === undefined || after === undefined) return
    if (after - before < disturbedCores * 250_000) return
  }
}
