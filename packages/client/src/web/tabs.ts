/** Who is signed in in this browser, and the access token, shared by all tabs of one origin. */
import { AuthError } from '../auth-error.ts'
import { leftOf, type Span } from '../span.ts'
import { isFields, isWebSession, isWebToken, type User, type WebSession } from '../wire.ts'
import { fail } from './failure.ts'
import type { Host } from './host.ts'
import { call, ownTimeoutMs } from './transport.ts'

/** `sinceMs` is its receipt, `lengthMs` its life. */
interface Token extends Span {
  value: string
  user_id: string
}

/** What one tab tells the others. None of it is believed on who is signed in: that the server says. */
type Message =
  /** Has anybody a token? */
  | { kind: 'ask' }
  /** This session is in the cookie, as I know; and its token, if I have one. */
  | { kind: 'session'; session_id: string | null; token?: Token | undefined }
  /** This session has ended; it never comes back. */
  | { kind: 'ended'; session_id: string }

/** Milliseconds that other tabs have to answer: those that are not asleep do within a few. */
const answerMs = 50
/** The same, where another tab has just been at it: what it has is on its way. */
const busyMs = 500

const nobody: WebSession = { user: null, session_id: null }

export interface Tabs {
  /** `undefined` until it is known. */
  user(): User | null | undefined
  /** Resolves with who is here; asks the server if that is not known yet. */
  known(): Promise<User | null>
  /** Asks the server who is here, and lets the other tabs know. */
  refresh(): Promise<User | null>
  /** Takes over a session that the server has just begun in this browser. */
  begin(session: WebSession): void
  /** Ends what this tab and the others know of a session that the server has just ended. */
  end(): void
  /**
   * An access token of who is here.
   *
   * @throws {AuthError} `signed_out`: nobody is.
   */
  authorize(): Promise<Token>
  /** No tab uses this token any more. */
  spoil(token: Token): void
  onChange(listener: (user: User | null) => void): () => void
  close(): void
}

