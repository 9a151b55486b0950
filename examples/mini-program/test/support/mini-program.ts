import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import app from '../../miniprogram/app.json' with { type: 'json' }
import {
  createTypedScreen,
  createTypedWx,
  type Phone,
  type PrivacyListener,
} from '../../../../packages/client/test/support/typed-wx.ts'

type Data = Record<string, unknown>
type Definition = { data: Data } & Record<string, unknown>
type Handlers = Record<string, (...given: unknown[]) => unknown>
type ComponentDefinition = {
  data: Data
  lifetimes: Handlers
  pageLifetimes: Handlers
  methods: Handlers
}

/** A page on the screen, or a component of one. */
interface Part {
  readonly data: Data
  setData(change: Data): void
  /** Calls what it has under this name, if it has it; resolves when that is done. */
  call(name: string, event?: unknown): Promise<void>
  /** A tap on what is bound to this handler, which there must be. */
  tap(handler: string, dataset?: Record<string, string>): Promise<void>
}

export interface OpenPage extends Part {
  readonly route: string
  /** By the name that the page gives them. */
  readonly components: Readonly<Record<string, Part>>
  /** A tap on a button `getPhoneNumber` that is bound to this handler. */
  tapPhone(handler: string): Promise<void>
  /** A picture is chosen at a button `chooseAvatar` that is bound to this handler. */
  chooseAvatar(handler: string, filePath: string): Promise<void>
  /** Text into a field that is bound to this handler. */
  type(handler: string, value: string): Promise<void>
  /** A switch that is bound to this handler. */
  turn(handler: string, value: boolean, dataset: Record<string, string>): Promise<void>
  /** A form that is bound to this handler, with its fields by name. */
  submit(handler: string, value: Record<string, string>): Promise<void>
}

/** The mini program, started on a phone. */
export interface MiniProgram {
  /** The pages, the one on top last. */
  readonly pages: OpenPage[]
  readonly toasts: string[]
  /** What the person was asked; `agree` is the answer to all of it. */
  readonly questions: string[]
  agree: boolean
  clipboard: string
  /** How often the person read the privacy guide. */
  contractsRead: number
  /** Whether the person agreed to the privacy guide already, as after the first time. */
  privacyAgreed: boolean
  /** Opens a page and waits until it has loaded. */
  open(url: string): Promise<OpenPage>
  top(): OpenPage
  close(): void
}

const root = join(import.meta.dirname, '../../miniprogram')

/**
 * As WeChat starts it: app.js, then the script of each page and component, once; a page may be
 * opened more than once.
 */
