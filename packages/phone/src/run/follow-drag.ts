/** How far from where it began, in CSS pixels. */
interface Drag {
  readonly dx: number
  readonly dy: number
}

interface DragListener {
  /** Whether a drag that begins here, from the element's corner, is one to follow. */
  readonly begin: (x: number, y: number) => boolean
  readonly move: (drag: Drag) => void
  readonly end: (drag: Drag) => void
}

/** Follows a finger, or the mouse with its button down. */
export function followDrag(element: HTMLElement, { begin, move, end }: DragListener): void {
  let start: { x: number; y: number } | undefined
  let last: Drag = { dx: 0, dy: 0 }

  const press = (x: number, y: number) => {
    const { left, top } = element.getBoundingClientRect()
    start = begin(x - left, y - top) ? { x, y } : undefined
    last = { dx: 0, dy: 0 }
  }
  const drag = (x: number, y: number) => {
    if (!start) return
    last = { dx: x - start.x, dy: y - start.y }
    move(last)
  }
  const release = () => {
    if (start) end(last)
    start = undefined
  }

  element.addEventListener('mousedown', ({ clientX, clientY }) => press(clientX, clientY))
  element.addEventListener('mousemove', ({ clientX, clientY, buttons }) => {
    if (buttons === 0) release()
    else drag(clientX, clientY)
  })
  element.addEventListener('mouseup', release)
  element.addEventListener('mouseleave', release)
  element.addEventListener(
    'touchstart',
    ({ touches: [touch] }) => touch && press(touch.clientX, touch.clientY),
    { passive: true },
  )
  element.addEventListener(
    'touchmove',
    ({ touches: [touch] }) => touch && drag(touch.clientX, touch.clientY),
    { passive: true },
  )
  element.addEventListener('touchend', release)
  element.addEventListener('touchcancel', release)
}
