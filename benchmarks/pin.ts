import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Of util-linux; what is not there just does not pin. */
export const taskset = 'taskset'

interface Pinning {
  /** Where the servers belong; undefined leaves it to the system. */
  readonly serverCore: number | undefined
  readonly description: string
}

/** Pins this process to the last core, so that the first is the servers'. Linux only. */
export function pinToLastCore(): Pinning {
  const last = availableParallelism() - 1
  const pinned =
    last > 0 && spawnSync(taskset, ['-acp', String(last), String(process.pid)]).status === 0
  return pinned
    ? { serverCore: 0, description: `servers on core 0, load generator and WeChat on core ${last}` }
    : {
        serverCore: undefined,
        description: 'not pinned (no taskset, or one core): servers and load share the cores',
      }
}
