import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TmplGroup } from 'glass-easel-template-compiler'
import { builtInNames } from '../run/built-in-names.ts'
import type { Part } from '../run/program.ts'
import { checkSyntax, readNames } from './compile-script.ts'
import { scanTags } from './scan-tags.ts'
import { hasFile, locate, type Sources } from './sources.ts'

/** Of the compiler; its typings have `any`. Lines and columns from 0. */
interface Complaint {
  readonly isError: boolean
  readonly message: string
  readonly startLine: number
  readonly startColumn: number
}

/** What WXML has besides components. */
const structure = new Set(['block', 'slot', 'template', 'import', 'include', 'wxs'])

/** Globals of WXS: https://developers.weixin.qq.com/miniprogram/dev/reference/wxs/06datatype.html */
const globals = `var getRegExp=function(p,f){return new RegExp(p,f)},getDate=function(){return arguments.length?new (Function.prototype.bind.apply(Date,[null].concat([].slice.call(arguments)))):new Date()};`

/** The templates of all parts, and those that they import, as one expression. */
export function compileTemplates(sources: Sources, parts: Readonly<Record<string, Part>>): string {
  const group = new TmplGroup()
  try {
    const seen = new Set<string>()
    for (const [path, { config }] of Object.entries(parts)) {
      const own = new Set(Object.keys(config.usingComponents ?? {}))
      addTemplate(sources, group, seen, path, own)
    }
    group.setExtraRuntimeScript(globals)
    // In another order every time: only a change may look like one.
    const stamp = JSON.stringify([...seen].map((file) => [file, textOf(sources, file)]))
    return sources.recall('templates', stamp, () => group.getTmplGenObjectGroups())
  } finally {
    group.free()
  }
}

/** @param own The names of the components that are known to it. */
function addTemplate(
  sources: Sources,
  group: TmplGroup,
  seen: Set<string>,
  path: string,
  own: ReadonlySet<string>,
) {
  const file = `${path}.wxml`
  if (seen.has(file)) return
  seen.add(file)
  const source = sources.remember(file, (text) => ({ text, tags: scanTags(text) }))
  const complaints = group.addTmpl(path, source.text) as readonly Complaint[]
  for (const { isError, message, startLine, startColumn } of complaints) {
    if (!isError && message !== 'missing end tag') continue
    const place = { line: startLine + 1, column: startColumn + 1 }
    sources.problems.push({ kind: 'template_syntax', file, ...place, reason: message })
  }
  for (const { name, line, column } of source.tags) {
    if (builtInNames.has(name) || structure.has(name) || own.has(name)) continue
    sources.problems.push({ kind: 'component_unknown', file, line, column, reason: name })
  }
  for (const name of namesIn(group.getInlineScriptModuleNames(path))) {
    const problem = checkSyntax(group.getInlineScript(path, name))
    if (!problem) continue
    group.setInlineScript(path, name, '')
    sources.problems.push({ kind: 'script_syntax', file, reason: `${name}.wxs: ${problem.reason}` })
  }
  for (const script of namesIn(group.getScriptDependencies(path)))
    addScript(sources, group, seen, script, file)
  for (const other of namesIn(group.getDirectDependencies(path))) {
    const imported = other.replace(/\.wxml$/, '')
    if (hasFile(sources, `${imported}.wxml`)) addTemplate(sources, group, seen, imported, own)
    else sources.problems.push({ kind: 'import_missing', file, reason: other })
  }
}

/** @param id What the compiled template calls it by: a path, with its extension or without. */
function addScript(
  sources: Sources,
  group: TmplGroup,
  seen: Set<string>,
  id: string,
  importer: string,
) {
  if (seen.has(id)) return
  seen.add(id)
  const file = id.endsWith('.wxs') ? id : `${id}.wxs`
  if (!hasFile(sources, file)) {
    group.addScript(id, '')
    sources.problems.push({ kind: 'import_missing', file: importer, reason: file })
    return
  }
  const { code, problem, names } = sources.remember(file, readScript)
  if (problem) sources.problems.push({ kind: 'script_syntax', file, ...problem })
  group.addScript(id, code)
  for (const name of names) addScript(sources, group, seen, locate(file, name), file)
}

function readScript(text: string) {
  const problem = checkSyntax(text)
  if (problem) return { code: '', problem, names: [] }
  return { code: text, names: readNames(text) }
}

/** The typings of the compiler have `any`. */
const namesIn = (list: readonly unknown[]) => list.map(String)

const textOf = (sources: Sources, id: string) => {
  const file = /\.wx(ml|s)$/.test(id) ? id : `${id}.wxs`
  return hasFile(sources, file) ? readFileSync(join(sources.root, file), 'utf8') : ''
}
