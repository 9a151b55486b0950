import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { errorCodes, errorTable } from '@kaimen/protocol'
import { errorDocs, renderErrorDocs } from '../scripts/error-docs.ts'

describe.each(['en', 'zh-CN'] as const)('the page on errors in %s', (language) => {
  const file = new URL(`../../../docs/${errorDocs[language]}`, import.meta.url)

  it('is what `npm run docs -w @kaimen/protocol` writes', async () => {
    expect(await readFile(file, 'utf8')).toBe(renderErrorDocs(language))
  })

  it('lists exactly the codes of the table, each with its status and action', async () => {
    const rows = [...(await readFile(file, 'utf8')).matchAll(/^\| `(\w+)` \| (\d+) \| `(\w+)` /gm)]
    expect(rows.map(([, code, status, action]) => ({ code, status, action }))).toEqual(
      errorCodes.map((code) => ({
        code,
        status: String(errorTable[code].status),
        action: errorTable[code].action,
      })),
    )
  })
})
