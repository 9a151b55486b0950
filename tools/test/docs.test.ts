import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const documents = [
  ...globSync('{*,docs/**/*,{packages,examples}/*/*}.md', { cwd: root }),
  'benchmarks/README.md',
  'chaos/README.md',
  'chaos/README.zh-CN.md',
].filter((file) => existsSync(join(root, file)))

describe('Documents', () => {
  test.for(documents)('%s links only to what there is', (file) => {
    const links = [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(
      ([, to]) => to ?? '',
    )
    expect(links.filter((to) => !existsSync(join(root, dirname(file), to)))).toEqual([])
  })

  const pairs = globSync('{*,docs/**/*,chaos/*,packages/*/*}.zh-CN.md', { cwd: root }).map(
    (chinese) => ({
      chinese,
      english: chinese.replace('.zh-CN.md', '.md'),
    }),
  )

  test.for(pairs)('$chinese has the headings, tables and commands of its sibling', (pair) => {
    expect(outline(read(pair.chinese))).toEqual(outline(read(pair.english)))
  })
})

test('docs/dependencies.md lists every dependency that is published, as it is pinned, and no other', () => {
  const pinned = globSync('packages/*/package.json', { cwd: root }).flatMap((file) => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(read(file)) as {
      dependencies?: Record<string, string>
      devDependencies?: Record<string, string>
    }
    // Of the console, what its files are bundled from.
    const bundled = file.includes('console')
      ? Object.entries(devDependencies).filter(([name]) => isImported(name))
      : []
    const published = [...Object.entries(dependencies), ...bundled]
    return published.filter(([name]) => !name.startsWith('@kaimen/'))
  })
  const wanted = [...new Set(pinned.map(([name, version]) => `${name} ${version}`))].toSorted()
  for (const file of ['docs/dependencies.md', 'docs/dependencies.zh-CN.md']) {
    const rows = [...read(file).matchAll(/^\| `([^`]+)` +\| (\d[\w.-]*) /gm)]
    const listed = new Set(rows.map(([, name, version]) => `${name} ${version}`))
    expect([...listed].toSorted()).toEqual(wanted)
  }
})

/** By a source of the console. */
function isImported(name: string): boolean {
  const sources = globSync('packages/console/src/**/*.{ts,tsx}', { cwd: root }).map(read)
  return sources.some((source) => new RegExp(`from '${name}['/]`).test(source))
}

test.for(['SECURITY.md', 'SECURITY.zh-CN.md'])('%s promises only what a test shows', (file) => {
  const tests = globSync('packages/*/{test,src/store/suite}/**/*.ts', { cwd: root })
    .map(read)
    .join()
  const promised = [...read(file).matchAll(/^\| ([A-Z]{2,3}-\d+) /gm)].map(([, id]) => id)
  expect(promised.length).toBeGreaterThan(0)
  expect(promised.filter((id) => !tests.includes(`[${id}]`))).toEqual([])
})

/** What a translation keeps: the levels of headings, the rows of tables, the code line for line. */
function outline(text: string): string[] {
  const code = [...text.matchAll(/^```(.*)\n([^]*?)^```$/gm)]
  const prose = code.reduce((rest, [block]) => rest.replace(block, ''), text)
  return [
    ...(prose.match(/^#+(?= )/gm) ?? []),
    `${prose.match(/^\|/gm)?.length ?? 0} rows`,
    ...code.map(([, language, lines]) => `${lines?.split('\n').length} lines of ${language}`),
  ]
}
