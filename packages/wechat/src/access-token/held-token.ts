import { secret } from '../secret.ts'
import type { Secret } from '../secret.ts'
import { isFields } from '../transport/read-fields.ts'

/** A token in memory. */
export interface HeldToken {
  readonly access_token: Secret
  /** Tells it from every other, even from one of the same text. */
  readonly version: string
  /** In milliseconds since the Unix epoch. */
  readonly fetchedAtMs: number
  readonly expiresAtMs: number
}

/** What is sealed names its app: a value moved to another app's key opens to nothing. */
export function writeSealed(appid: string, access_token: Secret): string {
  return JSON.stringify({ appid, access_token: access_token.reveal() })
}

export function readSealed(appid: string, text: string): Secret | undefined {
  try {
    const sealed: unknown = JSON.parse(text)
    if (!isFields(sealed) || sealed.appid !== appid) return undefined
    return typeof sealed.access_token === 'string' ? secret(sealed.access_token) : undefined
  } catch {
    return undefined
  }
}
