import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { transform } from 'sucrase'

/** What is beside this file's folder: the sources, or what was built of them. */
const root = join(import.meta.dirname, '..')
const { resolve } = createRequire(import.meta.url)

/** The packages that the page loads, as ES modules. */
export const modules: Readonly<Record<string, string>> = {
  'glass-easel': 'glass_easel.all.es.js',
  'glass-easel-miniprogram-adapter': 'glass_easel_miniprogram_adapter.es.js',
}

/** The phone's own code for the browser, or a package's. */
export async function readCode(kind: string, path: string): Promise<Response | undefined> {
  const code = await (kind === 'modules' ? readModule(path) : readOwn(path))
  const headers = { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-cache' }
  return code === undefined ? undefined : new Response(code, { headers })
}

async function readModule(path: string): Promise<string | undefined> {
  const name = path.replace(/\.js$/, '')
  const file = modules[name]
  return file && readFile(join(dirname(resolve(name)), file), 'utf8')
}

async function readOwn(path: string): Promise<string | undefined> {
  if (!/^run\/[\w/-]+\.[jt]s$/.test(path)) return undefined
  const code = await readFile(join(root, path), 'utf8').catch(() => undefined)
  if (code === undefined || path.endsWith('.js')) return code
  // From a clone nothing has been built: only the types go.
  return transform(code, { transforms: ['typescript'], disableESTransforms: true }).code
}

/** The script that the page starts with. */
export const entry = `code/run/start${import.meta.filename.endsWith('.ts') ? '.ts' : '.js'}`
