import * as glassEasel from 'glass-easel'

/** One built-in component on a page. */
export interface Control {
  readonly element: HTMLElement
  /** Its `id` in the WXML. */
  readonly id: () => string
  /** A property as it is now. */
  readonly read: <Value>(name: string, fallback: Value) => Widened<Value>
  readonly has: (name: string) => boolean
  /** Writes a property, as a person's input does; bound data (`model:`) follows. */
  readonly write: (name: string, value: unknown) => void
  /** Runs at each tap on it, after what the program has bound to that. */
  readonly onTap: (act: () => void) => void
  readonly trigger: (name: string, detail?: object, options?: { bubbles: boolean }) => void
  /** What the phone can do for it. */
  readonly host: Host
}

/** What built-in components need of the phone. */
export interface Host {
  /** Where a file that the program names is, for the browser: a temporary file, one of its own. */
  readonly locateFile: (source: string) => string
  readonly navigate: (openType: string, url: string, delta: number) => void
  /** Watches what a handler of the program returned, for it may fail later. */
  readonly settle: (answer: unknown) => void
  /** The button's open ability; resolves with the event's name and detail, if there is one. */
  readonly openAbility: (
    ability: string,
    control: Control,
  ) => Promise<{ name: string; detail: object } | undefined>
  /** What the keyboard offers for `type="nickname"`; undefined without consent. */
  readonly offerNickname: () => Promise<string | undefined>
  /** The person picks one of each column; undefined when they think better of it. */
  readonly pick: (columns: Columns, chosen: readonly number[]) => Promise<number[] | undefined>
}

/** A property is of its fallback's type, not its value alone. */
type Widened<Value> = Value extends string
  ? string
  : Value extends number
    ? number
    : Value extends boolean
      ? boolean
      : Value

/** What can be picked, given what has been: the days of a month, for one. */
export type Columns = (chosen: readonly number[]) => readonly (readonly string[])[]

export interface BuiltIn {
  readonly properties: Readonly<Record<string, unknown>>
  /** @returns What is called whenever properties have changed. */
  readonly mount?: (control: Control) => (() => void) | undefined
}

/** By the element that shows it. */
const controls = new WeakMap<Element, Control>()

export const controlOf = (element: Element) => controls.get(element)

/** The nearest control around an element, the element itself included, that has this tag. */
export function controlAround(element: Element, tag: string): Control | undefined {
  const found = element.closest(`wx-${tag}`)
  return found ? controls.get(found) : undefined
}

const typeOf = (value: unknown) => {
  if (typeof value === 'string') return String
  if (typeof value === 'number') return Number
  if (typeof value === 'boolean') return Boolean
  return Array.isArray(value) ? Array : null
}

/** Properties that every component has. */
const common = { hidden: false, ariaLabel: '', ariaRole: '' }

/** Makes a built-in component known in this space by its tag. */
export function define(
  space: glassEasel.ComponentSpace,
  tag: string,
  { properties, mount }: BuiltIn,
  host: Host,
): void {
  const all: Readonly<Record<string, unknown>> = { ...common, ...properties }
  const updates = new WeakMap<object, () => void>()
  const definition = space
    .define(`wx://${tag}`)
    .definition({
      is: `wx://${tag}`,
      properties: Object.fromEntries(
        Object.entries(all).map(([name, value]) => [name, { type: typeOf(value), value }]),
      ),
      lifetimes: {
        attached(this: glassEasel.GeneralComponent) {
          const control = describe(this, host)
          if (!control) return
          controls.set(control.element, control)
          const update = mount?.(control)
          const refresh = () => {
            control.element.toggleAttribute('hidden', control.read('hidden', false))
            setText(control.element, 'aria-label', control.read('ariaLabel', ''))
            setText(control.element, 'role', control.read('ariaRole', ''))
            update?.()
          }
          updates.set(this, refresh)
          refresh()
        },
      },
      observers: {
        '**'(this: glassEasel.GeneralComponent) {
          updates.get(this)?.()
        },
      },
    })
    .registerComponent()
  space.setGlobalUsingComponent(tag, definition.general())
}

function describe(component: glassEasel.GeneralComponent, host: Host): Control | undefined {
  const element: unknown = component.$$
  if (!(element instanceof HTMLElement)) return undefined
  const data = () => component.data as Readonly<Record<string, unknown>>
  return {
    element,
    host,
    id: () => component.id,
    read<Value>(name: string, fallback: Value) {
      const value = data()[name]
      // A property has the type that it was given in `properties`.
      return (value ?? fallback) as Widened<Value>
    },
    has: (name) => Boolean(data()[name]),
    write: (name, value) => component.setData({ [name]: value }),
    onTap: (act) => component.addListener('tap', () => act()),
    trigger: (name, detail = {}, options) =>
      glassEasel.triggerEvent(component, name, detail, {
        ...options,
        handleListenerReturn(answer) {
          host.settle(answer)
          return answer === false ? false : undefined
        },
      }),
  }
}

function setText(element: HTMLElement, name: string, value: string) {
  if (value !== '') element.setAttribute(name, value)
}

/** Makes it work by keyboard too, and tells assistive technology what it is. */
export function makeFocusable({ element, read, trigger }: Control, role: string): () => void {
  element.setAttribute('role', role)
  element.addEventListener('keydown', (event) => {
    if (event.target !== element || (event.key !== 'Enter' && event.key !== ' ')) return
    event.preventDefault()
    if (!read('disabled', false)) trigger('tap', { x: 0, y: 0 }, { bubbles: true })
  })
  return () => {
    const disabled = read('disabled', false)
    element.toggleAttribute('disabled', disabled)
    element.setAttribute('aria-disabled', String(disabled))
    element.tabIndex = disabled ? -1 : 0
  }
}