export async function startMiniProgram(phone: Phone): Promise<MiniProgram> {
  const definitions = new Map<string, Definition>()
  const components = new Map<string, ComponentDefinition>()
  let running = ''
  let askPrivacy: PrivacyListener | undefined
  const program: MiniProgram = {
    pages: [],
    toasts: [],
    questions: [],
    agree: true,
    clipboard: '',
    contractsRead: 0,
    privacyAgreed: true,
    async open(url) {
      const [route = '', query = ''] = url.replace(/^\//, '').split('?')
      const definition = definitions.get(route)
      if (!definition) throw new Error(`there is no page ${route}`)
      const page = openPage(phone, route, definition, components, consent)
      program.pages.push(page)
      await callAll(page, 'attached')
      await page.call('onLoad', Object.fromEntries(new URLSearchParams(query)))
      await show(page)
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

  /** Whether an API that the privacy guide covers may go on; asks the person where it has to. */
  async function consent(referrer: string): Promise<boolean> {
    program.privacyAgreed ||= await new Promise<boolean>((resolve) => {
      // WeChat asks by itself where the program does not.
      if (!askPrivacy) return resolve(program.agree)
      askPrivacy(
        ({ event, buttonId }) => {
          if (event === 'agree' && buttonId) resolve(true)
          else if (event === 'disagree') resolve(false)
        },
        { referrer },
      )
    })
    return program.privacyAgreed
  }

  async function show(page: OpenPage): Promise<void> {
    await page.call('onShow')
    await callAll(page, 'show')
  }

  async function closeTop(): Promise<void> {
    const page = program.pages.pop()
    if (!page) return
    await page.call('onUnload')
    await callAll(page, 'detached')
  }

  vi.stubGlobal('wx', {
    ...createTypedWx(phone),
    ...createTypedScreen({
      open: async (url) => void (await program.open(url)),
      async relaunch(url) {
        while (program.pages.length > 0) await closeTop()
        await program.open(url)
      },
      async back(delta) {
        for (let i = 0; i < delta; i++) await closeTop()
        const page = program.pages.at(-1)
        if (page) await show(page)
      },
      ask(title, content) {
        program.questions.push(`${title} ${content}`)
        return program.agree
      },
      toast: (title) => void program.toasts.push(title),
      copy(text) {
        program.clipboard = text
      },
      readContract: () => void program.contractsRead++,
      onPrivacy(listener) {
        askPrivacy = listener
      },
    }),
  })
  vi.stubGlobal('App', () => {})
  vi.stubGlobal('getApp', () => ({}))
  vi.stubGlobal('getCurrentPages', () => program.pages)
  vi.stubGlobal('Page', (definition: Definition) => {
    definitions.set(running, definition)
  })
  vi.stubGlobal('Component', (definition: ComponentDefinition) => {
    components.set(running, definition)
  })
  // A start is a new process: nothing of an earlier one is left in a module.
  vi.resetModules()
  const used = app.pages.flatMap((page) => Object.values(componentsOf(page)))
  for (const script of new Set(['app', ...used, ...app.pages])) {
    running = script
    await import(/* @vite-ignore */ `../../miniprogram/${script}.js`)
  }
  return program
}

/** Paths by the names that the page gives them. */
function componentsOf(route: string): Record<string, string> {
  const { usingComponents } = JSON.parse(readFileSync(join(root, `${route}.json`), 'utf8')) as {
    usingComponents: Record<string, string>
  }
  return Object.fromEntries(
    Object.entries(usingComponents).map(([name, path]) => [name, path.replace(/^\//, '')]),
  )
}

async function callAll({ components }: OpenPage, lifetime: string): Promise<void> {
  for (const component of Object.values(components)) await component.call(lifetime)
}

function openPage(
  phone: Phone,
  route: string,
  definition: Definition,
  known: ReadonlyMap<string, ComponentDefinition>,
  consent: (referrer: string) => Promise<boolean>,
): OpenPage {
  const { data, ...members } = definition
  const part = createPart(route, data, members)
  const components: Record<string, Part> = {}
  const page: OpenPage = {
    ...part,
    route,
    components,
    async tapPhone(handler: string) {
      const agreed = await consent('button.getPhoneNumber')
      const errMsg = 'getPhoneNumber:fail privacy permission is not authorized'
      await part.handle(
        handler,
        agreed ? await phone.tapPhoneButton() : { detail: { errMsg, errno: 104 } },
      )
    },
    async chooseAvatar(handler: string, filePath: string) {
      if (!(await consent('button.chooseAvatar'))) return
      await part.handle(handler, { detail: { avatarUrl: filePath } })
    },
    type: (handler: string, value: string) => part.handle(handler, { detail: { value } }),
    turn: (handler: string, value: boolean, dataset: Record<string, string>) =>
      part.handle(handler, { detail: { value }, currentTarget: { dataset } }),
    submit: (handler: string, value: Record<string, string>) =>
      part.handle(handler, { detail: { value } }),
  }
  const wxml = readFileSync(join(root, `${route}.wxml`), 'utf8')
  for (const [name, path] of Object.entries(componentsOf(route))) {
    const [tag = ''] = new RegExp(`<${name}\\b[^>]*>`).exec(wxml) ?? []
    components[name] = createComponent(path, known.get(path), page, tag)
  }
  return page
}

/** `tag`: as the page writes it, with what it binds to the component's own events. */
function createComponent(
  path: string,
  definition: ComponentDefinition | undefined,
  page: OpenPage,
  tag: string,
): Part {
  if (!definition || !tag) throw new Error(`${page.route} has no ${path}`)
  const { data, lifetimes, pageLifetimes, methods } = definition
  return createPart(path, data, {
    ...lifetimes,
    ...pageLifetimes,
    ...methods,
    triggerEvent(name: string, detail?: unknown) {
      const [, handler] = new RegExp(`bind:?${name}="(\\w+)"`).exec(tag) ?? []
      if (handler) void page.call(handler, { detail })
    },
  })
}

function createPart(name: string, initial: Data, members: Record<string, unknown>) {
  const data = structuredClone(initial)
  const setData = (change: Data) => void Object.assign(data, structuredClone(change))
  /** What its own code has as `this`: one of its members may be replaced. */
  const self = { data, setData, ...members }
  async function call(member: string, event?: unknown): Promise<void> {
    const found: unknown = Reflect.get(self, member)
    if (typeof found === 'function') await Reflect.apply(found, self, [event])
  }
  async function handle(handler: string, event: object): Promise<void> {
    if (!(handler in self)) throw new Error(`${name} has no ${handler}`)
    await call(handler, event)
  }
  return {
    data,
    setData,
    call,
    handle,
    tap: (handler: string, dataset: Record<string, string> = {}) =>
      handle(handler, { currentTarget: { dataset } }),
  }
}
