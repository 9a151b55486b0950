import { join } from 'node:path'
import { findMiniProgram as findIn, type CompileOptions, type MiniProgram } from '@kaimen/phone'
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
): (MiniProgram & CompileOptions) | undefined {
  const folders = folder === undefined ? [here, ...(isClone ? [example] : [])] : [folder]
  const [found] = folders.flatMap((each) => findIn(each) ?? [])
  if (found) return { ...found, conditions }
  if (folder === undefined) return undefined
  throw refuse(
    `There is no mini program in ${folder}: neither app.json, nor a project.config.json that leads to one. Set KAIMEN_MINI_PROGRAM to its folder.`,
    `${folder} 里没有小程序：既没有 app.json，也没有指向它的 project.config.json。请把 KAIMEN_MINI_PROGRAM 设为小程序的目录。`,
  )
}
