import { make } from '../dom.ts'
import { controlAround, controlOf, makeFocusable, type BuiltIn, type Columns } from './control.ts'
import { offerControl } from './form.ts'

/** https://developers.weixin.qq.com/miniprogram/dev/component/switch.html */
export const switchBox: BuiltIn = {
  properties: { checked: false, disabled: false, type: 'switch', color: '#04be02', name: '' },
  mount(control) {
    const { element, onTap, read, trigger, write } = control
    const track = make('i.kp-switch')
    element.append(track)
    const allow = makeFocusable(control, 'switch')
    onTap(() => {
      if (read('disabled', false)) return
      write('checked', !read('checked', false))
      trigger('change', { value: read('checked', false) })
    })
    offerControl(control, {
      value: () => read('checked', false),
      reset: () => write('checked', false),
    })
    return () => {
      const checked = read('checked', false)
      allow()
      element.setAttribute('aria-checked', String(checked))
      element.setAttribute('type', read('type', 'switch'))
      track.style.cssText = checked ? `background:${read('color', '')}` : ''
    }
  },
}

const option = { value: '', checked: false, disabled: false, color: '#09bb07' }

/** https://developers.weixin.qq.com/miniprogram/dev/component/checkbox.html */
export const checkbox: BuiltIn = {
  properties: option,
  mount(control) {
    const { element, onTap, read, write } = control
    element.prepend(make('i.kp-check', { 'aria-hidden': 'true' }))
    const allow = makeFocusable(control, 'checkbox')
    onTap(() => {
      if (read('disabled', false)) return
      write('checked', !read('checked', false))
      const group = controlAround(element, 'checkbox-group')
      group?.trigger('change', { value: checkedIn(group.element, 'checkbox') })
    })
    return () => {
      allow()
      element.setAttribute('aria-checked', String(read('checked', false)))
    }
  },
}

/** https://developers.weixin.qq.com/miniprogram/dev/component/radio.html */
export const radio: BuiltIn = {
  properties: option,
  mount(control) {
    const { element, onTap, read, write } = control
    element.prepend(make('i.kp-check.kp-round', { 'aria-hidden': 'true' }))
    const allow = makeFocusable(control, 'radio')
    onTap(() => {
      if (read('disabled', false) || read('checked', false)) return
      const group = controlAround(element, 'radio-group')
      for (const other of group?.element.querySelectorAll('wx-radio') ?? [])
        controlOf(other)?.write('checked', false)
      write('checked', true)
      group?.trigger('change', { value: read('value', '') })
    })
    return () => {
      allow()
      element.setAttribute('aria-checked', String(read('checked', false)))
    }
  },
}

export const checkboxGroup: BuiltIn = {
  properties: { name: '' },
  mount(control) {
    const { element } = control
    offerControl(control, {
      value: () => checkedIn(element, 'checkbox'),
      reset: () => uncheck(element, 'checkbox'),
    })
    return undefined
  },
}

export const radioGroup: BuiltIn = {
  properties: { name: '' },
  mount(control) {
    const { element } = control
    element.setAttribute('role', 'radiogroup')
    offerControl(control, {
      value: () => checkedIn(element, 'radio')[0] ?? '',
      reset: () => uncheck(element, 'radio'),
    })
    return undefined
  },
}

const controlsIn = (element: Element, tag: string) =>
  [...element.querySelectorAll(`wx-${tag}`)].flatMap((each) => controlOf(each) ?? [])

const checkedIn = (element: Element, tag: string) =>
  controlsIn(element, tag)
    .filter(({ has }) => has('checked'))
    .map(({ read }) => read('value', ''))

function uncheck(element: Element, tag: string) {
  for (const { write } of controlsIn(element, tag)) write('checked', false)
}

