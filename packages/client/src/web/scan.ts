/** Sign-in by a mini program that scans a code on this page. */
import { AuthError } from '../auth-error.ts'
import { leftOf, type Span } from '../span.ts'
import {
  isScanBegun,
  isScanState,
  type ScanBegun,
  type ScanState,
  type User,
  type WebSession,
} from '../wire.ts'
import { fail, misuse, refuse } from './failure.ts'
import type { Host } from './host.ts'
import { drawScan } from './scan-view.ts'
import { call, ownTimeoutMs, send } from './transport.ts'

/** The server's words, and: `loading`, no picture yet; `failed`, with an error. */
export type ScanStatus = ScanState['status'] | 'loading' | 'failed'

/** What is written on the page. */
export interface ScanTexts {
  /** Of the picture, for who cannot see it. */
  picture: string
  loading: string
  waiting: string
  claimed: string
  approved: string
  signed_in: string
  rejected: string
  expired: string
  /** On the button that asks for a new code. */
  again: string
}

export interface ScanOptions {
  /** Default: `apps.mini_program`. */
  app_id?: string | undefined
  /** Default: Chinese or English, as the page's `lang` says. */
  texts?: Partial<ScanTexts>
  /** Called with each new state; `error` says why it `failed`. */
  onState?: (status: ScanStatus, error?: AuthError) => void
}

export interface ShownScan {
  /** Who signed in. Rejects with `cancelled` when it is closed before. */
  readonly done: Promise<User>
  /** Takes it from the page. */
  close(): void
}

export function showScan(
  host: Host,
  baseUrl: string,
  element: HTMLElement,
  { app_id, texts, onState }: ScanOptions,
  begin: (session: WebSession) => void,
): ShownScan {
  let stop = () => {}
  let close = () => {}
  const done = new Promise<User>((resolve, reject) => {
    const view = drawScan(element, texts, again)
    function again(): void {
      stop()
      stop = followScan(host, baseUrl, app_id, {
        show(status, error) {
          view.show(status, error)
          onState?.(status, error)
        },
        picture: view.picture,
        left: view.left,
        signedIn(session) {
          begin(session)
          resolve(session.user)
        },
      })
    }
    close = () => {
      stop()
      view.close()
      reject(fail('cancelled'))
    }
    again()
  })
  // Who does not wait for it is not to be told that nobody did.
  done.catch(() => {})
  return { done, close: () => close() }
}

/** What becomes of a scan. */
export interface ScanWatcher {
  show(status: ScanStatus, error?: AuthError): void
  /** A picture, and what to do when it does not load. */
  picture(url: string, failed: () => void): void
  left(seconds: number): void
  signedIn(session: { user: User; session_id: string }): void
}

/** Begins a scan and follows it to its end; returns what ends it before. */
export function followScan(
  host: Host,
  baseUrl: string,
  app_id: string | undefined,
  watcher: ScanWatcher,
): () => void {
  let open = true
  let status: ScanStatus | undefined
  let life: Span = { sinceMs: host.now(), lengthMs: 0 }
  let events: EventSource | undefined
  let cancelTick = () => {}
  let cancelPoll = () => {}

  function show(next: ScanStatus, error?: AuthError): void {
    if (next === status) return
    status = next
    watcher.show(next, error)
  }

  function stop(): void {
    open = false
    events?.close()
    cancelTick()
    cancelPoll()
  }

  function end(last: ScanStatus, error?: AuthError): void {
    stop()
    show(last, error)
  }

  const failed = (error: unknown) => {
    if (open) end('failed', error instanceof AuthError ? error : fail('network', { cause: error }))
  }

  const left = () => leftOf(life, host.now())

  async function run(): Promise<void> {
    show('loading')
    const begun = await call(host, `${baseUrl}/v1/scan`, { app_id })
    if (!open) return
    if (!isScanBegun(begun)) throw fail('reply_invalid')
    const url = `${baseUrl}/v1/scan/${encodeURIComponent(begun.id)}`
    const poll = pollAt(url, begun.poll_interval * 1000)
    live(begun)
    const draw = (failedTo: () => Promise<void>) =>
      watcher.picture(begun.qr_url, () => void failedTo().catch(failed))
    draw(async () => {
      await explain(begun.qr_url)
      draw(blame)
    })
    show('waiting')
    tick(poll)
    listen(url, poll, begun)
  }

  /** The server counts in whole seconds: what is left never grows. */
  function live({ expires_in }: { expires_in: number }): void {
    const told = { sinceMs: host.now(), lengthMs: expires_in * 1000 }
    if (status === 'loading' || told.lengthMs < left()) life = told
  }

  /** Counts down; the server has the last word on whether the time is up. */
  function tick(poll: () => void): void {
    const seconds = Math.ceil(left() / 1000)
    watcher.left(seconds)
    if (seconds > 0) cancelTick = host.after(1000, () => tick(poll))
    else poll()
  }

  /** By server-sent events, or, where they do not get through, by asking every few seconds. */
  function listen(url: string, poll: () => void, { poll_interval }: ScanBegun): void {
    events = host.openEvents?.(url)
    if (!events) return poll()
    // A proxy that collects replies keeps the first event back as well.
    cancelPoll = host.after(2 * poll_interval * 1000, poll)
    events.addEventListener('error', poll)
    events.addEventListener('state', ({ data }: MessageEvent<unknown>) => {
      const state = readState(data)
      if (!open || !state) return
      cancelPoll()
      take(state)
      if (state.status === 'approved') poll()
    })
  }

  function pollAt(url: string, intervalMs: number): () => void {
    let asking = false
    const later = () => {
      cancelPoll = host.after(intervalMs, () => void poll())
    }
    async function poll(): Promise<void> {
      events?.close()
      cancelPoll()
      if (asking || !open) return
      asking = true
      try {
        const state = await call(host, url)
        if (!isScanState(state)) throw fail('reply_invalid')
        if (open) take(state)
        // Closed too late: the cookie is there.
        else if (state.status === 'signed_in') watcher.signedIn(state)
        later()
      } catch (error) {
        // A lost reply costs nothing: the same session is given again.
        if (error instanceof AuthError && error.retryable && left() > 0) later()
        else failed(error)
      } finally {
        asking = false
      }
    }
    return () => void poll()
  }

  function take(state: ScanState): void {
    switch (state.status) {
      case 'waiting':
      case 'claimed':
        live(state)
        return show(state.status)
      case 'approved':
        return show(state.status)
      case 'signed_in':
        end(state.status)
        return watcher.signedIn(state)
      case 'rejected':
      case 'expired':
        return end(state.status)
    }
  }

  /** A picture that does not load does not say why; the same address, asked for, does. */
  async function explain(url: string): Promise<void> {
    const asking = { method: 'GET', header: {}, timeout: ownTimeoutMs, cookie: true }
    const reply = await send(host, { url, ...asking })
    if (reply.statusCode >= 300) throw refuse(reply)
  }

  run().catch(failed)
  return stop
}

function readState(data: unknown): ScanState | undefined {
  try {
    const state: unknown = JSON.parse(String(data))
    return isScanState(state) ? state : undefined
  } catch {
    return undefined
  }
}

/** The server has a picture, and the page shows none, twice. */
async function blame(): Promise<never> {
  throw misuse(
    '小程序码没有显示：请检查网页 CSP 的 img-src',
    'The picture was not shown: see img-src in the CSP of the page',
  )
}
