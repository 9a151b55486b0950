import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const recipes = ['better-auth', 'authjs', 'passport']
const documents = recipes.flatMap((recipe) =>
  ['md', 'zh-CN.md'].map((ending) => ({ recipe, document: `${recipe}.${ending}` })),
)

it.each(documents)('docs/recipes/$document shows the code that runs', async (each) => {
  const folder = join(import.meta.dirname, '..')
  const code = await readFile(join(folder, `${each.recipe}.ts`), 'utf8')
  const text = await readFile(join(folder, '../../docs/recipes', each.document), 'utf8')
  expect([...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, shown]) => shown)).toEqual([code])
})
