import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform } from 'sucrase'

const client = fileURLToPath(import.meta.resolve('@kaimen/client/web'))

/** What the page may load, by the first part of a path: sources, or what was built of them. */
const folders: Readonly<Record<string, string>> = {
  page: join(import.meta.dirname, 'page'),
  client: dirname(dirname(client)),
}

const ending = import.meta.filename.endsWith('.ts') ? 'ts' : 'js'

/** Of a script of the page, below where code is served. */
export const pathOf = (name: 'start' | 'desktop') => `page/${name}.${ending}`

/** What the page imports by name. */
export const imports = {
  '@kaimen/client/web': `client/web/${client.slice(dirname(client).length + 1)}`,
}

/** Code for the browser; undefined where there is none of that name. */
export async function readCode(path: string): Promise<Response | undefined> {
  const [, folder = '', rest = ''] = /^(\w+)\/([\w/-]+(?:\.[\w-]+)*\.m?[jt]s)$/.exec(path) ?? []
  const root = folders[folder]
  if (root === undefined) return undefined
  const code = await readFile(join(root, rest), 'utf8').catch(() => undefined)
  if (code === undefined) return undefined
  return new Response(rest.endsWith('.ts') ? stripTypes(code) : code, {
    headers: {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    },
  })
}

/** In a clone nothing has been built: only the types go. */
const stripTypes = (code: string) =>
  transform(code, { transforms: ['typescript'], disableESTransforms: true }).code
