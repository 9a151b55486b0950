import type { AppConfig, Part, Program } from '../run/program.ts'
import { compileScripts } from './compile-script.ts'
import { compileStyles } from './compile-style.ts'
import { compileTemplates } from './compile-template.ts'
import { readParts } from './read-parts.ts'
import { readJson } from './read-json.ts'
import { readTabBar } from './read-tab-bar.ts'
import { hasFile, openSources, type Memory } from './sources.ts'

export interface CompileOptions {
  /** The folder that has `app.json`. */
  readonly root: string
  /** Conditions in the `exports` of npm packages that go before all others; default none. */
  readonly conditions?: readonly string[]
}

export interface Compiler {
  /** Reads the folder again; what has not changed is taken from the last time. */
  compile(): Program
}

/**
 * Makes a program of a native mini program's folder. What is wrong with a file is in the program's
 * `problems`, and the rest runs without it.
 */
export function prepareCompiler({ root, conditions = [] }: CompileOptions): Compiler {
  const memory: Memory = new Map()
  return {
    compile() {
      const sources = openSources(root, conditions, memory)
      if (!hasFile(sources, 'app.json')) {
        sources.problems.push({ kind: 'app_missing', file: 'app.json', reason: root })
        return { ...emptyProgram, problems: sources.problems }
      }
      const config = readJson(sources, 'app.json') as AppConfig & { pages?: string[] }
      const app = config.tabBar ? { ...config, tabBar: readTabBar(sources, config.tabBar) } : config
      const parts = readParts(sources, config)
      const scripts = Object.values(parts).flatMap(({ script }) => script ?? [])
      const entry = ['app.js', 'app.ts'].filter((file) => hasFile(sources, file)).slice(0, 1)
      const templates = compileTemplates(sources, parts)
      const styles = compileStyles(sources, parts)
      const modules = compileScripts(sources, [...entry, ...scripts])
      const pages = Object.keys(parts).filter((path) => isPage(parts[path]))
      return { app, pages, parts, templates, styles, modules, problems: sources.problems }
    },
  }
}

const isPage = (part: Part | undefined) => part?.kind === 'page'

const emptyProgram: Program = {
  app: {},
  pages: [],
  parts: {},
  templates: '({})',
  styles: '',
  modules: {},
  problems: [],
}
