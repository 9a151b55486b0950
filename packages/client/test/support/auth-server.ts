/**
 * As much of a Kaimen server as a race needs: codes work once, refresh tokens rotate and converge,
 * tokens age by the true time, and every step can be held, failed or lost. The real one is tried in
 * end-to-end.test.ts.
 */
import {
  errorTable,
  type ErrorCode,
  type Problem,
  type SignedIn,
  type Tokens,
} from '@kaimen/protocol'
import type { Received, Sent } from './typed-wx.ts'

/** What every SMS of this server says. */
export const rightOtp = '271828'

interface Session {
  readonly id: string
  readonly userId: string
  generation: number
  ended: ErrorCode | null
}

/** What happens to one call instead of, or after, its answer. */
export type Fault =
  /** Never reaches the server. */
  | { kind: 'unreached' }
  /** The server answers; the reply is lost. */
  | { kind: 'lost' }
  /** Nothing comes back, ever. */
  | { kind: 'hang' }
  | { kind: 'problem'; code: ErrorCode; retryAfter?: number }
  | { kind: 'page'; status: number; retryAfter?: number }

type Gates = Array<Promise<void>>

export interface AuthServer {
  /** Of the path, in the order of arrival. */
  readonly calls: Array<Sent & { path: string }>
  readonly accessSeconds: number
  /** How `wx.login` gets its codes. */
  issueCode(): string
  /** Who scans in from now on; one person unless told otherwise. */
  person: string
  /** What the next sign-ins answer instead of tokens. */
  phoneRequired: boolean
  userDisabled: boolean
  userDeleted: boolean
  /** The next call to the path meets this fault. */
  fail(path: string, fault: Fault, times?: number): void
  /** The next call to the path stops before it takes effect, or only its reply does, until released. */
  hold(path: string, what?: 'call' | 'reply'): { release: () => void }
  endSessions(code?: ErrorCode): void
  /** As after ten minutes. */
  endTickets(): void
  /** No more faults; everybody may sign in. */
  heal(): void
  /** Access tokens so far are refused, as after a change of keys; sessions live. */
  spoilAccessTokens(): void
  answer(sent: Sent): Promise<Received | 'unreached' | 'lost' | 'hang'>
  /** Whether a back end would let this request through. */
  admits(sent: Sent): boolean
  count(path: string): number
  liveSessions(): number
}

