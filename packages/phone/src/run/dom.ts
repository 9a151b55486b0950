type Child = Node | string

/**
 * An element of the page.
 *
 * @param kind A tag, and classes after dots, such as `div.toast.big`.
 */
export function make(
  kind: string,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElement {
  const [tag = 'div', ...classes] = kind.split('.')
  const element = document.createElement(tag)
  if (classes.length > 0) element.className = classes.join(' ')
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** A button of the phone itself. */
export function makeButton(kind: string, label: string, press: () => void): HTMLElement {
  const button = make(`button.${kind}`, { type: 'button' }, label)
  button.addEventListener('click', press)
  return button
}
