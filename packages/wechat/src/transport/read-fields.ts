import { WechatTransportError } from '../errors/transport-error.ts'

type Fields = Readonly<Record<string, unknown>>

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field that the call promises: a text that is not empty. */
export function readText(endpoint: string, reply: Fields, name: string): string {
  const value = reply[name]
  if (!isText(value)) throw badReply(endpoint, `${name} is missing or no text`)
  return value
}

/**
 * A field that WeChat leaves out, or leaves empty, where there is nothing to say. An empty unionid
 * would make one person of all who have none.
 */
export function readOptionalText(
  endpoint: string,
  reply: Fields,
  name: string,
): string | undefined {
  const value = reply[name]
  if (value === undefined || value === null || value === '') return undefined
  if (!isText(value)) throw badReply(endpoint, `${name} is no text`)
  return value
}

/** A number of 0 or more that the call promises. */
export function readNumber(endpoint: string, reply: Fields, name: string): number {
  const value = reply[name]
  if (typeof value !== 'number' || !(value >= 0)) {
    throw badReply(endpoint, `${name} is missing or no number`)
  }
  return value
}

/** An object that the call promises. */
export function readObject(endpoint: string, reply: Fields, name: string): Fields {
  const value = reply[name]
  if (!isFields(value)) throw badReply(endpoint, `${name} is missing or no object`)
  return value
}

/** A list of objects that the call promises. */
export function readObjects(endpoint: string, reply: Fields, name: string): readonly Fields[] {
  const value = reply[name]
  if (!Array.isArray(value) || !value.every(isFields)) {
    throw badReply(endpoint, `${name} is missing or no list of objects`)
  }
  return value
}

/** What only decorates: a text of another type counts as empty. */
export function textOrEmpty(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** What only decorates: a number of another type counts as 0. */
export function numberOrZero(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

export function badReply(endpoint: string, detail: string): WechatTransportError {
  return new WechatTransportError(endpoint, 'bad_reply', { sent: true, status: 200, detail })
}
