import { secret } from '../secret.ts'
import type { Secret } from '../secret.ts'
import { readNumber, readText } from '../transport/read-fields.ts'
import type { ReplyBody } from '../transport/read-reply.ts'

export interface AccessTokenReply {
  /** Up to 512 characters and more. Must never leave the server. */
  readonly access_token: Secret
  /** Seconds, at most 7200. */
  readonly expires_in: number
}

export function readAccessToken(endpoint: string, reply: ReplyBody): AccessTokenReply {
  return {
    access_token: secret(readText(endpoint, reply, 'access_token')),
    expires_in: readNumber(endpoint, reply, 'expires_in'),
  }
}
