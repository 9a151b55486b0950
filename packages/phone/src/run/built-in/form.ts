import { controlAround, controlOf, type BuiltIn, type Control } from './control.ts'

/** Something in a form that has a value. */
interface Field {
  readonly name: () => string
  readonly value: () => unknown
  readonly reset: () => void
}

const fields = new WeakMap<Element, Field>()

/** Lets the form around an element know of its value. */
export function offerField(element: Element, field: Field): void {
  fields.set(element, field)
}

/** That of a control, under its `name`. */
export function offerControl(
  { element, read }: Control,
  field: Pick<Field, 'value' | 'reset'>,
): void {
  offerField(element, { ...field, name: () => read('name', '') })
}

export const form: BuiltIn = { properties: { reportSubmit: false } }

export function submitFormAround(element: Element): void {
  const around = controlAround(element, 'form')
  if (!around) return
  const value = Object.fromEntries(
    namedFields(around.element).map(([name, field]) => [name, field.value()]),
  )
  around.trigger('submit', { value })
}

export function resetFormAround(element: Element): void {
  const around = controlAround(element, 'form')
  if (!around) return
  for (const [, field] of namedFields(around.element)) field.reset()
  around.trigger('reset')
}

function namedFields(element: Element): (readonly [string, Field])[] {
  return [...element.querySelectorAll('*')].flatMap((inner) => {
    const field = fields.get(inner)
    const name = field?.name()
    return field && name ? [[name, field] as const] : []
  })
}

const labelled = 'wx-button,wx-checkbox,wx-radio,wx-switch,wx-input,wx-textarea'

/** A tap on it is one on the control that it is for, or else on the first in it. */
export const label: BuiltIn = {
  properties: { for: '' },
  mount(control) {
    const { element, onTap, read } = control
    let target: Element | null = null
    element.addEventListener('mousedown', (event) => note(event.target), true)
    element.addEventListener('touchstart', (event) => note(event.target), true)
    const note = (pressed: EventTarget | null) => {
      target = pressed instanceof Element ? pressed.closest(labelled) : null
    }
    onTap(() => {
      // The control itself was tapped.
      if (target) return
      const id = read('for', '')
      const found = id
        ? element.closest('wx-page')?.querySelector(`[id="${id}"]`)
        : element.querySelector(labelled)
      const inner = found?.querySelector('input,textarea')
      if (inner instanceof HTMLElement) inner.focus()
      else if (found) controlOf(found)?.trigger('tap', { x: 0, y: 0 })
    })
    return undefined
  },
}
