// Usage: npm run docs -w @kaimen/emulator
import { writeFile } from 'node:fs/promises'
import { references, renderReference } from './reference.ts'

for (const language of ['en', 'zh'] as const) {
  const file = new URL(`../../../docs/${references[language]}`, import.meta.url)
  await writeFile(file, renderReference(language))
}
