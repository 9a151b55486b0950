import { resolve } from 'node:path'
import { findMiniProgram, type CompileOptions, type MiniProgram } from '@kaimen/phone'
import { refuse } from './refuse.ts'
import type { Settings } from './settings.ts'

/** Where a mini program is looked for when none is named: here, or the example of a clone. */
const places = ['.', 'examples/mini-program']

/** From a clone the packages of the mini program are the sources: nothing has to be built. */
const conditions = import.meta.filename.endsWith('.ts') ? ['@kaimen/source'] : []

/**
 * The mini program that the phones run; `undefined` where there is none.
 *
 * @throws ConfigError There is none in the folder that was named.
 */
export function findProgram({
  miniProgram,
}: Pick<Settings, 'miniProgram'>): (MiniProgram & CompileOptions) | undefined {
  const folders = miniProgram === undefined ? places : [miniProgram]
  const [found] = folders.flatMap((folder) => findMiniProgram(resolve(folder)) ?? [])
  if (found) return { ...found, conditions }
  if (miniProgram === undefined) return undefined
  throw refuse(
    `There is no mini program in ${miniProgram}: neither app.json nor a project.config.json that leads to one. Set KAIMEN_MINI_PROGRAM to its folder.`,
    `${miniProgram} 里没有小程序：既没有 app.json，也没有指向它的 project.config.json。请把 KAIMEN_MINI_PROGRAM 设为小程序的目录。`,
  )
}
