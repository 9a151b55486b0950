/** WeChat sign-in for web pages. */
import { openWebClient, type WebClient, type WebClientOptions } from './client.ts'
import { browser } from './host.ts'

export { AuthError, type ClientErrorCode, type ErrorCode, type ErrorFacts } from '../auth-error.ts'
export { readHeader } from '../call.ts'
export type { Action, ServerErrorCode, User } from '../wire.ts'
export type {
  WebApps,
  WebClient,
  WebClientOptions,
  WebRequestOptions,
  WebRequestResult,
  WebSignInOptions,
} from './client.ts'
export { refuse as refusalOf } from './failure.ts'
export type { ScanOptions, ScanStatus, ScanTexts, ShownScan } from './scan.ts'

/**
 * A client of one Kaimen server, for a page of the same site. Asks at once who is signed in.
 *
 * @throws {AuthError} `options_invalid`: `baseUrl` or one of `apiOrigins` is not an http(s) URL.
 */
export function createWebClient(options: WebClientOptions): WebClient {
  return openWebClient(options, browser())
}
