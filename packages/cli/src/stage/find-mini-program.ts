import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CompileOptions } from '@kaimen/phone'
import { refuse } from '../refuse.ts'

const isClone = import.meta.filename.endsWith('.ts')
/** That of a clone, four folders up from here. */
const example = join(import.meta.dirname, '../../../../examples/mini-program')
/** The packages of a mini program in a clone are the sources: nothing has to be built. */
const conditions = isClone ? ['@kaimen/source'] : []

/**
 * The mini program that the phones run: that of the folder given, or else the one that is here, or
 * the example of a clone.
 *
 * @returns `undefined`: none was given, and there is none.
 * @throws ConfigError There is none in the folder given.
 */
export function findMiniProgram(
  folder: string | undefined,
  here = process.cwd(),
): CompileOptions | undefined {
  const folders = folder === undefined ? [here, ...(isClone ? [example] : [])] : [folder]
  const roots = folders.flatMap((each) => [each, join(each, readRoot(each))])
  const root = roots.find((each) => existsSync(join(each, 'app.json')))
  if (root !== undefined) return { root, conditions }
  if (folder === undefined) return undefined
  throw refuse(
    `There is no mini program in ${folder}: neither app.json, nor a project.config.json whose miniprogramRoot has one. Correct KAIMEN_MINI_PROGRAM.`,
    `${folder} 里没有小程序：既没有 app.json，也没有 miniprogramRoot 指向它的 project.config.json。请更正 KAIMEN_MINI_PROGRAM。`,
  )
}

function readRoot(folder: string): string {
  try {
    const config: unknown = JSON.parse(readFileSync(join(folder, 'project.config.json'), 'utf8'))
    const root: unknown = config instanceof Object ? Reflect.get(config, 'miniprogramRoot') : ''
    return typeof root === 'string' ? root : ''
  } catch {
    return ''
  }
}
