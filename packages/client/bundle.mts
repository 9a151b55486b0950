/** What esbuild is told, for the build and for the tests of what it builds. */
import type { BuildOptions } from 'esbuild'

const common: BuildOptions = {
  absWorkingDir: import.meta.dirname,
  entryPoints: ['src/index.ts'],
  bundle: true,
  platform: 'neutral',
  charset: 'utf8',
}

/** For Node's `require` and for bundlers that read `main`. */
export const commonJs: BuildOptions = {
  ...common,
  format: 'cjs',
  target: 'es2018',
  outfile: 'dist/index.js',
}

/** For bundlers that read `module` or `exports`: Taro, uni-app. */
export const esModule: BuildOptions = {
  ...common,
  format: 'esm',
  target: 'es2018',
  outfile: 'dist/index.mjs',
}

/**
 * For WeChat's packer, which copies the folder as it is: ES2015, because nothing polyfills syntax
 * there, and small, because every byte counts toward the mini program's size.
 */
export const miniProgram: BuildOptions = {
  ...common,
  format: 'cjs',
  target: 'es2015',
  minify: true,
  outfile: 'miniprogram_dist/index.js',
}

/** Of `miniprogram_dist/index.js`, gzipped. */
export const budgetBytes = 6 * 1024
