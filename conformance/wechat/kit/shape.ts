import assert from 'node:assert/strict'
import type { Fields, Reply } from './wechat.ts'

/** What a field may hold. */
interface Kind {
  readonly name: string
  readonly fits: (value: unknown) => boolean
  readonly isOptional?: boolean
}

type Shape = Readonly<Record<string, Kind>>

export const anyText = kind('text', (value) => typeof value === 'string')
export const wholeNumber = kind('a whole number', (value) => Number.isSafeInteger(value))
export const listOfText = kind(
  'a list of text',
  (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
)

export const listOfNumbers = kind(
  'a list of numbers',
  (value) => Array.isArray(value) && value.every((each) => typeof each === 'number'),
)

/** 28 characters that begin with `o`. */
export const openid = textLike('an openid', /^o[\w-]{27}$/)
export const unionid = textLike('a unionid', /^o[\w-]{27}$/)
/** 28 characters of any beginning. */
export const openpid = textLike('an openpid', /^[\w-]{28}$/)
/** 16 bytes in base64. */
export const key16 = textLike('16 bytes in base64', /^[A-Za-z0-9+/]{22}==$/)
export const accessToken = textLike('an access_token', /^\d+_[\w-]{50,509}$/)
/** A token of a person's; longer ones were seen over the years. */
export const userToken = textLike('a token', /^[\w-]{50,512}$/)
export const httpUrl = textLike('the address of a picture', /^https?:\/\//)

export function exactly(...values: readonly unknown[]): Kind {
  return kind(values.map((each) => JSON.stringify(each)).join(' or '), (value) =>
    values.includes(value),
  )
}

export function between(least: number, most: number): Kind {
  return kind(
    `a number from ${least} to ${most}`,
    (value) => typeof value === 'number' && value >= least && value <= most,
  )
}

export function textLike(name: string, pattern: RegExp): Kind {
  return kind(name, (value) => typeof value === 'string' && pattern.test(value))
}

export function optional(of: Kind): Kind {
  return { ...of, isOptional: true }
}

export function shaped(shape: Shape): Kind {
  return kind(
    `an object of ${Object.keys(shape).join(', ')}`,
    (value) => misfit(value, shape) === '',
  )
}

/** @throws AssertionError unless the fields are these and no others. */
export function assertShape(fields: Fields, shape: Shape): void {
  const wrong = misfit(fields, shape)
  assert.equal(wrong, '', `${wrong}, in ${JSON.stringify(fields)}`)
}

/** WeChat's error, with status 200. @throws AssertionError */
export function assertRefused(reply: Reply, ...errcodes: readonly number[]): void {
  assert.equal(reply.status, 200, `HTTP status ${reply.status}: ${reply.text}`)
  assert.ok(
    errcodes.some((errcode) => reply.json['errcode'] === errcode),
    `${reply.text} where errcode ${errcodes.join(' or ')} was due`,
  )
  assert.equal(typeof reply.json['errmsg'], 'string', `no errmsg in ${reply.text}`)
}

/** Success with `errcode` 0. @throws AssertionError */
export function assertOk(reply: Reply): void {
  assert.equal(reply.status, 200)
  assertShape(reply.json, { errcode: exactly(0), errmsg: exactly('ok') })
}

function misfit(value: unknown, shape: Shape): string {
  if (typeof value !== 'object' || value === null) return 'There are no fields'
  const fields = new Map<string, unknown>(Object.entries(value))
  for (const [name, { name: kindName, fits, isOptional = false }] of Object.entries(shape)) {
    if (!fields.has(name)) {
      if (isOptional) continue
      return `"${name}" is missing`
    }
    if (!fits(fields.get(name))) return `"${name}" is not ${kindName}`
  }
  const extra = [...fields.keys()].find((name) => !(name in shape))
  return extra === undefined ? '' : `"${extra}" is in no documented answer`
}

function kind(name: string, fits: (value: unknown) => boolean): Kind {
  return { name, fits }
}
