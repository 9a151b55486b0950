import { inBoth, make } from './dom.ts'
import { secrets } from './secrets.ts'
import type { Arrow, Field } from './wire.ts'
import { words } from './words.ts'

/** What an arrow opens to: why, what was asked, and what came back. */
export function drawDetails(request: Arrow | undefined, reply: Arrow | undefined): HTMLElement {
  const { explanation } = (reply?.failed ? reply : (request ?? reply)) ?? {}
  return make(
    'div.details',
    {},
    make('p.why', {}, ...(explanation ? inBoth(explanation) : [])),
    drawHalf('request', request),
    drawHalf('reply', reply),
  )
}

function drawHalf(leg: 'request' | 'reply', arrow: Arrow | undefined): HTMLElement {
  const took = arrow?.tookMs === undefined ? [] : [make('small', {}, `${arrow.tookMs} ms`)]
  const empty = make('p.none', {}, ...inBoth(arrow ? words.nothing : words.waiting))
  return make(
    'section',
    {},
    make('h3', {}, ...inBoth(words[leg]), ' ', make('code', {}, arrow?.title ?? ''), ' ', ...took),
    arrow && arrow.fields.length > 0
      ? make('dl', {}, ...arrow.fields.flatMap((field) => drawField(field)))
      : empty,
  )
}

function drawField(field: Field): readonly HTMLElement[] {
  const name = make('dt', {}, make('code', {}, field.name))
  if ('value' in field) return [name, make('dd', {}, make('code', {}, field.value || '—'))]
  const { name: kind, life, never } = secrets[field.secret]
  return [
    name,
    make(
      'dd.secret',
      {},
      make('strong', {}, ...inBoth(kind)),
      ' ',
      make('span.length', {}, `${field.length} `, ...inBoth(words.characters)),
      make('small', {}, ...inBoth(words.life), ': ', ...inBoth(life)),
      make('small', {}, ...inBoth(words.never), ': ', ...inBoth(never)),
    ),
  ]
}
