// Usage: npm run docs -w @kaimen/protocol
import { writeFile } from 'node:fs/promises'
import { errorDocs, renderErrorDocs } from './error-docs.ts'

for (const language of ['en', 'zh-CN'] as const) {
  const file = new URL(`../../../docs/${errorDocs[language]}`, import.meta.url)
  await writeFile(file, renderErrorDocs(language))
}
