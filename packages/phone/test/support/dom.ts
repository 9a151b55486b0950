import { JSDOM } from 'jsdom'

/**
 * A page without a browser. What Node has of its own (fetch, Blob, timers) stays Node's; import
 * this before what draws.
 */
const { window } = new JSDOM('<!doctype html><html><body></body></html>', {
  url: 'http://127.0.0.1/',
  pretendToBeVisual: true,
})

const names = [
  'document',
  'CSS',
  'Element',
  'Event',
  'HTMLElement',
  'HTMLInputElement',
  'HTMLSelectElement',
  'KeyboardEvent',
  'MouseEvent',
  'Node',
  'Option',
  'localStorage',
] as const

for (const name of names) {
  const value: unknown = name === 'CSS' ? { escape: (text: string) => text } : window[name]
  Object.defineProperty(globalThis, name, { value, configurable: true })
}
Object.defineProperty(globalThis, 'window', { value: window, configurable: true })
