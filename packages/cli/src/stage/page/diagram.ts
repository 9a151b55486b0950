import { inBoth, make } from './dom.ts'
import { drawArrow } from './draw-arrow.ts'
import { drawDetails } from './draw-details.ts'
import type { Arrow } from './wire.ts'
import { lanes, words } from './words.ts'

export interface Diagram {
  readonly element: HTMLElement
  add(arrow: Arrow): void
  /** In place of all that is there. */
  show(arrows: readonly Arrow[]): void
}

/** As many as the server keeps. */
const mostRows = 600

/** The messages as a sequence diagram, the newest at the end. */
export function drawDiagram(): Diagram {
  const list = make('ol', { id: 'arrows', 'aria-live': 'off' })
  const empty = make('p.empty', {}, ...inBoth(words.empty))
  const heads = lanes.map(({ name, of: [actor = 'server'] }) =>
    make('span', { 'data-actor': actor }, ...inBoth(name)),
  )
  const scroller = make('div.scroller', { tabindex: '0' }, list, empty)
  const element = make('div.diagram', {}, make('div.lanes', {}, ...heads), scroller)
  let drawn: Arrow[] = []

  const findLeg = (exchange: number, leg: Arrow['leg']) =>
    drawn.find((arrow) => arrow.exchange === exchange && arrow.leg === leg)

  function fill(row: Element, exchange: number) {
    row.querySelector('.details')?.remove()
    row.append(drawDetails(findLeg(exchange, 'request'), findLeg(exchange, 'reply')))
  }

  function toggle(row: HTMLElement, { exchange }: Arrow) {
    const isOpen = row.classList.toggle('open')
    row.querySelector('button')?.setAttribute('aria-expanded', String(isOpen))
    if (isOpen) fill(row, exchange)
    else row.querySelector('.details')?.remove()
  }

  function append(arrow: Arrow) {
    drawn.push(arrow)
    list.append(drawArrow(arrow, (row) => toggle(row, arrow)))
    if (drawn.length > mostRows) {
      drawn.shift()
      list.firstElementChild?.remove()
    }
    // Opened before its reply came.
    const asked = findLeg(arrow.exchange, 'request')
    const row = asked && list.querySelector(`.open[data-id="${asked.id}"]`)
    if (row) fill(row, arrow.exchange)
  }

  /** Whoever looks at something further up is left there. */
  const isAtEnd = () =>
    scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80 &&
    !list.querySelector('.open')

  return {
    element,
    add(arrow) {
      const follow = isAtEnd()
      empty.hidden = true
      append(arrow)
      if (follow) scroller.scrollTop = scroller.scrollHeight
    },
    show(arrows) {
      drawn = []
      list.replaceChildren()
      for (const arrow of arrows) append(arrow)
      empty.hidden = arrows.length > 0
      scroller.scrollTop = scroller.scrollHeight
    },
  }
}
