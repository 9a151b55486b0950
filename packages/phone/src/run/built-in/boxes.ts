import { make } from '../dom.ts'
import type { BuiltIn } from './control.ts'
import { makeFocusable } from './control.ts'
import { followTouch } from './hover.ts'

export const view: BuiltIn = {
  properties: { hoverClass: 'none', hoverStopPropagation: false },
  mount(control) {
    followTouch(control)
    return undefined
  },
}

export const text: BuiltIn = {
  properties: { userSelect: false, selectable: false, space: '', decode: false },
  mount({ element, read }) {
    return () =>
      element.toggleAttribute('selectable', read('userSelect', false) || read('selectable', false))
  },
}

export const plainBox: BuiltIn = { properties: {} }

/** https://developers.weixin.qq.com/miniprogram/dev/component/scroll-view.html */
export const scrollView: BuiltIn = {
  properties: {
    scrollX: false,
    scrollY: false,
    scrollTop: 0,
    scrollLeft: 0,
    scrollIntoView: '',
    upperThreshold: 50,
    lowerThreshold: 50,
    scrollWithAnimation: false,
  },
  mount({ element, read, trigger }) {
    let wanted = { top: 0, left: 0, into: '' }
    let atEnd = false
    element.addEventListener('scroll', () => {
      const { scrollTop, scrollLeft, scrollHeight, scrollWidth, clientHeight } = element
      trigger('scroll', { scrollTop, scrollLeft, scrollHeight, scrollWidth })
      const isNear = scrollHeight - scrollTop - clientHeight <= read('lowerThreshold', 50)
      if (isNear && !atEnd) trigger('scrolltolower', { direction: 'bottom' })
      atEnd = isNear
      if (scrollTop === 0) trigger('scrolltoupper', { direction: 'top' })
    })
    return () => {
      element.toggleAttribute('scroll-x', read('scrollX', false))
      element.toggleAttribute('scroll-y', read('scrollY', false))
      const next = {
        top: read('scrollTop', 0),
        left: read('scrollLeft', 0),
        into: read('scrollIntoView', ''),
      }
      if (next.top !== wanted.top) element.scrollTop = next.top
      if (next.left !== wanted.left) element.scrollLeft = next.left
      if (next.into !== '' && next.into !== wanted.into)
        element.querySelector(`[id="${next.into}"]`)?.scrollIntoView()
      wanted = next
    }
  },
}

/** https://developers.weixin.qq.com/miniprogram/dev/component/navigator.html */
export const navigator: BuiltIn = {
  properties: { url: '', openType: 'navigate', delta: 1, hoverClass: 'navigator-hover' },
  mount(control) {
    const { host, onTap, read } = control
    followTouch(control)
    onTap(() => host.navigate(read('openType', 'navigate'), read('url', ''), read('delta', 1)))
    return makeFocusable(control, 'link')
  },
}

export const progress: BuiltIn = {
  properties: {
    percent: 0,
    showInfo: false,
    strokeWidth: 6,
    activeColor: '#09bb07',
    backgroundColor: '#ebebeb',
  },
  mount({ element, read }) {
    const bar = make('i.kp-progress-bar')
    const info = make('span')
    element.append(make('i.kp-progress', {}, bar), info)
    element.setAttribute('role', 'progressbar')
    return () => {
      const percent = Math.min(100, Math.max(0, read('percent', 0)))
      element.setAttribute('aria-valuenow', String(percent))
      bar.style.cssText = `width:${percent}%;background:${read('activeColor', '')}`
      info.textContent = read('showInfo', false) ? `${percent}%` : ''
    }
  },
}

/** https://developers.weixin.qq.com/miniprogram/dev/component/icon.html */
export const icon: BuiltIn = {
  properties: { type: 'info', size: 23, color: '' },
  mount({ element, read }) {
    element.setAttribute('aria-hidden', 'true')
    return () => {
      const type = read('type', 'info')
      const [sign = 'i', color = '#10aeff'] = signs[type] ?? []
      const size = read('size', 23)
      element.textContent = sign
      element.style.cssText = `width:${size}px;height:${size}px;line-height:${size}px;font-size:${size * 0.6}px;background:${read('color', '') || color}`
    }
  },
}

const signs: Readonly<Record<string, readonly [string, string]>> = {
  success: ['✓', '#09bb07'],
  success_no_circle: ['✓', '#09bb07'],
  info: ['i', '#10aeff'],
  warn: ['!', '#f76260'],
  waiting: ['…', '#10aeff'],
  cancel: ['✕', '#f43530'],
  clear: ['✕', '#b2b2b2'],
}

/** Nodes, or HTML of which only trusted text remains: a mini program has no scripts there. */
export const richText: BuiltIn = {
  // A list or a text.
  properties: { nodes: null, space: '' },
  mount({ element, read }) {
    return () => {
      const nodes = read<string | readonly RichNode[]>('nodes', '')
      if (typeof nodes === 'string') element.textContent = nodes.replace(/<[^>]*>/g, '')
      else element.replaceChildren(...drawNodes(nodes))
    }
  },
}

interface RichNode {
  readonly type?: string
  readonly text?: string
  readonly name?: string
  readonly children?: readonly RichNode[]
}

function drawNodes(nodes: readonly RichNode[]): (Node | string)[] {
  return nodes.map(({ type, text = '', name = '', children = [] }) =>
    type === 'text' ? text : make(plainTags.has(name) ? name : 'div', {}, ...drawNodes(children)),
  )
}

/** Elements that do nothing but hold text. */
const plainTags = new Set(
  'a b blockquote br code del div em h1 h2 h3 h4 h5 h6 hr i ins li ol p pre span strong sub sup table tbody td th thead tr u ul'.split(
    ' ',
  ),
)
