import type { Control } from './control.ts'

/** Puts `hover-class` on it for as long as it is touched. */
export function followTouch({ element, read }: Control): void {
  const classes = () => {
    const name = read('hoverClass', 'none')
    return name === 'none' ? [] : name.split(/\s+/).filter(Boolean)
  }
  const press = () => {
    if (!read('disabled', false)) element.classList.add(...classes())
  }
  const release = () => element.classList.remove(...classes())
  for (const name of ['mousedown', 'touchstart']) element.addEventListener(name, press)
  for (const name of ['mouseup', 'mouseleave', 'touchend', 'touchcancel'])
    element.addEventListener(name, release)
}
