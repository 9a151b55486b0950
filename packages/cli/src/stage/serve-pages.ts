import type { PhoneServer } from '@kaimen/phone'
import type { Acted } from './act.ts'
import type { StageOptions } from './open-stage.ts'
import { phones, type Setting } from './page/wire.ts'
import { readCode } from './read-code.ts'
import type { Recorder } from './recorder.ts'
import { renderDesktop, renderStage } from './render-page.ts'
import { icon, styles } from './styles.ts'

interface PageParts extends StageOptions {
  readonly recorder: Recorder
  readonly servers: readonly PhoneServer[]
  /** The one at `/phone`, of which nothing is recorded. */
  readonly alone: PhoneServer | undefined
  /** Ends every stream. */
  readonly signal: AbortSignal
  readonly act: (asked: Readonly<Record<string, unknown>>) => Promise<Acted | undefined>
}

/** Answers what belongs to the stage and its phones; `undefined`: what does not. */
export function servePages(parts: PageParts): (request: Request) => Promise<Response | undefined> {
  const { servers, alone, signal, recorder, program, publicUrl } = parts
  const setting: Setting = {
    people: parts.people.map(({ id, nickname }) => ({ id, nickname })),
    programs: parts.programs.map(({ appid, wantsPhone }) => ({ appid, wantsPhone })),
    program: program?.root ?? null,
    emulatorUrl: parts.emulatorUrl,
  }
  const scanApp = parts.programs.find(({ takesScans }) => takesScans)?.appid ?? ''

  async function answer(request: Request, path: string): Promise<Response> {
    if (request.method === 'POST') {
      return path === '/act' ? answerAct(request, parts.act) : notFound()
    }
    if (request.method !== 'GET') return new Response(null, { status: 405 })
    switch (path) {
      case '/':
        return renderStage(setting, request.headers.get('accept-language'))
      case '/desktop':
        return renderDesktop(scanApp, new URL(publicUrl).origin)
      case '/stage.css':
        return text(styles, 'text/css')
      case '/icon.svg':
        return text(icon, 'image/svg+xml')
      case '/events':
        return stream(recorder, signal)
      default: {
        const [, code = ''] = /^\/code\/(.+)$/.exec(path) ?? []
        return (await readCode(code)) ?? notFound()
      }
    }
  }

  return async (request) => {
    const url = new URL(request.url)
    const { pathname, hostname } = url
    const [, room = ''] = /^\/(stage|phone)(?:\/|$)/.exec(pathname) ?? []
    const isHome = pathname === '/' && request.method === 'GET'
    if (!isHome && room === '') return undefined
    if (!isNear(hostname, request.headers)) return isHome ? undefined : refuse(403)
    if (isHome || pathname === '/stage') return move(url, '/stage/')
    // The server's pages, its cookies and the picture to scan are of one origin.
    if (hostname === 'localhost' && pathname === '/stage/') {
      url.hostname = '127.0.0.1'
      return move(url, '/stage/')
    }
    if (room === 'phone') return alone?.handler(request)
    const phone = phones.findIndex((name) => pathname.startsWith(`/stage/${name}/`))
    if (phone >= 0) return servers[phone]?.handler(request) ?? notFound()
    return answer(request, pathname.slice('/stage'.length))
  }
}

/** Another name may be a stranger's that leads here (DNS rebinding), a proxy's header a tunnel's. */
const isNear = (hostname: string, headers: Headers) =>
  ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) &&
  !headers.has('x-forwarded-for') &&
  !headers.has('forwarded')

async function answerAct(request: Request, act: PageParts['act']): Promise<Response> {
  // Every browser names the page that sends a POST: no other page may push the buttons.
  if (request.headers.get('origin') !== new URL(request.url).origin) return refuse(403)
  const asked: unknown = await request.json().catch(() => undefined)
  if (!isRecord(asked)) return refuse(400)
  const acted = await act(asked)
  return acted ? Response.json(acted, { headers: { 'cache-control': 'no-store' } }) : notFound()
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** What was recorded, then each arrow as it comes. */
function stream(recorder: Recorder, signal: AbortSignal): Response {
  const encoder = new TextEncoder()
  let stop = () => {}
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const tell = (event: string, data: unknown) =>
        controller.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
      tell('all', recorder.arrows())
      const leave = recorder.listen((arrow) =>
        arrow ? tell('arrow', arrow) : tell('all', recorder.arrows()),
      )
      const end = () => {
        stop()
        controller.close()
      }
      signal.addEventListener('abort', end)
      stop = () => {
        leave()
        signal.removeEventListener('abort', end)
      }
    },
    cancel: () => stop(),
  })
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  })
}

const move = (url: URL, path: string) =>
  new Response(null, { status: 302, headers: { location: new URL(path, url).href } })

const text = (content: string, type: string) =>
  new Response(content, {
    headers: { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache' },
  })

const refuse = (status: 400 | 403) =>
  new Response(
    status === 403
      ? '只供本机使用。请用 127.0.0.1 打开。 / For this machine alone: open it at 127.0.0.1.\n'
      : '请求不是 JSON 对象。 / The request is no JSON object.\n',
    { status, headers: { 'content-type': 'text/plain; charset=utf-8' } },
  )
const notFound = () => new Response('这里什么都没有。 / There is nothing here.\n', { status: 404 })
