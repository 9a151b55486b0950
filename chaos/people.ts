import { randomUUID } from 'node:crypto'
import { seedWorld } from '@kaimen/emulator'
import { sleep } from './child-process.ts'

/** What a server answered once, and has to stand by. */
export type Session = {
  readonly session_id: string
  readonly user_id: string
  access_token: string
  refresh_token: string
}

/** A person with a phone, who does one thing after the other, as the SDK does it. */
export type Person = {
  readonly id: string
  user_id: string | undefined
  session: Session | undefined
}

/** What went on since it was last asked for. */
type Tally = {
  requests: number
  retries: number
  /** What did not succeed within {@link giveUpMs}, however often it was repeated. */
  failures: string[]
  /** Sessions that were refused without having been revoked. */
  signedOut: string[]
  /** Answers that contradict an earlier one. */
  contradictions: string[]
  /** The longest that anything took from the first try to its success. */
  longestMs: number
}

export type Crowd = {
  readonly people: readonly Person[]
  /** Sessions whose revocation was answered. */
  readonly revoked: readonly Session[]
  /** Makes them go about their business. */
  begin(): void
  /** Lets each finish what they are about. */
  pause(): Promise<void>
  takeTally(): Tally
  signIn(person: Person): Promise<Session>
  refresh(person: Person): Promise<void>
  revoke(session: Session): Promise<void>
}

type Answer = { status: number; body: Record<string, unknown> }

const [app] = seedWorld.apps
const giveUpMs = 60_000
/** How long a person waits for what becomes of one code. */
const codeMs = 5_000
const tryWithinMs = 8_000
const thinkMs = 60
const emptyTally = (): Tally => ({
  requests: 0,
  retries: 0,
  failures: [],
  signedOut: [],
  contradictions: [],
  longestMs: 0,
})

/** Whether the same request may do better: no answer, or one that says so. */
const isPassing = ({ status }: Answer) => status >= 500 || status === 429

