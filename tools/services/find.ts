import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** @param beside Folders that are looked through after those of the path. */
export function findOnPath(program: string, beside: readonly string[] = []): string | undefined {
  return [...(process.env['PATH'] ?? '').split(delimiter), ...beside]
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file))
}
