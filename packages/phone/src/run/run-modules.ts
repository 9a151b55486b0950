import type { Module } from './program.ts'

/** What a script of a mini program has besides `require`, `module` and `exports`. */
export type Globals = Readonly<Record<string, unknown>>

/**
 * What a browser has and a mini program does not: its scripts find nothing there, as on a phone.
 * `globalThis` stays, for the language's own sake.
 */
const hidden = [
  'window',
  'document',
  'frames',
  'self',
  'location',
  'navigator',
  'localStorage',
  'sessionStorage',
  'history',
  'alert',
  'confirm',
  'prompt',
  'fetch',
  'XMLHttpRequest',
  'WebSocket',
]

/** In the stack of an error: where in which file. */
const origin = 'miniprogram:///'

/** Runs scripts by path, each once. */
export function prepareModules(modules: Readonly<Record<string, Module>>, globals: Globals) {
  const loaded = new Map<string, { exports: unknown }>()

  function load(path: string): unknown {
    const known = loaded.get(path)
    if (known) return known.exports
    const source = modules[path]
    if (!source) throw new Error(`module '${path}' is not defined`)
    const module = { exports: {} as unknown }
    // Before it runs: two modules may require each other.
    loaded.set(path, module)
    const require = (name: string) => {
      const target = source.requires[name]
      if (target !== undefined) return load(target)
      throw new Error(`module '${name}' is not defined, require args is '${name}'`)
    }
    const scope: Record<string, unknown> = { require, module, exports: module.exports, ...globals }
    for (const name of hidden) scope[name] ??= undefined
    const names = Object.keys(scope)
    const run = evaluate(`(function(${names.join(',')}){${source.code}\n})`, path)
    try {
      run.apply(undefined, Object.values(scope))
    } catch (error) {
      loaded.delete(path)
      throw error
    }
    return module.exports
  }

  return load
}

/** The value of an expression, whose errors say that they are from this file. */
export function evaluate(expression: string, path: string): (...given: unknown[]) => unknown {
  // To run it is what it is for; not Function(), which would move every line by two.
  // oxlint-disable-next-line no-eval
  return (0, eval)(`${expression}\n//# sourceURL=${origin}${path}`) as ReturnType<typeof evaluate>
}

/** Where in the mini program an error was thrown, if it was there. */
export function findPlace(error: unknown): { file: string; line: number } | null {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const [, file, line] = /miniprogram:\/\/\/([^:\s)]+):(\d+)/.exec(stack) ?? []
  if (file === undefined) return null
  return { file, line: Number(line) }
}