/** https://developers.weixin.qq.com/miniprogram/dev/component/slider.html */
export const slider: BuiltIn = {
  properties: {
    min: 0,
    max: 100,
    step: 1,
    value: 0,
    disabled: false,
    showValue: false,
    activeColor: '#1aad19',
    name: '',
  },
  mount(control) {
    const { element, read, trigger, write } = control
    const box = document.createElement('input')
    const shown = make('span')
    box.type = 'range'
    element.append(box, shown)
    const value = () => Number(box.value)
    box.addEventListener('input', () => {
      write('value', value())
      trigger('changing', { value: value() })
    })
    box.addEventListener('change', () => trigger('change', { value: value() }))
    offerControl(control, { value, reset: () => write('value', read('min', 0)) })
    return () => {
      box.min = String(read('min', 0))
      box.max = String(read('max', 100))
      box.step = String(read('step', 1))
      box.value = String(read('value', 0))
      box.disabled = read('disabled', false)
      box.style.accentColor = read('activeColor', '')
      shown.textContent = read('showValue', false) ? box.value : ''
    }
  },
}

/** https://developers.weixin.qq.com/miniprogram/dev/component/picker.html */
export const picker: BuiltIn = {
  properties: {
    mode: 'selector',
    range: [],
    rangeKey: '',
    // A number, a text or a list, as the mode has it.
    value: null,
    start: '',
    end: '',
    disabled: false,
    headerText: '',
    name: '',
  },
  mount(control) {
    const { host, onTap, read, trigger, write } = control
    onTap(() => {
      if (read('disabled', false)) return
      const mode = modes[read('mode', 'selector')] ?? selector
      const { columns, chosen, result } = mode({
        range: read<readonly unknown[]>('range', []),
        rangeKey: read('rangeKey', ''),
        value: read<unknown>('value', null),
        start: read('start', ''),
        end: read('end', ''),
      })
      void host.pick(columns, chosen).then((picked) => {
        if (!picked) return trigger('cancel')
        const value = result(picked)
        write('value', value)
        trigger('change', { value })
      })
    })
    offerControl(control, {
      value: () => read<unknown>('value', null),
      reset: () => write('value', null),
    })
    return makeFocusable(control, 'button')
  },
}

interface PickerState {
  readonly range: readonly unknown[]
  readonly rangeKey: string
  readonly value: unknown
  readonly start: string
  readonly end: string
}

type Mode = (state: PickerState) => {
  columns: Columns
  chosen: readonly number[]
  result: (picked: readonly number[]) => unknown
}

const wordsOf = (range: readonly unknown[], key: string) =>
  range.map((item) =>
    String(key !== '' && typeof item === 'object' && item ? Reflect.get(item, key) : item),
  )

const selector: Mode = ({ range, rangeKey, value }) => ({
  columns: () => [wordsOf(range, rangeKey)],
  chosen: [Number(value ?? 0)],
  result: ([index = 0]) => index,
})

const multiSelector: Mode = ({ range, rangeKey, value }) => ({
  columns: () => range.map((column) => wordsOf(Array.isArray(column) ? column : [], rangeKey)),
  chosen: Array.isArray(value) ? value.map(Number) : [],
  result: (picked) => [...picked],
})

const textOf = (value: unknown, fallback: string) => (typeof value === 'string' ? value : fallback)
const pad = (number: number) => String(number).padStart(2, '0')
const count = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)

const time: Mode = ({ value }) => ({
  columns: () => [count(0, 23).map(pad), count(0, 59).map(pad)],
  chosen: textOf(value, '0:0').split(':').map(Number),
  result: ([hour = 0, minute = 0]) => `${pad(hour)}:${pad(minute)}`,
})

const date: Mode = ({ value, start, end }) => {
  const first = Number(start.slice(0, 4)) || 1970
  const last = Number(end.slice(0, 4)) || 2099
  const [year = first, month = 1, day = 1] = textOf(value, `${first}-01-01`).split('-').map(Number)
  return {
    columns: ([yearIndex = 0, monthIndex = 0]) => [
      count(first, last).map((each) => `${each}年`),
      count(1, 12).map((each) => `${each}月`),
      count(1, new Date(first + yearIndex, monthIndex + 1, 0).getDate()).map((each) => `${each}日`),
    ],
    chosen: [year - first, month - 1, day - 1],
    result: ([yearIndex = 0, monthIndex = 0, dayIndex = 0]) =>
      `${first + yearIndex}-${pad(monthIndex + 1)}-${pad(dayIndex + 1)}`,
  }
}

const modes: Readonly<Record<string, Mode>> = { selector, multiSelector, time, date }
