import { inOne } from './dom.ts'
import type { Words } from './wire.ts'

/** The words of an option are text alone: they follow the language by being written anew. */
export function choose(
  label: Words,
  options: readonly (readonly [value: string, words: Words])[],
  chosen?: string,
): HTMLSelectElement {
  const select = document.createElement('select')
  select.append(...options.map(([value]) => new Option('', value, false, value === chosen)))
  const write = () => {
    select.ariaLabel = inOne(label)
    for (const [index, [, text]] of options.entries())
      select.options[index]?.replaceChildren(inOne(text))
  }
  document.addEventListener('language', write)
  write()
  return select
}
