import type * as adapter from 'glass-easel-miniprogram-adapter'
import type { Program, TabConfig } from './program.ts'
import type { Clock } from './clock.ts'
import { make } from './dom.ts'
import type { EventChannel } from './event-channel.ts'
import { drawPageWindow, type PageWindow } from './page-window.ts'
import type { Screen } from './screen/screen.ts'
import { WxFailure } from './wx/api.ts'

/** What a page's own code has as `this`. */
export interface PageInstance {
  route: string
  options: Record<string, string>
  readonly data: Record<string, unknown>
  setData(change: Record<string, unknown>, done?: () => void): void
  getOpenerEventChannel?: () => EventChannel
  [member: string]: unknown
}

interface OpenPage {
  readonly route: string
  readonly instance: PageInstance
  readonly window: PageWindow
  readonly root: adapter.Root
}

type Way = 'navigateTo' | 'redirectTo' | 'reLaunch' | 'switchTab'

export interface PageStack {
  readonly pages: () => readonly OpenPage[]
  readonly top: () => OpenPage | undefined
  /** @throws {WxFailure} There is no such page, or none can be opened in this way. */
  readonly open: (way: Way, url: string, channel?: EventChannel) => OpenPage
  /** @returns False where there is no page to go back to. */
  readonly back: (delta: number) => boolean
  readonly show: () => void
  readonly hide: () => void
  readonly badge: (index: number, text: string) => void
  readonly close: () => void
}

interface Machinery {
  readonly program: Program
  readonly backend: adapter.AssociatedBackend
  readonly space: adapter.CodeSpace
  readonly screen: Screen
  readonly clock: Clock
  /** Runs what a program has bound; what it throws is shown, and goes no further. */
  readonly guard: (run: () => unknown) => void
}

/** https://developers.weixin.qq.com/miniprogram/dev/framework/app-service/route.html */
const depthLimit = 10
const slideMs = 260

