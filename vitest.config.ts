import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Tests run the sources themselves; nothing has to be built first.
  ssr: { resolve: { conditions: ['@kaimen/source', 'node'] } },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'examples/*/test/**/*.test.ts',
      'benchmarks/test/**/*.test.ts',
      'chaos/test/**/*.test.ts',
      'tools/test/**/*.test.ts',
      'conformance/*/test/**/*.test.ts',
    ],
    globalSetup: ['tools/services/setup.ts'],
    testTimeout: 20_000,
  },
})
