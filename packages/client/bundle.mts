/** What is built, for the build and for the tests of it. */
import { build, type BuildOptions, type Plugin } from 'esbuild'

/** The files for mini programs, by name; each is an entry of the package. */
export const entries = ['index', 'account'] as const
type Entry = (typeof entries)[number]

/** Of each file in `miniprogram_dist`, gzipped; every byte counts toward a mini program's size. */
export const budgetBytes: Readonly<Record<Entry, number>> = { index: 6 * 1024, account: 2.5 * 1024 }

/** Of what a page loads of `@kaimen/client/web`, minified and gzipped. */
export const webBudgetBytes = 8 * 1024

/** For Node's `require` and for bundlers that read `main`. */
export const commonJs = (entry: Entry): BuildOptions => ({
  ...common(entry, 'index.js'),
  format: 'cjs',
  target: 'es2018',
  outfile: `dist/${entry}.js`,
})

/** For bundlers that read `module` or `exports`: Taro, uni-app. */
export const esModule = (entry: Entry): BuildOptions => ({
  ...common(entry, 'index.mjs'),
  format: 'esm',
  target: 'es2018',
  outfile: `dist/${entry}.mjs`,
})

/**
 * For WeChat's packer, which copies the folder as it is: CommonJS of ES2015, because nothing
 * polyfills syntax there.
 */
export async function bundleForMiniProgram(entry: Entry): Promise<string> {
  const { outputFiles } = await build({
    ...common(entry, 'index.js'),
    format: 'esm',
    target: 'es2015',
    minify: true,
    write: false as const,
  })
  return toCommonJs(
    outputFiles
      .map(({ text }) => text)
      .join('')
      .trim(),
  )
}

/** For web pages: alone in its file, since a page loads no other. */
export const web: BuildOptions = {
  absWorkingDir: import.meta.dirname,
  entryPoints: ['src/web/index.ts'],
  bundle: true,
  platform: 'browser',
  target: 'es2020',
  charset: 'utf8',
}

/** As a page's own bundler makes it, or `esm.sh` and its like. */
export async function bundleForWeb(): Promise<string> {
  const { outputFiles } = await build({
    ...web,
    format: 'esm',
    minify: true,
    write: false as const,
  })
  return outputFiles.map(({ text }) => text).join('')
}

/** The second file takes what it needs of the first from the first. */
function common(entry: Entry, index: string): BuildOptions {
  const first: Plugin = {
    name: 'first-file',
    setup(builder) {
      builder.onResolve({ filter: /^\.\/index\.ts$/ }, () => ({
        path: `./${index}`,
        external: true,
      }))
    },
  }
  return {
    absWorkingDir: import.meta.dirname,
    entryPoints: [`src/${entry}.ts`],
    bundle: true,
    platform: 'neutral',
    charset: 'utf8',
    plugins: [first],
  }
}

/**
 * What esbuild itself would write for CommonJS is 200 bytes longer, gzipped: getters for exports
 * that may yet change.
 */
function toCommonJs(esm: string): string {
  const rename = (names: string, between: string) => names.replace(/ as /g, between)
  const code = esm
    .replace(
      /\bimport\{([^}]*)\}from("[^"]*");/,
      (_, names: string, path: string) => `const{${rename(names, ':')}}=require(${path});`,
    )
    .replace(/export\{([^}]*)\};$/, (_, names: string) =>
      names
        .split(',')
        .map((name) => {
          const [local = '', exported = local] = name.split(' as ')
          return `exports.${exported}=${local};`
        })
        .join(''),
    )
  if (!/exports\./.test(code) || /\b(import|export)\{/.test(code))
    throw new Error('esbuild writes modules in another way than it did')
  return `"use strict";${code}\n`
}
