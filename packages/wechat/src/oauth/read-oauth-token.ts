import { secret } from '../secret.ts'
import type { Secret } from '../secret.ts'
import { readNumber, readText } from '../transport/read-fields.ts'
import type { ReplyBody } from '../transport/read-reply.ts'

export interface OAuthToken {
  /** One user's; another kind than the app's own, and no substitute for it. */
  readonly access_token: Secret
  /** Seconds, 7200. */
  readonly expires_in: number
  /** Good for 30 days. */
  readonly refresh_token: Secret
  readonly openid: string
  /** Separated by commas, for example `snsapi_base`. */
  readonly scope: string
}

export function readOAuthToken(endpoint: string, reply: ReplyBody): OAuthToken {
  return {
    access_token: secret(readText(endpoint, reply, 'access_token')),
    expires_in: readNumber(endpoint, reply, 'expires_in'),
    refresh_token: secret(readText(endpoint, reply, 'refresh_token')),
    openid: readText(endpoint, reply, 'openid'),
    scope: readText(endpoint, reply, 'scope'),
  }
}
