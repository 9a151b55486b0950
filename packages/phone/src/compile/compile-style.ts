import postcss, { CssSyntaxError, type Declaration, type Root } from 'postcss'
import selectorParser from 'postcss-selector-parser'
import { builtInNames } from '../run/built-in-names.ts'
import type { Part } from '../run/program.ts'
import { hasFile, locate, type Sources } from './sources.ts'

/**
 * One style sheet of all: that of the app, then those of the components, which the pages' own go
 * over.
 */
export function compileStyles(sources: Sources, parts: Readonly<Record<string, Part>>): string {
  const ordered = Object.entries(parts).sort(
    ([, one], [, other]) => Number(one.kind === 'page') - Number(other.kind === 'page'),
  )
  const sheets = [
    compileStyle(sources, 'app.wxss', {}),
    ...ordered.map(([path, { kind, scope }]) =>
      compileStyle(
        sources,
        `${path}.wxss`,
        kind === 'page' ? { page: path } : scope === '' ? {} : { scope },
      ),
    ),
  ]
  return sheets.filter((sheet) => sheet !== '').join('\n')
}

/** Whom the rules of a style sheet reach; without either, everything. */
interface Reach {
  /** Only this page. */
  readonly page?: string
  /** Only what is written in the component whose class names begin with this. */
  readonly scope?: string
}

function compileStyle(sources: Sources, file: string, reach: Reach): string {
  const root = inline(sources, file, [])
  if (!root) return ''
  root.walkDecls(translateValue)
  root.walkRules((rule) => {
    if (rule.parent?.type === 'atrule' && rule.parent.name.endsWith('keyframes')) return
    rule.selector = translateSelector(rule.selector, reach)
  })
  return root.toString()
}

/** The style sheet with those that it imports in their places. */
function inline(sources: Sources, file: string, importers: readonly string[]): Root | undefined {
  if (!hasFile(sources, file) || importers.includes(file)) return undefined
  const { css, problem } = sources.remember(file, parse)
  if (problem) sources.problems.push({ kind: 'style_syntax', file, ...problem })
  const root = css.clone()
  root.walkAtRules('import', (rule) => {
    const [, , target = ''] = /(['"])(.+?)\1/.exec(rule.params) ?? []
    const path = locate(file, target)
    const imported = inline(sources, path, [...importers, file])
    if (imported) return void rule.replaceWith(imported.nodes)
    rule.remove()
    if (importers.includes(path)) return
    const line = rule.source?.start?.line
    sources.problems.push({ kind: 'import_missing', file, line, reason: target })
  })
  return root
}

function parse(text: string) {
  try {
    return { css: postcss.parse(text) }
  } catch (error) {
    if (!(error instanceof CssSyntaxError)) throw error
    const { reason, line, column } = error
    return { css: postcss.root(), problem: { reason, line, column } }
  }
}

/**
 * A page is 750 rpx wide, and its window is the frame that it is in, not the browser's: lengths are
 * measured by that frame, which is a size container.
 */
function translateValue(declaration: Declaration) {
  declaration.value = translateLengths(declaration.value)
}

function translateLengths(value: string): string {
  if (!/\d(?:rpx|vh|vw)\b|env\(/.test(value)) return value
  return value
    .replace(/(-?(?:\d*\.)?\d+)rpx\b/g, (_, number) => `${round(Number(number) / 7.5)}cqw`)
    .replace(/((?:\d*\.)?\d+)v([wh])\b/g, '$1cq$2')
    .replace(/\b(?:env|constant)\(\s*safe-area-inset-(\w+)\s*(?:,[^)]*)?\)/g, 'var(--safe-area-$1)')
}

const round = (number: number) => Math.round(number * 1e5) / 1e5

/** What reaches it weighs nothing, so that rules are as strong as they were written. */
function translateSelector(text: string, { page, scope }: Reach): string {
  const within = page === undefined ? '.kp-frame' : `[data-route="${page}"]`
  const list = selectorParser().astSync(text)
  list.walkTags((tag) => {
    if (tag.value === 'page' || builtInNames.has(tag.value)) tag.value = `wx-${tag.value}`
  })
  if (scope !== undefined) {
    list.walkClasses((name) => {
      name.value = `${scope}--${name.value}`
    })
    list.walkPseudos((pseudo) => {
      if (pseudo.value === ':host')
        pseudo.replaceWith(selectorParser.attribute({ ...hostAttribute, value: scope }))
    })
  }
  return list.map((each) => `:where(${within}) ${String(each).trim()}`).join(', ')
}

const hostAttribute = { attribute: 'wx-host', operator: '=', quoteMark: null, raws: {} } as const
