import { app } from './servers/server.ts'
import { newCode } from './wechat.ts'

/** People who signed in before the measurement began. */
export const returningPeople = 5000
/** Those of them whose tokens `GET /v1/me` is asked with. */
export const sessions = 1000

export const scenarioNames = ['returning', 'new', 'me'] as const
export type ScenarioName = (typeof scenarioNames)[number]

export const scenarioTitles: Record<ScenarioName, string> = {
  returning: 'sign-in, returning user',
  new: 'sign-in, new user',
  me: 'GET /v1/me, verified',
}

/** What the body of a right answer contains. */
export const expected: Record<ScenarioName, string> = {
  returning: '"access_token":"',
  new: '"access_token":"',
  me: '"id":',
}

let turn = 0

/** The next request of a scenario; `tokens` are those of the returning people. */
export function nextRequest(scenario: ScenarioName, tokens: readonly string[]): string {
  turn += 1
  if (scenario === 'me') return meRequest(tokens[turn % tokens.length] ?? '')
  if (scenario === 'new') return signInRequest(newPerson())
  return signInRequest(returningPerson(turn % returningPeople))
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
  return (
    'POST /v1/sign-in/wechat HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n' +
    `idempotency-key: ${code.slice(10)}\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  )
}

function meRequest(token: string): string {
  return `GET /v1/me HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n\r\n`
}
