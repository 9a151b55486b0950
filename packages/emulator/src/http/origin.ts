import { isLoopback } from '../world/loopback.ts'

/**
 * Whether a page of this origin may drive the emulator. A browser names the page's origin with
 * everything but a same-origin GET, so a strange web page cannot act here, DNS rebinding included;
 * callers that are no browsers send no `Origin`.
 */
export function isOriginWelcome(origin: string | undefined): boolean {
  if (origin === undefined) return true
  if (!URL.canParse(origin)) return false
  const { hostname } = new URL(origin)
  return isLoopback(hostname) || hostname.endsWith('.localhost')
}

/** The CORS headers that let a page on a loopback address read the answer. */
export function corsHeaders(origin: string | undefined): Record<string, string> {
  return origin === undefined
    ? { vary: 'origin' }
    : { vary: 'origin', 'access-control-allow-origin': origin }
}
