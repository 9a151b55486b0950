import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { routes } from '@kaimen/protocol'

it.each(['README.md', 'README.zh-CN.md'])('%s lists every route and no other', async (file) => {
  const text = await readFile(new URL(`../${file}`, import.meta.url), 'utf8')
  const listed = [...text.matchAll(/`((?:GET|POST|PUT|PATCH|DELETE) \/[^`?]*)[^`]*`/g)].map(
    ([, route]) => route,
  )
  const known = Object.values(routes).map(({ method, path }) => `${method} ${path}`)
  expect(new Set(listed)).toEqual(new Set(known))
})
