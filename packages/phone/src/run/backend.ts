import * as glassEasel from 'glass-easel'
import { builtInNames } from './built-in-names.ts'

type Trigger = (
  target: glassEasel.Element,
  type: string,
  detail: unknown,
  options: glassEasel.EventOptions,
) => void

/**
 * The events of the browser's that are WeChat's too. All others of the same name, such as `input`
 * and `scroll`, come from the built-in components, in WeChat's shape.
 */
const ownEvents = new Set([
  'touchstart',
  'touchmove',
  'touchend',
  'touchcancel',
  'transitionend',
  'animationstart',
  'animationiteration',
  'animationend',
])

/** Of each document the one that listens to its events: two would hear every tap twice. */
const backends = new WeakMap<
  Document,
  { context: glassEasel.CurrentWindowBackendContext; trigger: Trigger }
>()

/**
 * Where glass-easel draws: this document. A built-in component becomes an element of its own, `wx-`
 * and its tag, as in WeChat: an `<input>` of HTML's could hold nothing.
 *
 * @param trigger Gets what a person does, in WeChat's events.
 */
export function lendBackend(trigger: Trigger): glassEasel.CurrentWindowBackendContext {
  const known = backends.get(document)
  if (known) {
    known.trigger = trigger
    return known.context
  }
  const context = new glassEasel.CurrentWindowBackendContext()
  const { createElement } = context.document
  context.document = {
    createElement: (tag) => createElement.call(document, builtInNames.has(tag) ? `wx-${tag}` : tag),
    createTextNode: (content) => document.createTextNode(content) as never,
    createDocumentFragment: () => document.createDocumentFragment() as never,
  }
  const listen = context.setListenerStats.bind(context)
  context.setListenerStats = (element, type, ...rest) => {
    if (ownEvents.has(type)) listen(element, type, ...rest)
  }
  const backend = { context, trigger }
  backends.set(document, backend)
  context.onEvent((target, type, detail, options) =>
    backend.trigger(target, type, detail as unknown, options),
  )
  return context
}