export async function gatherCrowd(
  size: number,
  { url, wechatUrl }: { url: string; wechatUrl: string },
): Promise<Crowd> {
  let tally = emptyTally()
  const business = { isOn: false }
  let lives: Promise<void>[] = []
  const revoked: Session[] = []
  const people: Person[] = []
  for (let i = 0; i < size; i++) {
    const { body } = await post(`${wechatUrl}/emulator/people`, {})
    people.push({ id: String(body['id']), user_id: undefined, session: undefined })
  }

  /** Repeats one request until it is answered for good. */
  async function insist(
    what: string,
    ask: () => Promise<Answer>,
    { beganMs: began = Date.now(), untilMs = Infinity } = {},
  ): Promise<Answer | undefined> {
    for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
      tally.requests += 1
      const answer = await ask().catch((): Answer => ({ status: 599, body: {} }))
      if (answer.status === 500) tally.contradictions.push(`${what}: ${describe(answer)}`)
      if (!isPassing(answer)) {
        tally.longestMs = Math.max(tally.longestMs, Date.now() - began)
        return answer
      }
      if (Date.now() - began > giveUpMs) {
        tally.failures.push(`${what}: ${describe(answer)}`)
        return undefined
      }
      if (Date.now() > untilMs) return answer
      tally.retries += 1
      await sleep(pauseMs * (0.5 + Math.random()))
    }
  }

  const inWechat = async (person: Person, call: string): Promise<string> => {
    const { body } = await post(`${wechatUrl}/emulator/wx/${call}`, {
      appid: app.appid,
      person: person.id,
    })
    return String(body['code'])
  }

  /**
   * As the SDK: a code goes with a key of its own. When it is used up, or nothing came of it for a
   * while, another is asked for.
   */
  async function signInBy(person: Person, way: 'wechat' | 'phone'): Promise<Session | undefined> {
    const beganMs = Date.now()
    for (;;) {
      const code = await inWechat(person, 'login')
      const key = randomUUID()
      const given = {
        app_id: app.appid,
        code,
        ...(way === 'phone' && { phone_code: await inWechat(person, 'getPhoneNumber') }),
      }
      const answer = await insist(
        `sign-in by ${way}`,
        () => post(`${url}/v1/sign-in/${way}`, given, { 'idempotency-key': key }),
        { beganMs, untilMs: Date.now() + codeMs },
      )
      if (!answer) return undefined
      const { status, body } = answer
      if (status === 200) return readSession(person, body)
      // The first try got as far as WeChat, and nobody was told of a session.
      if (
        isPassing(answer) ||
        ['code_used', 'code_invalid', 'phone_code_invalid'].includes(String(body['code']))
      )
        continue
      tally.failures.push(`sign-in by ${way}: ${describe(answer)}`)
      return undefined
    }
  }

  function readSession(person: Person, body: Answer['body']): Session {
    const { session_id, access_token, refresh_token, user } = body
    const user_id = user instanceof Object && 'id' in user ? String(user.id) : ''
    person.user_id ??= user_id
    if (user_id !== person.user_id) tally.contradictions.push(`${person.id} became a second user`)
    return {
      session_id: String(session_id),
      user_id,
      access_token: String(access_token),
      refresh_token: String(refresh_token),
    }
  }

  async function signIn(person: Person): Promise<Session> {
    const session = await signInBy(person, 'wechat')
    if (!session) throw new Error(`${person.id} could not sign in`)
    return session
  }

  async function refresh(person: Person): Promise<void> {
    const { session } = person
    if (!session) return
    const json = { grant_type: 'refresh_token', refresh_token: session.refresh_token }
    const answer = await insist('refresh', () => post(`${url}/v1/token`, json))
    if (!answer) return
    if (answer.status !== 200) return signOutOf(person, 'refresh', answer)
    if (answer.body['session_id'] !== session.session_id) {
      tally.contradictions.push(`refresh of ${session.session_id} gave another session`)
    }
    session.access_token = String(answer.body['access_token'])
    session.refresh_token = String(answer.body['refresh_token'])
  }

  async function lookAtMe(person: Person): Promise<void> {
    const { session } = person
    if (!session) return
    const headers = { authorization: `Bearer ${session.access_token}` }
    const answer = await insist('GET /v1/me', () => ask(`${url}/v1/me`, { headers }))
    if (!answer) return
    if (answer.status !== 200) return signOutOf(person, 'GET /v1/me', answer)
    if (answer.body['id'] !== person.user_id) tally.contradictions.push(`${person.id} saw another`)
  }

  /** Nobody revoked it, and it is refused: the person would have to sign in anew. */
  function signOutOf(person: Person, what: string, answer: Answer) {
    tally.signedOut.push(`${person.session?.session_id ?? ''}: ${what}: ${describe(answer)}`)
    person.session = undefined
  }

  async function revoke(session: Session): Promise<void> {
    const json = { token: session.refresh_token }
    const answer = await insist('revoke', () => post(`${url}/v1/revoke`, json))
    if (answer?.status === 200) revoked.push(session)
  }

  async function doSomething(person: Person): Promise<void> {
    const dice = Math.random()
    if (!person.session) person.session = await signInBy(person, 'wechat')
    else if (dice < 0.5) await refresh(person)
    else if (dice < 0.75) await lookAtMe(person)
    else if (dice < 0.85) {
      // On another device, and out of it.
      const other = await signInBy(person, Math.random() < 0.3 ? 'phone' : 'wechat')
      if (other) await revoke(other)
    } else if (dice < 0.9) {
      const left = person.session
      person.session = undefined
      await revoke(left)
    }
  }

  async function live(person: Person): Promise<void> {
    while (business.isOn) {
      await doSomething(person)
      await sleep(thinkMs * 2 * Math.random())
    }
  }

  return {
    people,
    revoked,
    signIn,
    refresh,
    revoke,
    begin() {
      business.isOn = true
      lives = people.map(live)
    },
    async pause() {
      business.isOn = false
      await Promise.all(lives)
    },
    takeTally() {
      const taken = tally
      tally = emptyTally()
      return taken
    },
  }
}

export async function ask(url: string, init: RequestInit): Promise<Answer> {
  const reply = await fetch(url, { ...init, signal: AbortSignal.timeout(tryWithinMs) })
  const text = await reply.text()
  const body: unknown = text === '' ? {} : JSON.parse(text)
  return { status: reply.status, body: isObject(body) ? body : {} }
}

export function post(
  url: string,
  json: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return ask(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(json),
  })
}

const describe = ({ status, body: { code } }: Answer) =>
  `${status}${typeof code === 'string' ? ` ${code}` : ''}`

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
