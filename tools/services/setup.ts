// Vitest runs this once, before its workers; they inherit the environment.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openServices } from './open-services.ts'
import { programs } from './program.ts'
import { services } from './service.ts'

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const { testFiles } = await project.globTestFiles(readFilters(process.argv.slice(2)))
  const needed = [...services, ...programs].filter(({ variable }) =>
    testFiles.some((file) => needs(file, variable)),
  )
  return openServices(needed, process.env, (line) => console.error(line))
}

/** The files that Vitest was asked for: an option has slashes and points too. */
export function readFilters(commandLine: readonly string[]): string[] {
  return commandLine.filter((argument) => /[/.]/.test(argument) && !argument.startsWith('-'))
}

/** A test names the variable of what it needs, or what it imports of the `support` folders does. */
export function needs(file: string, variable: string, seen = new Set<string>()): boolean {
  if (seen.has(file)) return false
  seen.add(file)
  const text = readFileSync(file, 'utf8')
  if (text.includes(variable)) return true
  return [...text.matchAll(/from '(\.{1,2}\/[^']+\.ts)'/g)]
    .map(([, path = '']) => join(dirname(file), path))
    .some((path) => path.includes('/support/') && needs(path, variable, seen))
}