export function openPageStack(machinery: Machinery): PageStack {
  const { program, backend, space, screen, clock, guard } = machinery
  const [home = ''] = program.pages
  const tabs = program.app.tabBar?.list ?? []
  const isTab = (route: string) => tabs.some(({ pagePath }) => pagePath === route)
  const badges = new Map<number, string>()
  const stack: OpenPage[] = []
  /** Tab pages stay as they are while another is shown. */
  const kept = new Map<string, OpenPage>()

  const call = (page: OpenPage, name: string, ...given: unknown[]) => {
    const found = page.instance[name]
    let answer: unknown
    if (typeof found === 'function')
      guard(() => (answer = Reflect.apply(found, page.instance, given)))
    return answer
  }

  function find(url: string): { route: string; query: Record<string, string> } {
    const [path = '', ...rest] = url.split('?')
    const from = stack.at(-1)?.route ?? ''
    const absolute = path.startsWith('/') ? path : `/${from.replace(/[^/]*$/, '')}${path}`
    const { pathname } = new URL(absolute, 'http://program')
    const route = pathname.slice(1).replace(/\.html$/, '')
    return { route, query: readQuery(rest.join('?')) }
  }

  function create(route: string, query: Record<string, string>, channel?: EventChannel): OpenPage {
    const part = program.parts[route]
    const bottom = stack.length === 0
    const way = !bottom ? 'back' : route === home || isTab(route) ? 'none' : 'house'
    const window = drawPageWindow(route, { ...program.app.window, ...part?.config }, way, {
      back: () => void back(1),
      goHome: () => void open('reLaunch', `/${home}`),
      scroll: (scrollTop) => call(page, 'onPageScroll', { scrollTop }),
      reachBottom: () => call(page, 'onReachBottom'),
      pull() {
        window.setPulled(true)
        call(page, 'onPullDownRefresh')
      },
    })
    if (isTab(route)) window.element.append(drawTabs(route))
    // A page made by Component has its query in its properties too.
    const root = backend.createRoot('wx-page', space, `${route}?${writeQuery(query)}`)
    const instance = root.get() as unknown as PageInstance
    instance.route = route
    instance.options = query
    if (channel) instance.getOpenerEventChannel = () => channel
    const page: OpenPage = { route, instance, window, root }
    screen.stack.append(window.element)
    const placeholder = make('wx-page')
    window.scroller.append(placeholder)
    guard(() => root.attach(asBackend(window.scroller), asBackend(placeholder)))
    return page
  }

  /** As WeChat does: the components are attached, then the page loads, is shown, and is ready. */
  function start(page: OpenPage) {
    call(page, 'onLoad', page.instance.options)
    reveal(page)
    call(page, 'onReady')
  }

  function reveal(page: OpenPage) {
    delete page.window.element.dataset['place']
    screen.paintSigns(page.window.style())
    call(page, 'onShow')
    guard(() => page.root.getComponent().triggerPageLifetime('show', []))
  }

  function conceal(page: OpenPage) {
    page.window.element.dataset['place'] = 'under'
    call(page, 'onHide')
    guard(() => page.root.getComponent().triggerPageLifetime('hide', []))
  }

  function remove(page: OpenPage, slide = false) {
    call(page, 'onUnload')
    guard(() => page.root.release())
    kept.delete(page.route)
    const { element } = page.window
    if (!slide) return element.remove()
    element.dataset['place'] = 'right'
    clock.after(slideMs, () => element.remove())
  }

  function open(way: Way, url: string, channel?: EventChannel): OpenPage {
    const { route, query } = find(url)
    if (!program.pages.includes(route)) throw new WxFailure(`page "${route}" is not found`)
    if (way === 'switchTab') return switchTo(route)
    if (isTab(route) && way !== 'reLaunch') throw new WxFailure(`can not ${way} a tabbar page`)
    if (way === 'navigateTo' && stack.length >= depthLimit)
      throw new WxFailure(`webview count limit exceed`)
    const before = stack.at(-1)
    if (way === 'navigateTo' && before) conceal(before)
    if (way === 'redirectTo' && before) stack.pop()
    if (way === 'reLaunch') clear()
    const page = create(route, query, channel)
    stack.push(page)
    if (isTab(route)) kept.set(route, page)
    if (way === 'redirectTo' && before) remove(before)
    if (way === 'navigateTo' && before) slideIn(page.window.element)
    start(page)
    return page
  }

  function clear() {
    const hidden = [...kept.values()].filter((page) => !stack.includes(page))
    for (const page of [...stack.splice(0).toReversed(), ...hidden]) remove(page)
    kept.clear()
  }

  function switchTo(route: string): OpenPage {
    if (!isTab(route)) throw new WxFailure('can not switch to no-tabBar page')
    while (stack.length > 1) remove(stack.pop() ?? raise())
    const [before] = stack
    if (before?.route === route) {
      reveal(before)
      return before
    }
    stack.length = 0
    if (before && isTab(before.route)) conceal(before)
    else if (before) remove(before)
    const known = kept.get(route)
    const page = known ?? create(route, {})
    stack.push(page)
    kept.set(route, page)
    if (known) reveal(known)
    else start(page)
    return page
  }

  function back(delta: number): boolean {
    if (stack.length < 2) return false
    const closing = stack.splice(Math.max(1, stack.length - Math.max(1, delta)))
    closing.toReversed().forEach((page, index) => remove(page, index === 0))
    const page = stack.at(-1)
    if (page) reveal(page)
    return true
  }

  function drawTabs(route: string): HTMLElement {
    const {
      color = '#999',
      selectedColor = '#07c160',
      backgroundColor = '#fff',
    } = program.app.tabBar ?? { list: [] }
    const bar = make('div.kp-tabs', { role: 'tablist' })
    bar.style.background = backgroundColor
    tabs.forEach((tab, index) => {
      const chosen = tab.pagePath === route
      const button = make('button', {
        type: 'button',
        role: 'tab',
        'aria-selected': String(chosen),
      })
      button.style.color = chosen ? selectedColor : color
      button.append(...tabPicture(tab, chosen), tab.text)
      const badge = badges.get(index)
      if (badge !== undefined) button.append(make('b', {}, badge))
      button.addEventListener('click', () => {
        const page = switchTo(tab.pagePath)
        call(page, 'onTabItemTap', { index, pagePath: tab.pagePath, text: tab.text })
      })
      bar.append(button)
    })
    return bar
  }

  return {
    pages: () => stack,
    top: () => stack.at(-1),
    open,
    back,
    show() {
      const page = stack.at(-1)
      if (page) reveal(page)
    },
    hide() {
      const page = stack.at(-1)
      if (!page) return
      call(page, 'onHide')
      guard(() => page.root.getComponent().triggerPageLifetime('hide', []))
    },
    badge(index, text) {
      if (text === '') badges.delete(index)
      else badges.set(index, text)
      for (const { route, window } of kept.values())
        window.element.querySelector('.kp-tabs')?.replaceWith(drawTabs(route))
    },
    close: clear,
  }
}

const tabPicture = ({ iconPath = '', selectedIconPath = '' }: TabConfig, chosen: boolean) => {
  const source = chosen ? selectedIconPath || iconPath : iconPath
  return source === '' ? [] : [make('img', { src: source, alt: '' })]
}

/** Values as they are written: a program decodes what it has encoded. */
function readQuery(text: string): Record<string, string> {
  const pairs = text.split('&').filter((pair) => pair !== '')
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return [name, value.join('=')]
    }),
  )
}

const writeQuery = (query: Readonly<Record<string, string>>) =>
  Object.entries(query)
    .map((pair) => pair.join('='))
    .join('&')

function slideIn(element: HTMLElement) {
  element.dataset['place'] = 'right'
  // The browser has to have seen it there.
  void element.offsetWidth
}

function raise(): never {
  throw new Error('The page stack is empty.')
}

type BackendElement = Parameters<adapter.Root['attach']>[0]

/** The DOM is the backend; its elements have what glass-easel asks of one. */
const asBackend = (element: HTMLElement) => element as unknown as BackendElement
