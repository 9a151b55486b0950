import { expect, vi } from 'vitest'

/** What a person sees and does on the phone in this document. */
export function see(selector: string): HTMLElement {
  const windows = [...document.querySelectorAll('.kp-window:not([data-place])')]
  const shown = windows.at(-1)
  const found = shown?.querySelector(selector) ?? document.querySelector(`.kp-layer ${selector}`)
  if (!(found instanceof HTMLElement)) throw new Error(`nobody sees ${selector}`)
  return found
}

export async function waitFor<Result>(look: () => Result): Promise<Result> {
  return vi.waitFor(look, { timeout: 5_000, interval: 5 })
}

/** A finger, down and up where it is. */
export async function tap(selector: string): Promise<void> {
  const element = await waitFor(() => {
    const found = see(selector)
    expect(found.hasAttribute('disabled')).toBe(false)
    return found
  })
  for (const type of ['mousedown', 'mouseup', 'click'])
    element.dispatchEvent(new MouseEvent(type, { bubbles: true, composed: true }))
}

/** On a dialog of WeChat's, by the words on its button. */
export async function press(words: string): Promise<void> {
  const button = await waitFor(() => {
    const buttons = [...document.querySelectorAll('.kp-layer button')]
    const found = buttons.find(({ textContent }) => textContent === words)
    if (!(found instanceof HTMLElement)) throw new Error(`nobody sees a button ${words}`)
    return found
  })
  button.click()
}

export async function type(selector: string, text: string): Promise<void> {
  const box = await waitFor(() => see(`${selector} input, ${selector} textarea`))
  if (!(box instanceof HTMLInputElement)) throw new Error(`${selector} is no field`)
  box.value = text
  box.dispatchEvent(new Event('input', { bubbles: true }))
}

export async function expectText(selector: string, words: string | RegExp): Promise<void> {
  await waitFor(() => expect(see(selector).textContent).toMatch(words))
}
