import type { WebSettings } from '../app.ts'
import { KaimenError } from '../errors.ts'

/**
 * Where a sign-in comes back to. Whoever could send people anywhere from this server's address
 * could lend their own page its good name.
 *
 * @param text An address on one of our origins, or a path on the first of them.
 * @returns As the URL standard writes it: what a browser will make of it, and nothing else.
 * @throws {@link KaimenError} `return_to_invalid`
 */
export function readReturnTo(web: WebSettings, text: string | null): string {
  if (text === null) return web.home
  const { origins, home } = web
  // Browsers read \ as /, and pass over tabs and line ends.
  const isPlain = text.length <= 2048 && !/[\\\p{Cc}\p{Z}]/u.test(text)
  const isPath = text.startsWith('/')
  if (!isPlain || (isPath && text.startsWith('//'))) throw new KaimenError('return_to_invalid')
  if (!isPath && !/^https?:\/\/[^/]/i.test(text)) throw new KaimenError('return_to_invalid')
  if (!URL.canParse(text, home)) throw new KaimenError('return_to_invalid')
  const url = new URL(text, home)
  if (!origins.has(url.origin) || url.username !== '' || url.password !== '') {
    throw new KaimenError('return_to_invalid')
  }
  return url.href
}
