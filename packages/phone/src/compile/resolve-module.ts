import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { isObject } from './read-json.ts'
import { hasFile, locate, type Sources } from './sources.ts'

/**
 * The file that a `require` leads to, relative to the program's folder: one of the program's own,
 * one that WeChat's tools have put into `miniprogram_npm`, or one of a package in `node_modules`,
 * for which nothing has to be built first.
 */
export function resolveModule(sources: Sources, file: string, name: string): string | undefined {
  if (/^\.{0,2}\//.test(name)) return findScript(sources, locate(file, name))
  // A mini program's own files may be named without a dot.
  return (
    findScript(sources, locate(file, name)) ??
    findBuilt(sources, file, name) ??
    findInPackage(sources, file, name)
  )
}

function findScript(sources: Sources, path: string): string | undefined {
  const candidates = [path, `${path}.js`, `${path}.ts`, `${path}/index.js`, `${path}/index.ts`]
  return candidates.find((file) => /\.[jt]s$/.test(file) && hasFile(sources, file))
}

/** From the nearest `miniprogram_npm` that has it. */
function findBuilt(sources: Sources, file: string, name: string): string | undefined {
  for (const folder of foldersAbove(file)) {
    const found = findScript(sources, posix.join(folder, 'miniprogram_npm', name))
    if (found !== undefined) return found
  }
  return undefined
}

/** Of a component that comes with an npm package. */
export function findPackageFolder(
  sources: Sources,
  file: string,
  name: string,
): string | undefined {
  for (const folder of foldersAbove(file)) {
    const path = posix.join(folder, 'miniprogram_npm', name)
    if (hasFile(sources, `${path}.wxml`) || hasFile(sources, `${path}/index.wxml`)) return path
  }
  const found = findPackage(sources, file, name)
  if (!found || typeof found.manifest['miniprogram'] !== 'string') return undefined
  return toLocal(sources, join(found.folder, found.manifest['miniprogram'], found.rest))
}

function findInPackage(sources: Sources, file: string, name: string): string | undefined {
  const found = findPackage(sources, file, name)
  if (!found) return undefined
  const { folder, manifest, rest } = found
  const subpath = rest === '' ? '.' : `./${rest}`
  const preferred = readExports(manifest['exports'], subpath, sources.conditions)
  const { miniprogram, main = 'index.js' } = manifest
  const targets = [
    preferred,
    typeof miniprogram === 'string' ? join(miniprogram, rest || 'index') : undefined,
    readExports(manifest['exports'], subpath, ['require', 'node', 'default']),
    rest === '' ? String(main) : rest,
  ]
  for (const target of targets) {
    const path = target && findScript(sources, toLocal(sources, join(folder, target)))
    if (path) return path
  }
  return undefined
}

function findPackage(sources: Sources, file: string, name: string) {
  const [, id = '', rest = ''] = /^(@[^/]+\/[^/]+|[^/]+)\/?(.*)$/.exec(name) ?? []
  // A package that was linked is where it really is; its own packages are beside it there.
  for (let folder = dirname(join(sources.root, file)); ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', id)
    if (existsSync(join(path, 'package.json'))) {
      const text = readFileSync(join(path, 'package.json'), 'utf8')
      const manifest: unknown = JSON.parse(text)
      if (isObject(manifest)) return { folder: realpathSync(path), manifest, rest }
    }
    if (folder === dirname(folder)) return undefined
  }
}

/** https://nodejs.org/api/packages.html#exports, without patterns. */
function readExports(
  exports: unknown,
  subpath: string,
  conditions: readonly string[],
): string | undefined {
  if (!isObject(exports)) return subpath === '.' ? pick(exports, conditions) : undefined
  const hasPaths = Object.keys(exports).some((key) => key.startsWith('.'))
  if (!hasPaths) return subpath === '.' ? pick(exports, conditions) : undefined
  return pick(exports[subpath], conditions)
}

function pick(target: unknown, conditions: readonly string[]): string | undefined {
  if (typeof target === 'string') return conditions.length > 0 ? target : undefined
  if (!isObject(target)) return undefined
  for (const [condition, inner] of Object.entries(target)) {
    if (!conditions.includes(condition)) continue
    const found = pick(inner, conditions)
    if (found !== undefined) return found
  }
  return undefined
}

function foldersAbove(file: string): string[] {
  const parts = dirname(file).split('/')
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/')).concat('.')
}

const toLocal = ({ root }: Sources, path: string) => relative(root, path).split(sep).join('/')
