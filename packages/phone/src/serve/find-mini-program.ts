import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface MiniProgram {
  /** The folder that has `app.json`. */
  readonly root: string
  /** Of `project.config.json`, if it has one. */
  readonly appid: string | undefined
}

/**
 * The mini program of a folder: it is there, or where `project.config.json` says. Undefined where
 * there is none.
 */
export function findMiniProgram(folder: string): MiniProgram | undefined {
  const { miniprogramRoot = '.', appid } = readProject(join(folder, 'project.config.json'))
  const root = join(folder, miniprogramRoot)
  return existsSync(join(root, 'app.json')) ? { root, appid } : undefined
}

interface Project {
  readonly miniprogramRoot?: string
  readonly appid?: string
}

/** Nothing, where it is not there or cannot be read. */
function readProject(file: string): Project {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Project
  } catch {
    return {}
  }
}
