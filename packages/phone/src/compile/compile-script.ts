import { Script } from 'node:vm'
import { transform } from 'sucrase'
import type { Module, Problem } from '../run/program.ts'
import { resolveModule } from './resolve-module.ts'
import type { Sources } from './sources.ts'

/** Each script, and each that it requires, as CommonJS. */
export function compileScripts(
  sources: Sources,
  entries: readonly string[],
): Record<string, Module> {
  const modules: Record<string, Module> = {}
  const waiting = [...entries]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (Object.hasOwn(modules, file)) continue
    const { code, names, problem } = sources.remember(file, compileAs(file))
    if (problem) sources.problems.push({ kind: 'script_syntax', file, ...problem })
    const requires: Record<string, string> = {}
    for (const name of names) {
      const found = resolveModule(sources, file, name)
      if (found === undefined) continue
      requires[name] = found
      waiting.push(found)
    }
    modules[file] = { code, requires }
  }
  return modules
}

interface Compiled {
  readonly code: string
  readonly names: readonly string[]
  readonly problem?: Pick<Problem, 'reason' | 'line' | 'column'>
}

const compileAs =
  (file: string) =>
  (text: string): Compiled => {
    try {
      const { code } = transform(text, {
        transforms: file.endsWith('.ts') ? ['imports', 'typescript'] : ['imports'],
        disableESTransforms: true,
        preserveDynamicImport: true,
        production: true,
      })
      const problem = checkSyntax(code)
      return problem ? { ...unusable(problem.reason), problem } : { code, names: readNames(code) }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const [, reason = message, line, column] =
        /^(?:.*?: )?(.*) \((\d+):(\d+)\)$/.exec(message) ?? []
      return {
        ...unusable(reason),
        problem: { reason, line: Number(line), column: Number(column) },
      }
    }
  }

/** Whoever requires it learns that it is broken; the rest of the program goes on. */
const unusable = (reason: string) => ({
  code: `throw new SyntaxError(${JSON.stringify(reason)})`,
  names: [],
})

/**
 * In the words of the engine that will run it. The source has its lines where the result has them.
 *
 * @param code The body of a function.
 */
export function checkSyntax(code: string): { reason: string; line: number } | undefined {
  try {
    void new Script(`(function(){${code}\n})`, { filename: 'source' })
    return undefined
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const [, line = '1'] = /^source:(\d+)/.exec(error.stack ?? '') ?? []
    return { reason: error.message, line: Number(line) }
  }
}

/** What it requires, or may: words in a comment do no harm. */
export function readNames(code: string): string[] {
  return [...code.matchAll(/\brequire\(\s*(['"])([^'"\n]+)\1\s*\)/g)].map(([, , name = '']) => name)
}
