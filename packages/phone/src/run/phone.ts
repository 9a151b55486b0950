import * as glassEasel from 'glass-easel'
import { MiniProgramEnv } from 'glass-easel-miniprogram-adapter'
import type { Problem, Program } from './program.ts'
import { openAbility } from './abilities.ts'
import { lendBackend } from './backend.ts'
import { defineBuiltIns } from './built-in/built-ins.ts'
import { systemClock, type Clock } from './clock.ts'
import { drawHeadImage } from './draw-head-image.ts'
import { keepFiles, toBase64 } from './files.ts'
import { describeTouches, findComponentElement, watchLongPress } from './gestures.ts'
import { openPageStack, type PageInstance } from './page-stack.ts'
import { keepPrivacy } from './privacy.ts'
import { drawProblemPanel } from './problem-panel.ts'
import { prepareDefinitions, prepareParts } from './register-parts.ts'
import { evaluate, findPlace, prepareModules } from './run-modules.ts'
import { prepareDialogs } from './screen/dialogs.ts'
import { openScreen } from './screen/screen.ts'
import type { Send } from './send.ts'
import type { Person, Wechat } from './wechat.ts'
import { prepareApi, WxFailure, type Wx } from './wx/api.ts'
import { describeDevice } from './wx/device.ts'
import { describeDialogs } from './wx/dialogs.ts'
import { describeLifecycle, type AppDefinition } from './wx/lifecycle.ts'
import { contractName, describeLogin } from './wx/login.ts'
import { describeNavigation } from './wx/navigate.ts'
import { describeNetwork } from './wx/request.ts'
import { describeStorage, type Shelf } from './wx/storage.ts'

export interface PhoneOptions {
  readonly program: Program
  /** What becomes the phone's screen, 375 by 812 pixels; what is in it goes. */
  readonly place: HTMLElement
  /** WeChat on this phone: who holds it, and which mini program is open. */
  readonly wechat: Wechat
  /** How the mini program's requests leave the phone. */
  readonly send: Send
  /** What the phone remembers when it is off; `localStorage` in a browser. */
  readonly shelf: Shelf
  /** Where to start; default the first page of `app.json`. */
  readonly path?: string | undefined
  /** https://developers.weixin.qq.com/miniprogram/dev/reference/scene-list.html; default 1001. */
  readonly scene?: number
  /** Where the program's own pictures are, without a slash at its end. */
  readonly filesUrl?: string
  /** As `getDeviceInfo` tells it; default `iPhone X`. */
  readonly model?: string
  readonly clock?: Clock
  readonly crypto?: Crypto
  /** The picture that the person has in WeChat; default one that is drawn. */
  readonly headImage?: (person: Person) => Promise<Blob>
  /** Is told of each problem, beside the person who looks at the phone. */
  readonly onProblem?: (problem: Problem) => void
}

export interface Phone {
  readonly wx: Partial<Wx>
  /** The pages, the one on top last. */
  readonly pages: () => readonly PageInstance[]
  /** Opens the mini program at a page, as WeChat does after a scan, for one. */
  readonly enter: (url: string, scene?: number) => void
  /** The back gesture; false where there is nothing to go back to. */
  readonly back: () => boolean
  /** The person leaves WeChat for another app, and comes back. */
  readonly hide: () => void
  readonly show: () => void
  readonly setOnline: (online: boolean) => void
  /** Other styles, without a new start. */
  readonly restyle: (css: string) => void
  readonly close: () => void
}

/**
 * Starts a mini program on a phone. One phone a document: two show themselves in two frames.
 *
 * What is wrong with the program is shown on the phone, and the rest runs.
 */
