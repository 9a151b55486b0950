import { afterEach, describe, expect, it } from 'vitest'
import { prepareCompiler } from '../src/compile/compile.ts'
import { conditions, exampleRoot } from './support/example.ts'
import { writeProgram, type ProgramFolder } from './support/program.ts'

let folder: ProgramFolder | undefined
afterEach(() => {
  folder?.remove()
  folder = undefined
})

function compile(files: Readonly<Record<string, string>>) {
  folder = writeProgram(files)
  return prepareCompiler({ root: folder.root }).compile()
}

describe('a mini program', () => {
  it('is compiled from its folder, the SDK in it from the sources of this workspace', () => {
    const program = prepareCompiler({ root: exampleRoot, conditions }).compile()
    expect(program.problems).toEqual([])
    expect(program.pages[0]).toBe('pages/sign-in/sign-in')
    expect(program.parts['components/privacy-popup/privacy-popup']).toMatchObject({
      kind: 'component',
      script: 'components/privacy-popup/privacy-popup.js',
    })
    expect(Object.keys(program.modules)).toContain('../../../packages/client/src/index.ts')
  })

  it('is compiled again from what has changed alone, with the same result as afresh', () => {
    folder = writeProgram({ 'pages/a/a.wxml': '<view>1</view>', 'pages/a/a.js': 'Page({})' })
    const compiler = prepareCompiler({ root: folder.root })
    const before = compiler.compile()
    expect(compiler.compile()).toEqual(before)
    folder.write('pages/a/a.js', 'Page({ data: { changed: true } })')
    folder.write('pages/a/a.wxml', '<view>one more</view>')
    const after = compiler.compile()
    expect(after.templates).toContain('one more')
    expect(after).toEqual(prepareCompiler({ root: folder.root }).compile())
    expect(after).not.toEqual(before)
  })

  it('is the same where nothing has changed, to the letter', () => {
    const compiler = prepareCompiler({ root: exampleRoot, conditions })
    const first = JSON.stringify(compiler.compile())
    for (let i = 0; i < 3; i++) expect(JSON.stringify(compiler.compile()) === first).toBe(true)
  })

  it('has the pages of its subpackages', () => {
    const { pages } = compile({
      'app.json': JSON.stringify({
        pages: ['pages/a/a'],
        subPackages: [{ root: 'more', pages: ['b/b'] }],
      }),
      'pages/a/a.wxml': '<view/>',
      'more/b/b.wxml': '<view/>',
    })
    expect(pages).toEqual(['pages/a/a', 'more/b/b'])
  })
})

describe('scripts', () => {
  it('keep their lines, as ES modules, CommonJS and TypeScript', () => {
    const { modules } = compile({
      'pages/a/a.wxml': '<view/>',
      'pages/a/a.ts':
        "import { one } from './one'\ninterface X { y: number }\n\nPage({ data: { one } as X })",
      'pages/a/one.js': 'const two = require("../two")\nexports.one = two',
      'pages/two.js': 'module.exports = 2',
    })
    expect(modules['pages/a/a.ts']?.code.split('\n')[3]).toContain('Page({')
    expect(modules['pages/a/a.ts']?.requires).toEqual({ './one': 'pages/a/one.js' })
    expect(modules['pages/a/one.js']?.requires).toEqual({ '../two': 'pages/two.js' })
  })

  it('find packages in miniprogram_npm first, then where npm has put them', () => {
    const { modules } = compile({
      'pages/a/a.wxml': '<view/>',
      'pages/a/a.js': "require('built'); require('@scope/plain/sub'); require('packed')",
      'miniprogram_npm/built/index.js': 'exports.from = "built"',
      'node_modules/built/package.json': '{"main":"index.js"}',
      'node_modules/built/index.js': 'exports.from = "source"',
      'node_modules/@scope/plain/package.json': '{"exports":{"./sub":{"require":"./lib/sub.js"}}}',
      'node_modules/@scope/plain/lib/sub.js': '',
      'node_modules/packed/package.json': '{"miniprogram":"dist","main":"lib/index.js"}',
      'node_modules/packed/dist/index.js': '',
      'node_modules/packed/lib/index.js': '',
    })
    expect(modules['pages/a/a.js']?.requires).toEqual({
      built: 'miniprogram_npm/built/index.js',
      '@scope/plain/sub': 'node_modules/@scope/plain/lib/sub.js',
      packed: 'node_modules/packed/dist/index.js',
    })
  })
})