export function openTabs(host: Host, baseUrl: string): Tabs {
  const name = `kaimen:${baseUrl}`
  const listeners = new Set<(user: User | null) => void>()
  let current: WebSession | undefined
  let token: Token | undefined
  let spoilt: string | undefined
  /** Counts what may have changed who is here; an answer that was asked for before is too old. */
  let stamp = 0
  let looking: Promise<User | null> | undefined
  let renewal: Promise<Token> | undefined
  let answered = () => {}
  let open = true

  const channel = host.openChannel(name, hear)
  const stopReturns = host.onReturn(() => void refresh().catch(ignore))

  function post(message: Message): void {
    if (open) channel.post(message)
  }

  const tell = () =>
    post({ kind: 'session', session_id: current?.session_id ?? null, token: usable() })

  function hear(message: unknown): void {
    if (!isMessage(message)) return
    if (message.kind === 'ask') {
      if (usable()) tell()
    } else if (message.kind === 'ended') {
      if (current?.session_id === message.session_id) set(nobody)
    } else if (message.session_id !== current?.session_id) {
      // Messages of two tabs may overtake each other: only the server knows which is the newer.
      void look().catch(ignore)
    } else if (message.token) {
      take(message.token)
    }
  }

  function set(next: WebSession): void {
    const before = current
    current = next
    if (next.session_id !== before?.session_id) {
      stamp++
      token = undefined
    }
    if (JSON.stringify(next.user) === JSON.stringify(before?.user)) return
    for (const listener of Array.from(listeners)) {
      try {
        listener(next.user)
      } catch (error) {
        // A listener's own mistake: shown as an uncaught error, and no other listener suffers.
        host.after(0, () => {
          throw error
        })
      }
    }
  }

  /** Of the session that is here. */
  function take(given: Token): void {
    if (given.value === spoilt) return
    if (token && left(token) >= left(given)) return
    token = given
    answered()
  }

  const left = (span: Span) => leftOf(span, host.now())

  /** The token, unless it ends within 30 s, or a tenth of a shorter life. */
  function usable(): Token | undefined {
    return token && left(token) > Math.min(30_000, token.lengthMs / 10) ? token : undefined
  }

  /** Callers share one question, which is asked again if something happened meanwhile. */
  function look(): Promise<User | null> {
    stamp++
    looking ??= ask().finally(() => {
      looking = undefined
    })
    return looking
  }

  async function ask(): Promise<User | null> {
    for (;;) {
      const asked = stamp
      const session = await call(host, `${baseUrl}/v1/web/session`)
      if (asked !== stamp) continue
      if (!isWebSession(session)) throw fail('reply_invalid')
      set(session)
      return session.user
    }
  }

  async function refresh(): Promise<User | null> {
    const user = await look()
    tell()
    return user
  }

  async function known(): Promise<User | null> {
    if (looking) return await looking
    return current ? current.user : await refresh()
  }

  async function authorize(): Promise<Token> {
    const before = current?.user
    const user = await known()
    // Nothing is sent as somebody else than who was here when it was asked for.
    if (!user || (before && before.id !== user.id)) throw fail('signed_out')
    const found =
      usable() ??
      (await (renewal ??= host.lock(name, ownTimeoutMs, renew).finally(() => {
        renewal = undefined
      })))
    if (found.user_id !== user.id) throw fail('signed_out')
    return found
  }

  async function renew(waited: boolean): Promise<Token> {
    if (!usable()) await askOthers(waited ? busyMs : answerMs)
    for (;;) {
      if (!(await known())) throw fail('signed_out')
      const found = usable()
      if (found) return found
      const asked = stamp
      const sinceMs = host.now()
      const reply = await call(host, `${baseUrl}/v1/web/token`, undefined, 'POST').catch(over)
      if (asked !== stamp) continue
      if (!isWebToken(reply)) throw fail('reply_invalid')
      const { access_token, expires_in, session_id, user } = reply
      set({ user, session_id })
      take({
        value: access_token,
        user_id: user.id,
        sinceMs,
        lengthMs: expires_in * 1000,
      })
      tell()
    }
  }

  /** A new tab, and one that waited for the lock, need not ask the server if another tab has one. */
  function askOthers(patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = host.after(patienceMs, resolve)
      answered = () => {
        cancel()
        resolve()
      }
      post({ kind: 'ask' })
    })
  }

  /** A refusal to the cookie: who is here has changed. */
  async function over(error: unknown): Promise<never> {
    if (error instanceof AuthError && error.status === 401) await refresh()
    throw error
  }

  return {
    user: () => current?.user,
    known,
    refresh,
    begin(session) {
      set(session)
      tell()
    },
    end() {
      const ended = current?.session_id
      set(nobody)
      if (ended) post({ kind: 'ended', session_id: ended })
      tell()
    },
    authorize,
    spoil({ value }) {
      spoilt = value
      if (token?.value === value) token = undefined
    },
    onChange(listener) {
      // A wrapper of its own, so that one function given twice is two listeners.
      const entry = (user: User | null) => listener(user)
      listeners.add(entry)
      return () => {
        listeners.delete(entry)
      }
    },
    close() {
      open = false
      stopReturns()
      listeners.clear()
      channel.close()
    },
  }
}

const ignore = () => {}

/** Another version of this client may be in another tab. */
function isMessage(value: unknown): value is Message {
  if (!isFields(value)) return false
  const { kind, session_id, token } = value
  switch (kind) {
    case 'ask':
      return true
    case 'ended':
      return typeof session_id === 'string'
    case 'session':
      return (
        (session_id === null || typeof session_id === 'string') &&
        (token === undefined || isToken(token))
      )
    default:
      return false
  }
}

function isToken(value: unknown): value is Token {
  return (
    isFields(value) &&
    ['value', 'user_id'].every((name) => typeof value[name] === 'string') &&
    ['sinceMs', 'lengthMs'].every((name) => typeof value[name] === 'number')
  )
}
