import { prepareCompiler, type CompileOptions } from '../compile/compile.ts'
import type { Program } from '../run/program.ts'
import { readFileOf } from './read-file.ts'
import { readCode } from './read-code.ts'
import { renderPage } from './render-page.ts'
import { sendOn } from './send-on.ts'
import { watchFolder } from './watch-folder.ts'

export interface PhoneServerOptions extends CompileOptions {
  /** The emulator that is this phone's WeChat, without a slash at its end. */
  readonly emulatorUrl: string
  /** Where it is mounted; default `/phone`. */
  readonly basePath?: string
  /** The AppID to start with, where the emulator knows it; default the emulator's first. */
  readonly appid?: string | undefined
  readonly fetch?: typeof globalThis.fetch
}

export interface PhoneServer {
  /**
   * Answers everything under `basePath`. For this machine alone: it fetches for the mini program
   * whatever that asks for, and answers no other host than this machine's own.
   */
  handler(request: Request): Promise<Response>
  /** Ends the streams, too, that pages listen to. */
  close(): void
}

/** Serves a phone on a web page that runs the mini program of a folder, and follows its changes. */
export function createPhoneServer({
  basePath = '/phone',
  emulatorUrl,
  appid,
  fetch = globalThis.fetch,
  ...source
}: PhoneServerOptions): PhoneServer {
  const compiler = prepareCompiler(source)
  const page = renderPage({ basePath, emulatorUrl, appid })
  const pages = new Set<{ tell(event: string): void; end(): void }>()
  let watcher: { close(): void } | undefined
  let told: Program | undefined

  function follow() {
    told = compiler.compile()
    watcher = watchFolder(source.root, () => {
      const program = compiler.compile()
      const change = compare(told, program)
      told = program
      if (change) for (const { tell } of pages) tell(change)
    })
  }

  function listen(): Response {
    if (!watcher) follow()
    const encoder = new TextEncoder()
    let page: { tell(event: string): void; end(): void }
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        page = {
          tell: (event) => controller.enqueue(encoder.encode(`event: ${event}\ndata: {}\n\n`)),
          end: () => controller.close(),
        }
        pages.add(page)
        page.tell('hello')
      },
      cancel: () => void pages.delete(page),
    })
    return new Response(stream, {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    })
  }

  async function answer(request: Request, path: string): Promise<Response> {
    if (request.method === 'POST') {
      return path === '/send' ? sendOn(request, fetch) : notFound()
    }
    if (request.method !== 'GET') return new Response(null, { status: 405 })
    if (path === '/') return page.clone()
    if (path === '/events') return listen()
    if (path === '/program.json') return Response.json(compiler.compile(), { headers: fresh })
    const [, kind = '', rest = ''] = /^\/(code|modules|files)\/(.+)$/.exec(path) ?? []
    if (kind === 'files') return (await readFileOf(source.root, rest)) ?? notFound()
    return (kind && (await readCode(kind, rest))) || notFound()
  }

  return {
    async handler(request) {
      const { hostname, pathname, search } = new URL(request.url)
      // Another name may be a stranger's that leads here: DNS rebinding.
      if (!isThisMachine(hostname))
        return refuse(
          403,
          'The phone is for this machine alone: open it on 127.0.0.1.\n手机只供本机使用：请用 127.0.0.1 打开。\n',
        )
      if (pathname === basePath)
        return Response.redirect(new URL(`${basePath}/${search}`, request.url))
      if (!pathname.startsWith(`${basePath}/`)) return notFound()
      return answer(request, pathname.slice(basePath.length))
    },
    close() {
      watcher?.close()
      for (const { end } of pages) end()
      pages.clear()
    },
  }
}

/** What a page has to do: nothing, put on other styles, or start again. */
function compare(before: Program | undefined, after: Program): 'styles' | 'program' | undefined {
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined
  const bare = JSON.stringify({ ...after, styles: '' })
  return before && JSON.stringify({ ...before, styles: '' }) === bare ? 'styles' : 'program'
}

const isThisMachine = (hostname: string) =>
  /^(localhost|127(\.\d+){3}|\[::1\]|.+\.localhost)$/.test(hostname)

const fresh = { 'cache-control': 'no-store' }
const refuse = (status: number, words: string) =>
  new Response(words, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })
const notFound = () => refuse(404, 'There is nothing here.\n这里什么也没有。\n')
