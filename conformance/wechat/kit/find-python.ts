import { spawnSync } from 'node:child_process'

/** Whether there is a Python to run programs with. */
export function findPython(): boolean {
  return spawnSync('python3', ['--version']).status === 0
}
