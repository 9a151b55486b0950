/** An element of the page by its id, of this kind. */
export function find<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id)
  if (!(element instanceof kind)) throw new Error(`The page has no ${id} of this kind.`)
  return element
}

/** Whether it is on the screen. */
export function show(element: HTMLElement, isShown: boolean): void {
  element.hidden = !isShown
}
