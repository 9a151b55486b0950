/**
 * Builds what is published:
 *
 * - `dist/index.js` CommonJS, `dist/index.mjs` ES module, with their types;
 * - `miniprogram_dist/index.js`, alone: WeChat's packer copies that folder as it is, every byte of it
 *   counts toward the mini program's size, and only its syntax has to be old (ES2015: nothing
 *   polyfills syntax).
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const at = (path) => new URL(path, import.meta.url)
const budgetBytes = 6 * 1024

rmSync(at('dist'), { recursive: true, force: true })
rmSync(at('miniprogram_dist'), { recursive: true, force: true })

const common = {
  absWorkingDir: import.meta.dirname,
  entryPoints: ['src/index.ts'],
  bundle: true,
  platform: 'neutral',
  charset: 'utf8',
}
await Promise.all([
  build({ ...common, format: 'cjs', target: 'es2018', outfile: 'dist/index.js' }),
  build({ ...common, format: 'esm', target: 'es2018', outfile: 'dist/index.mjs' }),
  build({
    ...common,
    format: 'cjs',
    target: 'es2015',
    minify: true,
    outfile: 'miniprogram_dist/index.js',
  }),
])

execFileSync('tsc', ['-b', '.'], { cwd: import.meta.dirname, stdio: 'inherit' })
writeFileSync(at('dist/index.d.mts'), "export * from './index.js'\n")

const bytes = readFileSync(at('miniprogram_dist/index.js'))
const zipped = gzipSync(bytes).length
process.stdout.write(`miniprogram_dist/index.js: ${bytes.length} bytes, ${zipped} gzipped\n`)
if (zipped > budgetBytes) throw new Error(`more than ${budgetBytes} bytes gzipped`)