export function createAuthServer(trueMs: () => number, accessSeconds = 900): AuthServer {
  const codes = new Map<string, { person: string; used: boolean }>()
  const tickets = new Set<string>()
  const sessions = new Map<string, Session>()
  const accessTokens = new Map<string, { session: Session; expiresMs: number }>()
  const faults = new Map<string, Fault[]>()
  const nicknames = new Map<string, string>()
  const kept = { version: 0, body: '{}' }
  const holds = { call: new Map<string, Gates>(), reply: new Map<string, Gates>() }
  let serial = 0

  const mint = (session: Session): Tokens => {
    const access_token = `access.${session.id}.${++serial}`
    accessTokens.set(access_token, { session, expiresMs: trueMs() + accessSeconds * 1000 })
    return {
      access_token,
      token_type: 'Bearer',
      expires_in: accessSeconds,
      refresh_token: `refresh.${session.id}.${session.generation}`,
      refresh_expires_in: 2_592_000,
      session_id: session.id,
    }
  }

  const check = (sent: Sent): Session | ErrorCode => {
    const token = sent.header['authorization']?.replace('Bearer ', '') ?? ''
    const known = accessTokens.get(token)
    if (!known) return 'token_invalid'
    if (known.session.ended) return known.session.ended
    return known.expiresMs > trueMs() ? known.session : 'token_expired'
  }

  const server: AuthServer = {
    calls: [],
    accessSeconds,
    person: 'li',
    phoneRequired: false,
    userDisabled: false,
    userDeleted: false,
    issueCode() {
      const code = `code-${++serial}`
      codes.set(code, { person: server.person, used: false })
      return code
    },
    fail(path, fault, times = 1) {
      const queue = faults.get(path) ?? []
      for (let i = 0; i < times; i++) queue.push(fault)
      faults.set(path, queue)
    },
    hold(path, what = 'call') {
      let release = () => {}
      const gate = new Promise<void>((resolve) => {
        release = resolve
      })
      holds[what].set(path, [...(holds[what].get(path) ?? []), gate])
      return { release }
    },
    endSessions(code = 'session_ended') {
      for (const session of sessions.values()) session.ended = code
    },
    endTickets: () => tickets.clear(),
    heal() {
      faults.clear()
      server.userDisabled = false
      server.userDeleted = false
      server.phoneRequired = false
    },
    spoilAccessTokens: () => accessTokens.clear(),
    admits: (sent) => typeof check(sent) === 'object',
    count: (path) => server.calls.filter((call) => call.path === path).length,
    liveSessions: () => [...sessions.values()].filter(({ ended }) => !ended).length,
    async answer(sent) {
      const path = new URL(sent.url).pathname
      server.calls.push({ ...sent, path })
      const fault = faults.get(path)?.shift()
      await holds.call.get(path)?.shift()
      if (fault?.kind === 'unreached' || fault?.kind === 'hang') return fault.kind
      if (fault?.kind === 'problem') return refuse(fault.code, fault.retryAfter)
      if (fault?.kind === 'page')
        return {
          status: fault.status,
          header: retryAfter(fault.retryAfter),
          body: '<html>Bad Gateway</html>',
        }
      const reply = respond(path, sent)
      await holds.reply.get(path)?.shift()
      return fault?.kind === 'lost' ? 'lost' : reply
    },
  }

  function respond(path: string, sent: Sent): Received {
    const body = JSON.parse(sent.body ?? '{}') as Record<string, string>
    if (path === '/v1/sign-in/wechat') return signIn(body['code'] ?? '', !!body['restore'])
    if (path === '/v1/otp') return json(202, { expires_in: 300, retry_after: 60 })
    if (path.startsWith('/v1/sign-in/')) return prove(body)
    if (path === '/v1/token') return refresh(body['refresh_token'] ?? '')
    if (path === '/v1/revoke') {
      const session = sessions.get((body['token'] ?? '').split('.')[1] ?? '')
      if (session) session.ended ??= 'session_ended'
      return json(200, {})
    }
    const session = check(sent)
    if (typeof session === 'string') return refuse(session)
    if (path === '/v1/me' && sent.method === 'DELETE') {
      for (const other of sessions.values())
        if (other.userId === session.userId) other.ended = 'session_ended'
      server.userDeleted = true
      return json(200, { gone_at: '2026-01-08T00:00:00Z' })
    }
    if (path === '/v1/me/preferences') return preferences(sent)
    if (path === '/v1/me/wechat-data') return json(200, { nickName: null })
    if (path === '/v1/me/identities') return json(200, { identities: [] })
    if (path === '/v1/me') {
      const { nickname } = body
      if (sent.method === 'POST' && nickname) nicknames.set(session.userId, nickname)
      return json(200, userOf(session.userId))
    }
    if (path === '/v1/me/password') return refuse('password_wrong')
    return refuse('not_found')
  }

  function turnAway(restore: boolean): Received | undefined {
    if (server.userDisabled) return refuse('user_disabled')
    if (server.userDeleted && !restore) return refuse('user_deleted')
    server.userDeleted = false
    return undefined
  }

  function preferences({ method, header, body }: Sent): Received {
    if (method === 'PUT') {
      const seen = header['if-match']
      if (!seen) return refuse('precondition_required')
      if (seen !== `"${kept.version}"`) return refuse('preferences_changed')
      kept.version++
      kept.body = body ?? '{}'
    }
    return { status: 200, header: { ETag: `"${kept.version}"` }, body: kept.body }
  }

  function signIn(code: string, restore: boolean): Received {
    const known = codes.get(code)
    if (!known) return refuse('code_invalid')
    if (known.used) return refuse('code_used')
    known.used = true
    const refused = turnAway(restore)
    if (refused) return refused
    if (server.phoneRequired) {
      const ticket = `ticket-${++serial}`
      tickets.add(ticket)
      return json(200, { status: 'phone_required', ticket, expires_in: 600 })
    }
    return openSession(known.person)
  }

  /** By phone button, SMS or password; what is wrong leaves the ticket good. */
  function prove(body: Record<string, string>): Received {
    const { ticket, code, phone_code, otp, password, restore } = body
    if (ticket && !tickets.has(ticket)) return refuse('ticket_invalid')
    if (code) {
      const known = codes.get(code)
      if (!known || known.used) return refuse('code_used')
      known.used = true
    }
    if (phone_code && !ticket && !code) return refuse('body_invalid')
    if (otp && otp !== rightOtp) return refuse('otp_wrong')
    if (password === 'wrong') return refuse('password_wrong')
    const refused = turnAway(!!restore)
    if (refused) return refused
    if (ticket) tickets.delete(ticket)
    return openSession(server.person)
  }

  function openSession(person: string): Received {
    const session: Session = {
      id: `s${++serial}`,
      userId: `user-${person}`,
      generation: 1,
      ended: null,
    }
    sessions.set(session.id, session)
    const signedIn: SignedIn = {
      status: 'signed_in',
      ...mint(session),
      is_new_user: false,
      user: userOf(session.userId),
    }
    return json(200, signedIn)
  }

  function refresh(token: string): Received {
    const [, id = '', presented] = token.split('.')
    const session = sessions.get(id)
    if (!session) return refuse('token_invalid')
    if (session.ended) return refuse(session.ended)
    const age = session.generation - Number(presented)
    if (age > 1) {
      session.ended = 'refresh_reused'
      return refuse('refresh_reused')
    }
    // The one before is a lost reply: it gets the same successor.
    if (age === 0) session.generation++
    return json(200, mint(session))
  }

  function userOf(id: string) {
    const [avatar_url, phone] = [null, '+86 138****0000']
    const nickname = nicknames.get(id) ?? null
    return { id, nickname, avatar_url, phone, created_at: '2026-01-01T00:00:00Z' }
  }

  return server
}

const json = (status: number, body: object, header: Record<string, string> = {}): Received => ({
  status,
  header: { 'Content-Type': 'application/json', ...header },
  body: JSON.stringify(body),
})

const retryAfter = (seconds: number | undefined): Record<string, string> =>
  seconds === undefined ? {} : { 'Retry-After': String(seconds) }

function refuse(code: ErrorCode, seconds?: number): Received {
  const { status, action, retryable, title, detail } = errorTable[code]
  const problem: Problem = {
    type: `urn:kaimen:${code}`,
    title: title['zh-CN'],
    status,
    detail: detail['zh-CN'],
    code,
    retryable,
    action,
  }
  return json(status, problem, retryAfter(seconds))
}
