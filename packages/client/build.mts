/**
 * Builds what is published:
 *
 * - `dist/index.js` CommonJS, `dist/index.mjs` ES module, with their types;
 * - `miniprogram_dist/index.js` for WeChat's packer, alone in its folder: no types, no source map.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { budgetBytes, commonJs, esModule, miniProgram } from './bundle.mts'

const tsc = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc')
const at = (path: string) => new URL(path, import.meta.url)

rmSync(at('dist'), { recursive: true, force: true })
rmSync(at('miniprogram_dist'), { recursive: true, force: true })

await Promise.all([commonJs, esModule, miniProgram].map((options) => build(options)))
execFileSync(process.execPath, [tsc, '-b', '.'], { cwd: import.meta.dirname, stdio: 'inherit' })
writeFileSync(at('dist/index.d.mts'), "export * from './index.js'\n")

const bytes = readFileSync(at('miniprogram_dist/index.js'))
const zipped = gzipSync(bytes).length
process.stdout.write(`miniprogram_dist/index.js: ${bytes.length} bytes, ${zipped} gzipped\n`)
if (zipped > budgetBytes) throw new Error(`more than ${budgetBytes} bytes gzipped`)
