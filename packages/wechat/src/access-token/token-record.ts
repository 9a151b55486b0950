import { isFields } from '../transport/read-fields.ts'
import type { TokenStore } from './token-store.ts'

/**
 * What is stored for one app: the token, and who fetches the next one. Fetchers draw tickets. A
 * token is written only over one of a lower ticket, so that a process which was asleep since it
 * drew its ticket cannot put an old token in the place of a newer one.
 */
export interface TokenRecord {
  /** Random; tells tickets drawn before the record was lost from those drawn after. */
  readonly epoch: string
  /** The last one drawn. */
  readonly ticket: number
  /** Until when its holder may be fetching, in milliseconds since the Unix epoch; 0: nobody is. */
  readonly leaseUntilMs: number
  readonly token?: StoredToken
}

export interface StoredToken {
  /** The ticket with which it was fetched. */
  readonly ticket: number
  /** The appid and the token, sealed where the caller seals. */
  readonly sealed: string
  /** In milliseconds since the Unix epoch. */
  readonly fetchedAtMs: number
  readonly expiresAtMs: number
}

/** Longer than any token lives. */
const ttlMs = 3 * 60 * 60 * 1000

/** A record together with the text that stands in the store, by which it is replaced. */
export interface Found {
  readonly text: string
  /** `undefined` where the text is none of ours. */
  readonly record: TokenRecord | undefined
}

export async function findRecord(store: TokenStore, key: string): Promise<Found | undefined> {
  const text = await store.get(key)
  return text === undefined ? undefined : { text, record: parse(text) }
}

/** Puts `next` in the place of what was found there; `false` where that has changed. */
export function putRecord(
  store: TokenStore,
  key: string,
  found: Found | undefined,
  next: TokenRecord,
): Promise<boolean> {
  const text = JSON.stringify(next)
  if (found === undefined) return store.add(key, text, ttlMs)
  return store.replace(key, found.text, text, ttlMs)
}

function parse(text: string): TokenRecord | undefined {
  try {
    const record: unknown = JSON.parse(text)
    return isRecord(record) ? record : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is TokenRecord {
  return (
    isFields(value) &&
    typeof value.epoch === 'string' &&
    Number.isSafeInteger(value.ticket) &&
    typeof value.leaseUntilMs === 'number' &&
    (value.token === undefined || isStoredToken(value.token))
  )
}

function isStoredToken(value: unknown): value is StoredToken {
  return (
    isFields(value) &&
    Number.isSafeInteger(value.ticket) &&
    typeof value.sealed === 'string' &&
    typeof value.fetchedAtMs === 'number' &&
    typeof value.expiresAtMs === 'number'
  )
}
