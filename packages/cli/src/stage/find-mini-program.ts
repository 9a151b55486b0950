import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CompileOptions } from '@kaimen/phone'
import { refuse } from '../refuse.ts'

/** That of a clone, four folders up from here. */
const example = join(import.meta.dirname, '../../../../examples/mini-program/miniprogram')
const isClone = import.meta.filename.endsWith('.ts')

/**
 * The mini program that the phones run: that of the folder given, or the example of a clone.
 *
 * @returns `undefined`: none was given, and there is no example where kaimen is installed.
 * @throws ConfigError There is none in the folder.
 */
export function findMiniProgram(folder: string | undefined): CompileOptions | undefined {
  // The SDK of a clone is not built.
  const conditions = isClone ? ['@kaimen/source'] : []
  if (folder === undefined)
    return isClone && hasApp(example) ? { root: example, conditions } : undefined
  const root = [folder, join(folder, readRoot(folder))].find(hasApp)
  if (root !== undefined) return { root, conditions }
  throw refuse(
    `There is no mini program in ${folder}: neither app.json, nor a project.config.json whose miniprogramRoot has one. Correct KAIMEN_MINI_PROGRAM.`,
    `${folder} 里没有小程序：既没有 app.json，也没有 miniprogramRoot 指向它的 project.config.json。请更正 KAIMEN_MINI_PROGRAM。`,
  )
}

/** Whether it is the example, which looks for its server on the standard port. */
export const isExample = (root: string) => root === example

const hasApp = (folder: string) => existsSync(join(folder, 'app.json'))

function readRoot(folder: string): string {
  try {
    const config: unknown = JSON.parse(readFileSync(join(folder, 'project.config.json'), 'utf8'))
    const root: unknown = config instanceof Object ? Reflect.get(config, 'miniprogramRoot') : ''
    return typeof root === 'string' ? root : ''
  } catch {
    return ''
  }
}
