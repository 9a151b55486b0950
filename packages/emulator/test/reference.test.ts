import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { references, renderReference } from '../scripts/reference.ts'
import { errmsgOf } from '../src/wechat/errmsg.ts'
import { endpoints } from '../src/wechat/endpoints.ts'

describe.each(['en', 'zh'] as const)('the reference in %s', (language) => {
  const file = new URL(`../../../docs/${references[language]}`, import.meta.url)

  test('is what `npm run docs -w @kaimen/emulator` writes', async () => {
    expect(await readFile(file, 'utf8')).toBe(renderReference(language))
  })

  test('has a heading for every path that is answered', async () => {
    const text = await readFile(file, 'utf8')
    for (const path of endpoints.keys())
      expect(text).toMatch(new RegExp(`^## [A-Z, ]+ ${path}$`, 'm'))
  })
})

test('the emulator has a text for every errcode that the reference names, but those of pages', () => {
  const unknown = [...endpoints.values()]
    .filter(({ family }) => family !== 'page')
    .flatMap(({ doc }) => doc.errcodes.map(({ errcode }) => errcode))
    .filter((errcode) => errmsgOf(errcode, '') === undefined)
  expect(unknown).toEqual([])
})
