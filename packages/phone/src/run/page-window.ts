import type { WindowConfig } from './program.ts'
import { make } from './dom.ts'
import { followDrag } from './follow-drag.ts'

/** One page on the screen: its navigation bar, and the frame that it scrolls in. */
export interface PageWindow {
  readonly element: HTMLElement
  readonly scroller: HTMLElement
  readonly style: () => 'black' | 'white'
  readonly setTitle: (title: string) => void
  readonly setColors: (text: string, background: string) => void
  readonly setLoading: (loading: boolean) => void
  readonly setPulled: (pulled: boolean) => void
}

interface WindowListener {
  readonly back: () => void
  readonly goHome: () => void
  readonly scroll: (scrollTop: number) => void
  readonly reachBottom: () => void
  readonly pull: () => void
}

/** How far a page is pulled before it refreshes, and how near its end is its end. */
const pullPixels = 60
const bottomPixels = 50
const edgePixels = 24
const backPixels = 100

/** @param way What is in the corner of the navigation bar. */
export function drawPageWindow(
  route: string,
  config: WindowConfig,
  way: 'back' | 'house' | 'none',
  listener: WindowListener,
): PageWindow {
  const title = make('strong', {}, config.navigationBarTitleText ?? '')
  const spinner = make('i.kp-spinner')
  const bar = make('div.kp-bar', {}, ...corner(way, listener), title)
  const scroller = make('div.kp-scroller')
  const pull = make('div.kp-pull', {}, make('i.kp-spinner'))
  const frame = make('div.kp-frame', { 'data-route': route }, pull, scroller)
  const element = make('div.kp-window', { 'data-bar': config.navigationStyle ?? 'default' })
  element.append(bar, frame)
  frame.style.background = config.backgroundColor ?? '#ffffff'

  let text: 'black' | 'white' = 'black'
  const setColors = (color: string, background: string) => {
    text = /^(white|#f{3,8})$/i.test(color) ? 'white' : 'black'
    bar.dataset['text'] = text
    bar.style.background = background
  }
  setColors(config.navigationBarTextStyle ?? 'white', config.navigationBarBackgroundColor ?? '#000')
  if (config.disableScroll) scroller.style.overflow = 'hidden'

  let isAtBottom = false
  scroller.addEventListener('scroll', () => {
    const { scrollTop, scrollHeight, clientHeight } = scroller
    listener.scroll(scrollTop)
    const near = scrollHeight - scrollTop - clientHeight <= bottomPixels
    if (near && !isAtBottom) listener.reachBottom()
    isAtBottom = near
  })
  if (config.enablePullDownRefresh) {
    followDrag(scroller, {
      begin: () => scroller.scrollTop <= 0,
      move: () => {},
      end: ({ dx, dy }) => {
        if (dy > pullPixels && dy > Math.abs(dx)) listener.pull()
      },
    })
  }
  if (way === 'back') {
    followDrag(element, {
      begin: (x) => x < edgePixels,
      move({ dx }) {
        element.classList.add('kp-dragged')
        element.style.transform = `translateX(${Math.max(0, dx)}px)`
      },
      end({ dx }) {
        element.classList.remove('kp-dragged')
        element.style.transform = ''
        if (dx > backPixels) listener.back()
      },
    })
  }

  return {
    element,
    scroller,
    style: () => text,
    setColors,
    setTitle: (words) => void (title.textContent = words),
    setLoading: (loading) => (loading ? title.before(spinner) : spinner.remove()),
    setPulled: (pulled) => void frame.toggleAttribute('data-pulled', pulled),
  }
}

function corner(way: 'back' | 'house' | 'none', { back, goHome }: WindowListener) {
  if (way === 'none') return []
  const button = make(way === 'back' ? 'button.kp-back' : 'button.kp-house', {
    type: 'button',
    'aria-label': way === 'back' ? '返回' : '首页',
  })
  button.addEventListener('click', way === 'back' ? back : goHome)
  return [button]
}
