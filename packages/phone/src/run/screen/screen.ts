import type { Clock } from '../clock.ts'
import { make } from '../dom.ts'
import { styles } from './styles.ts'

/** The measures of the phone, in CSS pixels: those of an iPhone X. */
export const device = {
  width: 375,
  height: 812,
  statusBar: 44,
  navigationBar: 44,
  tabBar: 50,
  safeBottom: 34,
  /** The capsule in the corner: where `getMenuButtonBoundingClientRect` says that it is. */
  capsule: { width: 87, height: 32, top: 48, right: 368, bottom: 80, left: 281 },
} as const

export interface Screen {
  /** Where pages are. */
  readonly stack: HTMLElement
  /** Over the pages: what WeChat itself shows. */
  readonly layer: HTMLElement
  /** Dark or light signs in the status bar and the capsule. */
  readonly paintSigns: (style: 'black' | 'white') => void
  readonly setProgramStyles: (css: string) => void
  readonly close: () => void
}

/** Draws the phone into an element: status bar, capsule, and the line at the bottom. */
export function openScreen(
  place: HTMLElement,
  clock: Clock,
  { openMenu, leave }: { openMenu: () => void; leave: () => void },
): Screen {
  const own = make('style', {}, styles)
  const program = make('style', { 'data-program': '' })
  const time = make('span.kp-time')
  const stack = make('div.kp-stack')
  const layer = make('div.kp-layer')
  const capsule = make(
    'div.kp-capsule',
    {},
    capsuleButton('kp-menu', '更多', openMenu),
    capsuleButton('kp-leave', '回到首页', leave),
  )
  const status = make('div.kp-status', { 'aria-hidden': 'true' }, time, make('i.kp-signs'))
  const screen = make('div.kp-screen', {}, stack, status, capsule, layer, make('i.kp-home-line'))
  document.head.append(own, program)
  place.replaceChildren(screen)

  let cancel = () => {}
  const tick = () => {
    const now = new Date(clock.now())
    time.textContent = `${now.getHours()}:${String(now.getMinutes()).padStart(2, '0')}`
    cancel = clock.after(60_000 - (clock.now() % 60_000), tick)
  }
  tick()

  return {
    stack,
    layer,
    paintSigns: (style) => void (screen.dataset['signs'] = style),
    setProgramStyles(css) {
      program.textContent = css
    },
    close() {
      cancel()
      for (const element of [own, program, screen]) element.remove()
    },
  }
}

function capsuleButton(kind: string, label: string, press: () => void) {
  const button = make(`button.${kind}`, { type: 'button', 'aria-label': label }, make('i'))
  button.addEventListener('click', press)
  return button
}
