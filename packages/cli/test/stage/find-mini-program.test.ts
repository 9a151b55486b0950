import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findMiniProgram } from '../../src/stage/find-mini-program.ts'
import { tempFolder } from '../support/kaimen.ts'

describe('the mini program on the phones', () => {
  it('is the one that is here, or else the example of a clone, where none is given', async () => {
    const folder = await tempFolder()
    const example = /examples\/mini-program\/miniprogram\/?$/
    expect(findMiniProgram(undefined, folder)?.root).toMatch(example)
    await writeFile(join(folder, 'app.json'), '{}')
    expect(findMiniProgram(undefined, folder)?.root).toBe(folder)
  })

  it('is that of the folder given, or where its project.config.json says', async () => {
    const folder = await tempFolder()
    await mkdir(join(folder, 'dist'))
    await writeFile(join(folder, 'dist', 'app.json'), '{}')
    expect(findMiniProgram(join(folder, 'dist'))?.root).toBe(join(folder, 'dist'))
    await writeFile(join(folder, 'project.config.json'), '{"miniprogramRoot":"dist/"}')
    expect(findMiniProgram(folder)?.root).toBe(join(folder, 'dist/'))
  })

  it('is refused with the folder’s name where there is none', async () => {
    const folder = await tempFolder()
    const refusal = /There is no mini program in .*KAIMEN_MINI_PROGRAM/
    expect(() => findMiniProgram(folder)).toThrow(refusal)
    await writeFile(join(folder, 'project.config.json'), 'not JSON')
    expect(() => findMiniProgram(folder)).toThrow(folder)
  })
})
