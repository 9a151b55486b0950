import { placeAt } from './sources.ts'

/** A start tag in WXML. */
export interface Tag {
  readonly name: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
}

/** The start tags of WXML; what is in a comment, an expression, an attribute or a script is none. */
export function scanTags(text: string): Tag[] {
  const tags: Tag[] = []
  const parts =
    /<!--[\s\S]*?-->|\{\{[\s\S]*?\}\}|<wxs\b[^>]*?\/>|<wxs\b[\s\S]*?<\/wxs>|<([a-z][\w-]*)((?:"[^"]*"|'[^']*'|[^"'>])*)>/gi
  for (const { 1: name, index } of text.matchAll(parts))
    if (name !== undefined) tags.push({ name, ...placeAt(text, index) })
  return tags
}