export function createPhone(options: PhoneOptions): Phone {
  const { program, place, wechat, send, shelf, clock = systemClock } = options
  const { crypto = globalThis.crypto, headImage = drawHeadImage, scene = 1001 } = options
  const own = `kaimen-phone:${wechat.appid}:${wechat.person.id}`
  const [home = ''] = program.pages
  let isOnline = true
  let app: AppDefinition = {}

  const screen = openScreen(place, clock, {
    openMenu: () => void openMenu(),
    leave: () => enter(`/${home}`),
  })
  const dialogs = prepareDialogs(screen.layer, clock)
  const panel = drawProblemPanel(screen.layer)
  const files = keepFiles()
  const clipboard = { text: '' }
  const privacy = keepPrivacy(shelf, `${own}:privacy`, clock, () =>
    dialogs.askSheet({
      title: '用户隐私保护提示',
      lines: [`感谢使用本小程序。使用前请阅读${contractName}。同意后，开发者才能处理这一项信息。`],
      allow: '同意',
      refuse: '拒绝',
    }),
  )

  function report(problem: Problem) {
    panel.add(problem)
    options.onProblem?.(problem)
  }
  /** Of the program's own code. */
  function tell(error: unknown) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    const place = findPlace(error) ?? { file: '' }
    report({ kind: 'script_error', ...place, reason: addHint(reason) })
    lifecycle.emit('error', error instanceof Error ? (error.stack ?? reason) : reason)
  }
  function settle(answer: unknown) {
    if (answer instanceof Promise) void answer.catch(tell)
  }
  function guard(run: () => unknown) {
    try {
      settle(run())
    } catch (error) {
      tell(error)
    }
  }

  const backend = lendBackend((target, type, detail, given) => {
    if (type === 'tap' && isDisabled(target)) return
    const extraFields = describeTouches(given.originalEvent)
    const handleListenerReturn = (answer: unknown) => {
      settle(answer)
      return answer === false ? false : undefined
    }
    glassEasel.triggerEvent(target, type, detail, { ...given, extraFields, handleListenerReturn })
  })
  const env = new MiniProgramEnv()
  const space = env.createCodeSpace('', true)
  const stack = openPageStack({
    program,
    backend: env.associateBackend(backend),
    space,
    screen,
    clock,
    guard,
  })
  watchLongPress(screen.stack, clock, (node) => {
    const target = findComponentElement(node)
    if (!target) return
    for (const name of ['longpress', 'longtap'])
      glassEasel.triggerEvent(target, name, {}, { bubbles: true, composed: true })
  })

  const makeApi = prepareApi(tell)
  const lifecycle = describeLifecycle({ home, scene, path: options.path }, () => app, guard)
  const navigation = describeNavigation(stack, makeApi)
  const offered = new Set<string>()
  const wx = {
    ...describeStorage(shelf, `${own}:storage:`, crypto, makeApi),
    ...describeNetwork(
      {
        send,
        clock,
        files,
        timeouts: program.app.networkTimeout ?? {},
        referer: `https://servicewechat.com/${wechat.appid}/devtools/page-frame.html`,
        isOnline: () => isOnline,
      },
      makeApi,
      tell,
    ),
    ...describeLogin({ wechat, privacy, dialogs, scene: () => lifecycle.launch().scene }, makeApi),
    ...describeDialogs(dialogs, makeApi),
    ...navigation,
    ...describeDevice(
      {
        wechat,
        stack,
        files,
        privacy,
        dialogs,
        clipboard,
        model: options.model ?? 'iPhone X',
        hasTabBar: (route) =>
          program.app.tabBar?.list.some(({ pagePath }) => pagePath === route) ?? false,
        launch: lifecycle.launch,
        enter: lifecycle.enter,
        offers: (schema) => offered.has(schema.split('.')[0] ?? ''),
      },
      makeApi,
    ),
    ...lifecycle.api,
    createSelectorQuery: (() =>
      caller().createSelectorQuery()) as unknown as Wx['createSelectorQuery'],
  } satisfies Partial<Wx>
  for (const name of Object.keys(wx)) offered.add(name)
  const caller = () => {
    const page = stack.top()
    if (page) return page.root.get()
    throw new WxFailure('no page is open')
  }

  defineBuiltIns(space.getComponentSpace(), {
    locateFile,
    settle,
    navigate(openType, url, delta) {
      const ways: Readonly<Record<string, () => unknown>> = {
        navigate: () => navigation.navigateTo({ url }),
        redirect: () => navigation.redirectTo({ url }),
        switchTab: () => navigation.switchTab({ url }),
        reLaunch: () => navigation.reLaunch({ url }),
        navigateBack: () => navigation.navigateBack({ delta }),
      }
      guard(() => ways[openType]?.())
    },
    openAbility: (ability, control) =>
      openAbility(
        { wechat, privacy, dialogs, files, readHeadImage: () => headImage(wechat.person) },
        ability,
        control,
      ),
    async offerNickname() {
      // Without consent the field is one for text: WeChat does not ask for it here.
      return privacy.isNeeded() ? undefined : wechat.person.nickname
    },
    pick: dialogs.pick,
  })

  prepareParts(space, program, evaluate(program.templates, 'templates'))
  const { begin, end, ...definitions } = prepareDefinitions(space, program)
  const load = prepareModules(program.modules, {
    wx,
    ...definitions,
    App: (definition: AppDefinition) => void (app = definition),
    getApp: () => app,
    getCurrentPages: () => stack.pages().map(({ instance }) => instance),
  })

  function enter(url: string, entered = 1001) {
    lifecycle.enterBy(url, entered)
    guard(() => app.onShow?.(lifecycle.enter()))
    lifecycle.emit('show', lifecycle.enter())
    try {
      stack.open('reLaunch', url)
    } catch (error) {
      if (!(error instanceof WxFailure)) throw error
      report({ kind: 'page_missing', file: 'app.json', reason: url })
      guard(() => app.onPageNotFound?.({ ...lifecycle.enter(), isEntryPage: true }))
      if (stack.top() === undefined && home !== '') stack.open('reLaunch', `/${home}`)
    }
  }

  function locateFile(source: string): string {
    if (/^[a-z]+:/i.test(source)) return files.locate(source)
    const { filesUrl = '' } = options
    const folder = `/${stack.top()?.route ?? ''}`
    return filesUrl + new URL(source, `http://program${folder}`).pathname
  }

  /** What the person can do beside the program. */
  async function openMenu() {
    const acts: readonly (readonly [string, () => unknown])[] = [
      ['重新进入小程序', () => enter(`/${home}`)],
      ['扫一扫', scan],
      [isOnline ? '断开网络' : '恢复网络', () => setOnline(!isOnline)],
      ['清除数据（存储与隐私授权）', forget],
    ]
    const chosen = await dialogs.choose(acts.map(([words]) => words))
    if (chosen !== undefined) await acts[chosen]?.[1]()
  }

  function forget() {
    wx.clearStorageSync()
    shelf.removeItem(`${own}:privacy`)
    enter(`/${home}`)
  }

  /** WeChat's own scan: a mini-program code opens its page. */
  async function scan() {
    const scanned = await dialogs.scan()
    if (!scanned) return
    if ('text' in scanned) return dialogs.read('扫一扫', [scanned.text])
    try {
      const image = toBase64(await scanned.picture.arrayBuffer())
      const { appid, page, scene: code } = await wechat.scan(image)
      if (appid === wechat.appid) enter(`/${page}?scene=${encodeURIComponent(code)}`, 1047)
      else await dialogs.read('扫一扫', [`这个码打开的是另一个小程序：${appid}`])
    } catch (error) {
      if (!(error instanceof WxFailure)) throw error
      await dialogs.read('扫一扫', ['这张图片里没有能识别的小程序码。', error.reason])
    }
  }

  function setOnline(online: boolean) {
    if (online === isOnline) return
    isOnline = online
    lifecycle.emit('network', { isConnected: online, networkType: online ? 'wifi' : 'none' })
  }

  const onError = (error: unknown) => {
    tell(error)
    return false
  }
  glassEasel.addGlobalErrorListener(onError)
  const onRejection = (event: PromiseRejectionEvent) => {
    lifecycle.emit('rejection', { reason: String(event.reason), promise: event.promise })
    tell(event.reason)
    event.preventDefault()
  }
  const onUncaught = (event: ErrorEvent) => {
    if (findPlace(event.error)) tell(event.error)
  }
  window.addEventListener('unhandledrejection', onRejection)
  window.addEventListener('error', onUncaught)

  screen.setProgramStyles(program.styles)
  for (const problem of program.problems) report(problem)
  const entry = ['app.js', 'app.ts'].find((file) => file in program.modules)
  if (entry) guard(() => void load(entry))
  const components = Object.entries(program.parts).sort(
    ([, one], [, other]) => Number(one.kind === 'page') - Number(other.kind === 'page'),
  )
  for (const [path, { script }] of components) {
    begin(path)
    if (script !== undefined) guard(() => void load(script))
    end()
  }
  guard(() => app.onLaunch?.(lifecycle.launch()))
  if (home !== '') enter(options.path ?? `/${home}`, scene)

  return {
    wx,
    pages: () => stack.pages().map(({ instance }) => instance),
    enter,
    back: () => stack.back(1),
    hide() {
      stack.hide()
      guard(() => app.onHide?.())
      lifecycle.emit('hide')
    },
    show() {
      guard(() => app.onShow?.(lifecycle.enter()))
      lifecycle.emit('show', lifecycle.enter())
      stack.show()
    },
    setOnline,
    restyle: screen.setProgramStyles,
    close() {
      dialogs.closeAll()
      stack.close()
      glassEasel.removeGlobalErrorListener(onError)
      window.removeEventListener('unhandledrejection', onRejection)
      window.removeEventListener('error', onUncaught)
      screen.close()
    },
  }
}

/** A disabled button hears no tap. */
function isDisabled(target: glassEasel.Element): boolean {
  const element: unknown = target.$$
  return element instanceof Element && element.closest('wx-button[disabled]') !== null
}

/** Of an API that this phone does not have. */
function addHint(reason: string): string {
  const [, name] = /\bwx\.(\w+) is not a function/.exec(reason) ?? []
  if (name === undefined) return reason
  return `${reason}\n这台手机没有 wx.${name}；用它之前请以 wx.canIUse('${name}') 判断。\nThis phone has no wx.${name}; ask wx.canIUse('${name}') before it is used.`
}
