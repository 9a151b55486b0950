import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FiledRule, Rule } from './rule.ts'

const folder = join(import.meta.dirname, '../rules')

/** Every rule, in the order of their names. */
export async function findRules(): Promise<readonly FiledRule[]> {
  const entries = await readdir(folder, { recursive: true })
  const files = entries.filter((file) => file.endsWith('.ts')).sort()
  return Promise.all(
    files.map(async (file) => {
      const path = join(folder, file)
      const { rule } = (await import(pathToFileURL(path).href)) as { rule: Rule }
      return { name: relative(folder, path).slice(0, -'.ts'.length).split(sep).join('/'), rule }
    }),
  )
}
