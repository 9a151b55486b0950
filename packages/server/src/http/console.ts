import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { KaimenError } from '../errors.ts'

export type ConsoleSettings = {
  /** Holds `index.html` and what it loads. */
  readonly folder: string
  readonly publicUrl: string
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

/**
 * Nothing but the page's own files runs or is shown, nothing is loaded from elsewhere, and no other
 * page frames it. [WB-3]
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** No part begins with a dot, so that no path leads out of the folder. */
const pathPattern = /^\/console\/((?:[\w-][\w.-]*\/)*[\w-][\w.-]*)?$/
/** What a bundler named by its content. */
const hashed = /^assets\/.*[.-][\w-]{8,}\.\w+$/

/** Answers what is asked of the console's page, by the path in the server. */
export function consoleFiles({
  folder,
  publicUrl,
}: ConsoleSettings): (path: string) => Promise<Response> {
  return async (path) => {
    // What the page loads is beside it.
    if (path === '/console') {
      return new Response(null, { status: 308, headers: { location: `${publicUrl}/console/` } })
    }
    const asked = pathPattern.exec(path)
    const name = asked?.[1] ?? 'index.html'
    const type = types[extname(name)]
    const bytes = asked && type !== undefined ? await readIfThere(join(folder, name)) : undefined
    if (!bytes || type === undefined) throw new KaimenError('not_found')
    return new Response(bytes, {
      headers: {
        ...headers,
        'content-type': type,
        'cache-control': hashed.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
      },
    })
  }
}

async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return new Uint8Array(await readFile(path))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return undefined
    throw error
  }
}
