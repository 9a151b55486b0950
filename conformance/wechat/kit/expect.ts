import assert from 'node:assert/strict'
import type { Outcome } from './client.ts'
import type { App, Fields } from './wechat.ts'

/** What WeChat says beside these errcodes. */
const textByErrcode = new Map([
  [-1, 'system error'],
  [40029, 'invalid code'],
  [40125, 'invalid appsecret'],
  [40163, 'code been used'],
  [40164, 'not in whitelist'],
  [48001, 'api unauthorized'],
])

/** The fields of what the client gave back. @throws AssertionError */
export function expectFields(outcome: Outcome): Fields {
  assert.ok(outcome.kind === 'value', `no value but ${print(outcome)}`)
  assert.ok(typeof outcome.value === 'object' && outcome.value !== null, print(outcome))
  return Object(outcome.value) as Fields
}

/** The text that the client gave back. @throws AssertionError */
export function expectText(outcome: Outcome): string {
  assert.ok(outcome.kind === 'value' && typeof outcome.value === 'string', print(outcome))
  return outcome.value
}

/** Thrown or given back, the errcode or its text has to be there. @throws AssertionError */
export function expectTold(outcome: Outcome, errcode: number): void {
  const said = print(outcome)
  const text = textByErrcode.get(errcode) ?? ''
  const isTold = text !== '' && (said.includes(text) || said.includes(`"code":${errcode}`))
  assert.ok(isTold, `errcode ${errcode} is not told: ${said}`)
}

/** @throws AssertionError unless the client threw. */
export function expectError(outcome: Outcome): void {
  assert.equal(outcome.kind, 'error', `no error but ${print(outcome)}`)
}

/** @throws AssertionError if the outcome holds the app's secret. */
export function expectNoSecret(outcome: Outcome, { secret }: App): void {
  assert.ok(!print(outcome).includes(secret), 'the AppSecret is in the error')
}

function print(outcome: Outcome): string {
  return JSON.stringify(outcome)
}
