import { JSDOM } from 'jsdom'

const names = [
  'document',
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

/** A page without a browser. What Node has of its own (fetch, Blob, timers) stays Node's. */
export function openDocument(): void {
  const { window } = new JSDOM('<!doctype html><html><body></body></html>', {
    url: 'http://127.0.0.1/',
    pretendToBeVisual: true,
  })
  const put = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, configurable: true })
  put('window', window)
  for (const name of names) put(name, window[name])
}
