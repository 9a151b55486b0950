import { decodeText } from './decode-text.ts'
import { readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.gif': 'image/gif',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webp': 'image/webp',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
}

/**
 * A picture, sound or font of the mini program; undefined for anything else.
 *
 * @param path Percent-encoded.
 */
export async function readFileOf(root: string, path: string): Promise<Response | undefined> {
  const file = join(root, decodeText(path) ?? '')
  const type = types[extname(file).toLowerCase()]
  if (type === undefined || relative(root, file).split(sep)[0] === '..') return undefined
  const content = await readFile(file).catch(() => undefined)
  // A drawing may hold scripts; here it is only ever a picture.
  const headers = { 'content-type': type, 'content-security-policy': 'sandbox' }
  return content && new Response(new Uint8Array(content), { headers })
}
