import { readFileSync, statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import type { Problem } from '../run/program.ts'

/**
 * The folder of a mini program, and what is found in it. Paths are relative to the folder, with
 * slashes.
 */
export interface Sources {
  readonly root: string
  /** Names of conditions in the `exports` of npm packages that are preferred to all others. */
  readonly conditions: readonly string[]
  readonly problems: Problem[]
  /** Remembers what `work` made of a file for as long as the file stays as it is. */
  remember<Result>(file: string, work: (text: string) => Result): Result
  /** Remembers what `work` made for as long as the stamp is the same. */
  recall<Result>(name: string, stamp: string, work: () => Result): Result
}

/** What was made of what; keep it between two compilations of one folder. */
export type Memory = Map<string, { stamp: string; result: unknown }>

export function openSources(root: string, conditions: readonly string[], memory: Memory): Sources {
  function recall<Result>(name: string, stamp: string, work: () => Result): Result {
    const known = memory.get(name)
    // Each name has one kind of work, and so one kind of result.
    if (known?.stamp === stamp) return known.result as Result
    const result = work()
    memory.set(name, { stamp, result })
    return result
  }
  return {
    root,
    conditions,
    problems: [],
    recall,
    remember<Result>(file: string, work: (text: string) => Result): Result {
      const path = join(root, file)
      const { mtimeMs, size } = statSync(path)
      return recall(file, `${mtimeMs} ${size}`, () => work(readFileSync(path, 'utf8')))
    },
  }
}

export function hasFile({ root }: Sources, file: string): boolean {
  return statSync(join(root, file), { throwIfNoEntry: false })?.isFile() === true
}

/** @param reference Relative to `file`, or from the root of the program with a slash. */
export function locate(file: string, reference: string): string {
  if (reference.startsWith('/')) return posix.normalize(reference).replace(/^\/+/, '')
  return posix.normalize(posix.join(dirname(file), reference))
}

/** Where the text of a JSON or JavaScript error says that it is, if it does. */
export function placeAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
