import * as glassEasel from 'glass-easel'
import type { Clock } from './clock.ts'

/** What WeChat adds to an event of a finger's. */
export function describeTouches(event: unknown): Record<string, unknown> {
  if (typeof TouchEvent !== 'undefined' && event instanceof TouchEvent) {
    return { touches: list(event.touches), changedTouches: list(event.changedTouches) }
  }
  if (!(event instanceof MouseEvent)) return { touches: [], changedTouches: [] }
  const touch = describe(event, 0)
  return { touches: event.type === 'mouseup' ? [] : [touch], changedTouches: [touch] }
}

const list = (touches: TouchList) => [...touches].map((each) => describe(each, each.identifier))

function describe({ clientX, clientY }: { clientX: number; clientY: number }, identifier: number) {
  return { identifier, clientX, clientY, pageX: clientX, pageY: clientY, force: 1 }
}

const longPressMs = 350
const stillPixels = 10

/** Tells of a finger, or the mouse, that stays where it is. */
export function watchLongPress(
  element: HTMLElement,
  clock: Clock,
  press: (target: Node) => void,
): void {
  let cancel = () => {}
  let start = { x: 0, y: 0 }
  const begin = (target: EventTarget | null, x: number, y: number) => {
    cancel()
    start = { x, y }
    cancel = clock.after(longPressMs, () => {
      if (target instanceof Node) press(target)
    })
  }
  const move = (x: number, y: number) => {
    if (Math.hypot(x - start.x, y - start.y) > stillPixels) cancel()
  }
  const end = () => cancel()
  element.addEventListener('mousedown', ({ target, clientX, clientY }) =>
    begin(target, clientX, clientY),
  )
  element.addEventListener('mousemove', ({ clientX, clientY }) => move(clientX, clientY))
  element.addEventListener(
    'touchstart',
    ({ target, touches: [touch] }) => touch && begin(target, touch.clientX, touch.clientY),
    { passive: true },
  )
  element.addEventListener(
    'touchmove',
    ({ touches: [touch] }) => touch && move(touch.clientX, touch.clientY),
    { passive: true },
  )
  for (const name of ['mouseup', 'mouseleave', 'touchend', 'touchcancel'])
    element.addEventListener(name, end)
}

/** The component that has drawn this node, or what is around it. */
export function findComponentElement(node: Node): glassEasel.Element | undefined {
  for (let each: Node | null = node; each; each = each.parentNode) {
    const owner: unknown = Reflect.get(each, '__wxElement')
    if (owner instanceof glassEasel.Element) return owner
  }
  return undefined
}
