import { describe, expect, test } from 'vitest'
import { checkPackedFiles } from '../packaging.ts'
import { check, manifest, scratchFolder, scratchWorkspace } from './scratch.ts'

test(
  'Reports an exports map that points at nothing, and what is missing or stray',
  { timeout: 120_000 },
  async () => {
    const folder = scratchWorkspace({
      'packages/wechat/package.json': manifest('wechat', [], {
        private: false,
        exports: { '.': { default: './dist/nowhere.js' } },
        files: ['dist'],
      }),
      'packages/wechat/README.md': null,
    })
    const { passed, output } = await check(folder, 'packaging')
    expect(passed).toBe(false)
    expect(output).toContain('@kaimen/wechat: publint')
    expect(output).toContain('./dist/nowhere.js')
    expect(output).toContain('@kaimen/wechat: are the types wrong?')
    expect(output).toContain('@kaimen/wechat: the tarball has dist/.tsbuildinfo')
    expect(output).toContain('@kaimen/wechat: the tarball has no README.md')
    expect(output).not.toContain('@kaimen/server')
  },
)

describe('What WeChat packs', () => {
  test('passes when it is one small file that an old phone can run', () => {
    expect(checkPackedFiles(scratchFolder({ 'index.js': 'module.exports = () => 1\n' }))).toEqual(
      [],
    )
  })

  test('has an index.js', () => {
    expect(checkPackedFiles(scratchFolder({ 'client.js': '1\n' }))).toEqual([
      "WeChat's packer made no index.js, only: client.js",
    ])
  })

  test.for(['async () => 1', '({ ...{} })', '2 ** 2', '(a?.b)'])(
    'has no syntax newer than ES2015: %s',
    (source) => {
      const [problem] = checkPackedFiles(
        scratchFolder({ 'index.js': `module.exports = ${source}\n` }),
      )
      expect(problem).toContain('index.js is newer than ES2015')
    },
  )

  test('has neither source maps nor declarations', () => {
    const folder = scratchFolder({ 'index.js': '1\n', 'index.js.map': '{}\n', 'index.d.ts': '\n' })
    expect(checkPackedFiles(folder)).toHaveLength(2)
  })

  test('keeps within its size, file by file', () => {
    const noise = Array.from({ length: 4000 }, (_, index) => Math.imul(index, 2654435761)).join()
    const big = `module.exports = [${noise}]\n`
    const problems = checkPackedFiles(scratchFolder({ 'index.js': big, 'account.js': big }))
    expect(problems).toHaveLength(2)
    expect(problems.join()).toMatch(/account.js is .* the budget is 2560/)
    expect(problems.join()).toMatch(/index.js is .* the budget is 6144/)
  })

  test('has no file without a budget', () => {
    expect(checkPackedFiles(scratchFolder({ 'index.js': '1\n', 'more.js': '1\n' }))).toEqual([
      'more.js is no entry that has a budget',
    ])
  })

  test('requires only what is there', () => {
    const files = { 'index.js': '1\n', 'account.js': 'require("./index.js")\n' }
    expect(checkPackedFiles(scratchFolder(files))).toEqual([])
    const folder = scratchFolder({ ...files, 'account.js': 'require("./index.ts")\n' })
    expect(checkPackedFiles(folder)).toEqual(['account.js requires ./index.ts, which is not there'])
  })
})
