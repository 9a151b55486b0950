import { app } from './servers/server.ts'
import { newCode } from './wechat.ts'

export const scenarioNames = ['returning', 'new', 'me', 'refresh'] as const
export type ScenarioName = (typeof scenarioNames)[number]

export const scenarioTitles: Record<ScenarioName, string> = {
  returning: 'sign-in, returning user',
  new: 'sign-in, new user',
  me: 'GET /v1/me, verified',
  refresh: 'refresh',
}

/** What the body of a right answer contains. */
export const expected: Record<ScenarioName, string> = {
  returning: '"access_token":"',
  new: '"access_token":"',
  me: '"id":',
  refresh: '"refresh_token":"',
}

/** What the load generator knows of those who are signed in at one server. */
export interface People {
  /** How many signed in before the measurement began. */
  readonly count: number
  /** Who of them comes next; with a step, so that neighbours in the database do not come in turn. */
  turn: number
  /** What `GET /v1/me` is asked with. */
  credentials: string[]
  /** Each is good for one refresh, whose answer brings the next. */
  refreshTokens: string[]
}

/** Shares no factor with any number of people that is a power of ten, or five times one. */
const step = 7919

/** The next request of a scenario; undefined when there is nobody left. */
export function nextRequest(scenario: ScenarioName, people: People): string | undefined {
  people.turn += 1
  const { turn, count, credentials } = people
  switch (scenario) {
    case 'returning':
      return signInRequest(returningPerson((turn * step) % count))
    case 'new':
      return signInRequest(newPerson())
    case 'me':
      return meRequest(credentials[turn % credentials.length] ?? '')
    case 'refresh': {
      const token = people.refreshTokens.shift()
      return token === undefined ? undefined : refreshRequest(token)
    }
  }
}

/** Keeps what the answer brings for later requests. */
export function readAnswer(scenario: ScenarioName, people: People, body: string): void {
  if (scenario === 'refresh') people.refreshTokens.push(read(body, 'refresh_token'))
}

/** @param name What `GET /v1/me` takes of it. */
export function rememberSignedIn(
  people: People,
  body: string,
  name: 'access_token' | 'session_id',
) {
  people.credentials.push(read(body, name))
  people.refreshTokens.push(read(body, 'refresh_token'))
}

function read(body: string, name: string): string {
  return new RegExp(`"${name}":"([^"]+)"`).exec(body)?.[1] ?? ''
}

export function returningPerson(index: number): string {
  return `r${String(index).padStart(7, '0')}`
}

let newPeople = 0

function newPerson(): string {
  newPeople += 1
  return `n${String(newPeople).padStart(7, '0')}`
}

/** As the SDK sends it: with a key that makes a repeated request harmless. */
export function signInRequest(person: string): string {
  const code = newCode(person)
  const body = `{"app_id":"${app.app_id}","code":"${code}"}`
  return post('/v1/sign-in/wechat', body, `idempotency-key: ${code.slice(10)}\r\n`)
}

function refreshRequest(token: string): string {
  return post('/v1/token', `{"grant_type":"refresh_token","refresh_token":"${token}"}`)
}

function post(path: string, body: string, headers = ''): string {
  return (
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
    `${headers}content-length: ${body.length}\r\n\r\n${body}`
  )
}

function meRequest(credential: string): string {
  return `GET /v1/me HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${credential}\r\n\r\n`
}
