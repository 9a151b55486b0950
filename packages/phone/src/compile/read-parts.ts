import type { AppConfig, Part, PartConfig } from '../run/program.ts'
import { isObject, readJson } from './read-json.ts'
import { hasFile, locate, type Sources } from './sources.ts'
import { findPackageFolder } from './resolve-module.ts'

/** The pages of `app.json`, then each component that one of them uses, by path. */
export function readParts(sources: Sources, app: AppConfig): Record<string, Part> {
  const parts: Record<string, Part> = {}
  const shared = isObject(app.usingComponents) ? app.usingComponents : {}

  function add(path: string, kind: Part['kind']) {
    if (Object.hasOwn(parts, path)) return
    const json = `${path}.json`
    const config = hasFile(sources, json) ? readJson(sources, json) : {}
    const own = isObject(config['usingComponents']) ? config['usingComponents'] : {}
    const usingComponents = {
      ...findComponents(sources, 'app.json', kind === 'page' ? shared : {}),
      ...findComponents(sources, json, own),
    }
    parts[path] = {
      kind,
      config: { ...config, usingComponents },
      script: [`${path}.js`, `${path}.ts`].find((file) => hasFile(sources, file)),
      scope:
        kind === 'page' || config['styleIsolation'] === 'shared'
          ? ''
          : `c${Object.keys(parts).length}`,
    }
    for (const component of Object.values(usingComponents)) add(component.slice(1), 'component')
  }

  for (const page of pagesOf(app)) {
    if (hasFile(sources, `${page}.wxml`)) add(page, 'page')
    else sources.problems.push({ kind: 'page_missing', file: 'app.json', reason: page })
  }
  return parts
}

/** The pages of `app.json`, those of its subpackages too. */
function pagesOf(app: AppConfig): string[] {
  const main = textsOf(app['pages'])
  const packages = app['subPackages'] ?? app['subpackages']
  const others = (Array.isArray(packages) ? packages : []).filter(isObject)
  const more = others.flatMap(({ root, pages }) =>
    textsOf(pages).map((page) => locate('app.json', `${String(root)}/${page}`)),
  )
  return [...main, ...more]
}

const textsOf = (list: unknown) =>
  (Array.isArray(list) ? list : []).filter((item) => typeof item === 'string')

/** By absolute path; those that are not there are left out, with a problem noted. */
function findComponents(
  sources: Sources,
  json: string,
  using: Readonly<Record<string, unknown>>,
): NonNullable<PartConfig['usingComponents']> {
  const found: Record<string, string> = {}
  for (const [name, reference] of Object.entries(using)) {
    const path = findComponent(sources, json, String(reference))
    if (path === undefined) {
      const reason = `${name}: ${String(reference)}`
      sources.problems.push({ kind: 'component_missing', file: json, reason })
    } else {
      found[name] = `/${path}`
    }
  }
  return found
}

function findComponent(sources: Sources, json: string, reference: string): string | undefined {
  const near = locate(json, reference)
  const inPackage = findPackageFolder(sources, json, reference)
  const places = [near, ...(inPackage === undefined ? [] : [inPackage])]
  return places
    .flatMap((path) => [path, `${path}/index`])
    .find((path) => hasFile(sources, `${path}.wxml`))
}