describe('styles', () => {
  it('are measured by the frame of the page, 750 rpx wide', () => {
    const { styles } = compile({
      'pages/a/a.wxml': '<view/>',
      'pages/a/a.wxss':
        '.a { width: 750rpx; margin: -1.5rpx 0; height: calc(100vh - 75rpx); padding-bottom: env(safe-area-inset-bottom) }',
    })
    expect(styles).toContain('width: 100cqw')
    expect(styles).toContain('margin: -0.2cqw 0')
    expect(styles).toContain('height: calc(100cqh - 10cqw)')
    expect(styles).toContain('padding-bottom: var(--safe-area-bottom)')
  })

  it('reach the page that they belong to, and none of the phone', () => {
    const { styles } = compile({
      'app.wxss': 'view, .x > text { color: red }',
      'pages/a/a.wxml': '<view/>',
      'pages/a/a.wxss': 'page { color: blue }\n@media (min-width: 1px) { .y { color: blue } }',
    })
    expect(styles).toContain(':where(.kp-frame) wx-view, :where(.kp-frame) .x > wx-text')
    expect(styles).toContain(':where([data-route="pages/a/a"]) wx-page')
    expect(styles).toContain(':where([data-route="pages/a/a"]) .y')
  })

  it('of a component are its own, and steps of an animation stay what they are', () => {
    const { styles, parts } = compile({
      'pages/a/a.wxml': '<b/>',
      'pages/a/a.json': '{"usingComponents":{"b":"/b/b"}}',
      'b/b.wxml': '<view class="c"/>',
      'b/b.json': '{"component":true}',
      'b/b.wxss': ':host { display: block }\n.c { color: red }\n@keyframes k { from { top: 0 } }',
    })
    const { scope } = parts['b/b'] ?? {}
    expect(scope).toMatch(/^c\d+$/)
    expect(styles).toContain(`[wx-host=${scope}]`)
    expect(styles).toContain(`.${scope}--c`)
    expect(styles).toContain('from { top: 0 }')
  })

  it('of a component that shares them reach the page too', () => {
    const { styles, parts } = compile({
      'pages/a/a.wxml': '<b/>',
      'pages/a/a.json': '{"usingComponents":{"b":"/b/b"}}',
      'b/b.wxml': '<view class="c"/>',
      'b/b.json': '{"component":true,"styleIsolation":"shared"}',
      'b/b.wxss': '.c { color: red }',
    })
    expect(parts['b/b']?.scope).toBe('')
    expect(styles).toBe(':where(.kp-frame) .c { color: red }')
  })

  it('take in what they import, each once in a circle', () => {
    const { styles, problems } = compile({
      'app.wxss': "@import './more.wxss';\n.app { color: red }",
      'more.wxss': "@import '/app.wxss';\n.more { color: red }",
      'pages/a/a.wxml': '<view/>',
    })
    expect(styles.indexOf('.more')).toBeLessThan(styles.indexOf('.app'))
    expect(problems).toEqual([])
  })
})

describe('what is wrong', () => {
  const page = { 'pages/a/a.wxml': '<view/>' }

  it.each([
    [
      'app.json that is no JSON',
      { ...page, 'app.json': '{\n  "pages": [\n    "pages/a/a",\n  ]\n}' },
      [{ kind: 'json_syntax', file: 'app.json', line: 4 }],
    ],
    [
      'a page that is not there',
      { 'app.json': '{"pages":["pages/no/no"]}' },
      [{ kind: 'page_missing', file: 'app.json', reason: 'pages/no/no' }],
    ],
    [
      'a component that is not there',
      { ...page, 'pages/a/a.json': '{"usingComponents":{"b":"./b"}}' },
      [{ kind: 'component_missing', file: 'pages/a/a.json', reason: 'b: ./b' }],
    ],
    [
      'a component that nobody has declared',
      { 'pages/a/a.wxml': '<view>\n  <!-- <no-one/> -->\n  <some-one a="<x>"/>\n</view>' },
      [{ kind: 'component_unknown', file: 'pages/a/a.wxml', line: 3, column: 3 }],
    ],
    [
      'a template with a mistake',
      { 'pages/a/a.wxml': '<view>\n{{ a + }}\n</view>' },
      [{ kind: 'template_syntax', file: 'pages/a/a.wxml', line: 2 }],
    ],
    [
      'a template that imports what is not there',
      { 'pages/a/a.wxml': '<import src="./no.wxml"/>' },
      [{ kind: 'import_missing', file: 'pages/a/a.wxml' }],
    ],
    [
      'a style sheet with a mistake',
      { ...page, 'pages/a/a.wxss': '.a { color: red }\n.b { color' },
      [{ kind: 'style_syntax', file: 'pages/a/a.wxss', line: 2 }],
    ],
    [
      'a style sheet that imports what is not there',
      { ...page, 'pages/a/a.wxss': '\n@import "./no.wxss";' },
      [{ kind: 'import_missing', file: 'pages/a/a.wxss', line: 2, reason: './no.wxss' }],
    ],
    [
      'a script with a mistake',
      { ...page, 'pages/a/a.js': 'const a = 1\n\nPage({ data: { b: } })' },
      [{ kind: 'script_syntax', file: 'pages/a/a.js', line: 3 }],
    ],
    [
      'a script that only the engine finds wrong',
      { ...page, 'pages/a/a.js': 'const a = 1\nconst a = 2' },
      [{ kind: 'script_syntax', file: 'pages/a/a.js', line: 2 }],
    ],
    [
      'a wxs with a mistake',
      { 'pages/a/a.wxml': '<wxs module="m" src="./m.wxs"/>', 'pages/a/m.wxs': '\nvar = 1' },
      [{ kind: 'script_syntax', file: 'pages/a/m.wxs', line: 2 }],
    ],
    [
      'a wxs in a template with a mistake',
      { 'pages/a/a.wxml': '<wxs module="m">var = 1</wxs>' },
      [{ kind: 'script_syntax', file: 'pages/a/a.wxml' }],
    ],
  ])('is said of %s, with its file and line', (_, files, problems) => {
    const found = compile(files).problems
    expect(found).toHaveLength(problems.length)
    expect(found).toMatchObject(problems)
  })

  it('is said of a folder without app.json', () => {
    folder = writeProgram({})
    const compiler = prepareCompiler({ root: `${folder.root}/elsewhere` })
    expect(compiler.compile().problems).toMatchObject([{ kind: 'app_missing', file: 'app.json' }])
  })

  it('leaves the rest as it is', () => {
    const program = compile({
      'pages/a/a.wxml': '<view>{{ a + }}</view>',
      'pages/a/a.js': 'Page({',
      'pages/b/b.wxml': '<view>b</view>',
      'pages/b/b.js': 'Page({})',
    })
    expect(program.pages).toEqual(['pages/a/a', 'pages/b/b'])
    expect(program.modules['pages/b/b.js']?.code).toContain('Page({})')
    expect(program.templates).toContain('"pages/b/b"')
  })
})
