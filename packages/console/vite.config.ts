import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defaultClientConditions, defineConfig } from 'vite'

/** What the Apache License 2.0, section 4 (d), wants kept beside what is built on ECharts. */
const notice = fileURLToPath(new URL('NOTICE', import.meta.resolve('echarts/package.json')))

export default defineConfig({
  // In a clone nothing is built: of our packages the sources are read.
  resolve: { conditions: ['@kaimen/source', ...defaultClientConditions] },
  // Relative, because publicUrl may have a path.
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'vue' } },
  define: {
    __VUE_OPTIONS_API__: 'true',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
  },
  plugins: [
    {
      name: 'keep-notice',
      generateBundle() {
        const source = readFileSync(notice)
        this.emitFile({ type: 'asset', fileName: 'notice-of-echarts.txt', source })
      },
    },
  ],
  build: {
    target: 'es2022',
    // A picture inlined as data: would need a wider content security policy.
    assetsInlineLimit: 0,
    // Of what is bundled: who passes the files on passes these on too.
    license: { fileName: 'licenses.md' },
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
})
