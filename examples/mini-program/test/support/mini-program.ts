import { vi } from 'vitest'
import app from '../../miniprogram/app.json' with { type: 'json' }
import {
  createTypedScreen,
  createTypedWx,
  type Phone,
} from '../../../../packages/client/test/support/typed-wx.ts'

type Data = Record<string, unknown>
type Definition = { data: Data } & Record<string, unknown>

/** A page on the screen. */
export interface OpenPage {
  readonly route: string
  readonly data: Data
  setData(change: Data): void
  /** Calls what the page has under this name, if it has it; resolves when that is done. */
  call(name: string, event?: unknown): Promise<void>
  /** A tap on what is bound to this handler, which there must be. */
  tap(handler: string, dataset?: Record<string, string>): Promise<void>
  /** A tap on a button `getPhoneNumber` that is bound to this handler. */
  tapPhone(handler: string): Promise<void>
  /** Text into a field that is bound to this handler. */
  type(handler: string, value: string): Promise<void>
}

/** The mini program, started on a phone. */
export interface MiniProgram {
  /** The pages, the one on top last. */
  readonly pages: OpenPage[]
  readonly toasts: string[]
  /** What the person was asked; `agree` is the answer to all of it. */
  readonly questions: string[]
  agree: boolean
  /** Opens a page and waits until it has loaded. */
  open(url: string): Promise<OpenPage>
  top(): OpenPage
  close(): void
}

/**
 * As WeChat starts it: app.js, then the script of each page, once; a page may be opened more than
 * once.
 */
export async function startMiniProgram(phone: Phone): Promise<MiniProgram> {
  const definitions = new Map<string, Definition>()
  let running = ''
  const program: MiniProgram = {
    pages: [],
    toasts: [],
    questions: [],
    agree: true,
    async open(url) {
      const route = url.replace(/^\//, '')
      const definition = definitions.get(route)
      if (!definition) throw new Error(`there is no page ${route}`)
      const page = openPage(phone, route, definition)
      program.pages.push(page)
      await page.call('onLoad', {})
      await page.call('onShow')
      await page.call('onReady')
      return page
    },
    top() {
      const page = program.pages.at(-1)
      if (!page) throw new Error('no page is open')
      return page
    },
    close: () => vi.unstubAllGlobals(),
  }
  vi.stubGlobal('wx', {
    ...createTypedWx(phone),
    ...createTypedScreen({
      open: async (url) => void (await program.open(url)),
      async relaunch(url) {
        for (const page of program.pages.splice(0)) await page.call('onUnload')
        await program.open(url)
      },
      ask(title, content) {
        program.questions.push(`${title} ${content}`)
        return program.agree
      },
      toast: (title) => void program.toasts.push(title),
    }),
  })
  vi.stubGlobal('App', () => {})
  vi.stubGlobal('getApp', () => ({}))
  vi.stubGlobal('getCurrentPages', () => program.pages)
  vi.stubGlobal('Page', (definition: Definition) => {
    definitions.set(running, definition)
  })
  // A start is a new process: nothing of an earlier one is left in a module.
  vi.resetModules()
  for (const script of ['app', ...app.pages]) {
    running = script
    await import(/* @vite-ignore */ `../../miniprogram/${script}.js`)
  }
  return program
}

function openPage(phone: Phone, route: string, definition: Definition): OpenPage {
  const data = structuredClone(definition.data)
  const page: OpenPage = {
    route,
    data,
    setData: (change) => void Object.assign(data, structuredClone(change)),
    async call(name, event) {
      // The page's own members, as `this` has them: one of them may have been replaced.
      const member: unknown = Reflect.get(page, name)
      if (typeof member === 'function') await Reflect.apply(member, page, [event])
    },
    async tap(handler, dataset = {}) {
      await handle(handler, { currentTarget: { dataset } })
    },
    async tapPhone(handler) {
      await handle(handler, await phone.tapPhoneButton())
    },
    async type(handler, value) {
      await handle(handler, { detail: { value } })
    },
  }
  async function handle(handler: string, event: object): Promise<void> {
    if (!(handler in page)) throw new Error(`${route} has no ${handler}`)
    await page.call(handler, event)
  }
  for (const [name, member] of Object.entries(definition))
    if (name !== 'data') Object.assign(page, { [name]: member })
  return page
}
