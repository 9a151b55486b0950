import { createRequire, registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

/** Lets the SDKs load here, laid out and started in ways that they do not expect. */
export function lendToSdks(): void {
  // The SDK of Aliyun requires two packages that its own do not declare. They are beside it where
  // npm lays packages flat, and out of its reach where npm links them, as this workspace has it.
  const sdk = createRequire(import.meta.url).resolve('@alicloud/dysmsapi20170525')
  const core = createRequire(sdk).resolve('@darabonba/typescript')
  const http = createRequire(core).resolve('httpx')
  const undeclared = new Map([
    ['@alicloud/tea-typescript', createRequire(core).resolve('@alicloud/tea-typescript')],
    ['debug', createRequire(http).resolve('debug')],
  ])
  registerHooks({
    resolve(specifier, context, next) {
      const found = context.parentURL?.includes('/@alicloud/')
        ? undeclared.get(specifier)
        : undefined
      if (found !== undefined) return { url: pathToFileURL(found).href, shortCircuit: true }
      // Vitest starts Node with the condition `import` for everything, `require` included, which the
      // SDK of Tencent Cloud does not survive: it is given an ES module where it wants CommonJS.
      const conditions = context.conditions.includes('require')
        ? context.conditions.filter((condition) => condition !== 'import')
        : context.conditions
      return next(specifier, { ...context, conditions })
    },
  })
}
