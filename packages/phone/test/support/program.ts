import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface ProgramFolder {
  readonly root: string
  write(file: string, content: string): void
  remove(): void
}

/** A mini program on disk. `app.json` may be left out: then it has the pages that there are. */
export function writeProgram(files: Readonly<Record<string, string>>): ProgramFolder {
  const root = mkdtempSync(join(tmpdir(), 'kaimen-phone-'))
  const write = (file: string, content: string) => {
    const path = join(root, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  const pages = Object.keys(files)
    .filter((file) => /^pages\/.*\.wxml$/.test(file))
    .map((file) => file.replace(/\.wxml$/, ''))
  write('app.json', JSON.stringify({ pages }))
  for (const [file, content] of Object.entries(files)) write(file, content)
  return { root, write, remove: () => rmSync(root, { recursive: true }) }
}
