import { inBoth, make } from './dom.ts'
import type { Actor, Arrow } from './wire.ts'
import { actors, lanes } from './words.ts'

/** The middle of an actor's lane, in parts of the whole width. */
const middleOf = (actor: Actor) =>
  (lanes.findIndex(({ of }) => of.includes(actor)) + 0.5) / lanes.length

/** One row of the diagram; pressed, it opens. */
export function drawArrow(arrow: Arrow, press: (row: HTMLElement) => void): HTMLElement {
  const { leg, from, to, title, failed } = arrow
  const [start, end] = [middleOf(from), middleOf(to)]
  const line = make('span.line', { 'aria-hidden': 'true' })
  line.classList.toggle('left', end < start)
  const label = make('span.label', {}, title)
  const button = make(
    'button',
    { type: 'button', 'aria-expanded': 'false' },
    make('span.unseen', {}, ...inBoth(actors[from]), ' → ', ...inBoth(actors[to]), ': '),
    label,
    line,
  )
  const row = make(`li.arrow.${leg}`, { 'data-from': from, 'data-id': String(arrow.id) }, button)
  row.classList.toggle('failed', failed)
  const [left, right] = [Math.min(start, end), Math.max(start, end)]
  row.style.setProperty('--left', String(left))
  row.style.setProperty('--right', String(right))
  // There is room for words on the side away from the edge.
  row.classList.toggle('rightmost', (left + right) / 2 > 0.5)
  button.addEventListener('click', () => press(row))
  return row
}
