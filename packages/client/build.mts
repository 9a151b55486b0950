/**
 * Builds what is published:
 *
 * - Of each entry `dist/*.js` CommonJS, `dist/*.mjs` ES module, with their types;
 * - Of those for mini programs `miniprogram_dist/*.js` for WeChat's packer, alone in their folder: no
 *   types, no source map.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import {
  budgetBytes,
  bundleForMiniProgram,
  bundleForWeb,
  commonJs,
  entries,
  esModule,
  web,
  webBudgetBytes,
} from './bundle.mts'

const tsc = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc')
const at = (path: string) => new URL(path, import.meta.url)

rmSync(at('dist'), { recursive: true, force: true })
rmSync(at('miniprogram_dist'), { recursive: true, force: true })
mkdirSync(at('miniprogram_dist'))

await Promise.all([
  ...entries.flatMap((entry) => [build(commonJs(entry)), build(esModule(entry))]),
  build({ ...web, format: 'cjs', outfile: 'dist/web/index.js' }),
  build({ ...web, format: 'esm', outfile: 'dist/web/index.mjs' }),
])
const projects = ['.', 'src/web']
execFileSync(process.execPath, [tsc, '-b', ...projects], {
  cwd: import.meta.dirname,
  stdio: 'inherit',
})
writeFileSync(at('dist/web/index.d.mts'), `export * from './index.js'\n`)
checkSize('web', await bundleForWeb(), webBudgetBytes)
for (const entry of entries) {
  writeFileSync(at(`dist/${entry}.d.mts`), `export * from './${entry}.js'\n`)
  const code = await bundleForMiniProgram(entry)
  writeFileSync(at(`miniprogram_dist/${entry}.js`), code)
  checkSize(`miniprogram_dist/${entry}.js`, code, budgetBytes[entry])
}

function checkSize(name: string, code: string, budget: number): void {
  const [bytes, zipped] = [Buffer.byteLength(code), gzipSync(code).length]
  process.stdout.write(`${name}: ${bytes} bytes, ${zipped} gzipped\n`)
  if (zipped > budget) throw new Error(`${name} is more than ${budget} bytes gzipped`)
}
