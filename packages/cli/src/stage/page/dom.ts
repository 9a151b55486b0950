import type { Words } from './wire.ts'

type Content = Node | string

/** An element by its tag and classes, as in `div.row`. */
export function make(
  description: string,
  attributes: Readonly<Record<string, string>> = {},
  ...content: readonly Content[]
): HTMLElement {
  const [tag = '', ...classes] = description.split('.')
  const element = document.createElement(tag)
  if (classes.length > 0) element.className = classes.join(' ')
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...content)
  return element
}

export function makeButton(
  description: string,
  words: Words,
  press: (button: HTMLElement) => void,
): HTMLElement {
  const button = make(`button.${description}`, { type: 'button' }, ...inBoth(words))
  button.addEventListener('click', () => press(button))
  return button
}

/** Both languages; the styles hide the one that the page is not in. */
export const inBoth = ({ zh, en }: Words): readonly HTMLElement[] => [
  make('span', { lang: 'zh-CN' }, zh),
  make('span', { lang: 'en' }, en),
]

export const isChinese = () => document.documentElement.lang !== 'en'

/** Where only text can stand: it does not follow the language by itself. */
export const inOne = ({ zh, en }: Words): string => (isChinese() ? zh : en)

/** Where only text can stand and nothing writes it anew, such as the name of a region. */
export const inEither = ({ zh, en }: Words): string => `${zh} / ${en}`
