import { createHash } from 'node:crypto'
import { entry, modules } from './read-code.ts'

interface PageOptions {
  readonly basePath: string
  readonly emulatorUrl: string
  readonly appid: string | undefined
}

/** The page that the phone is on. */
export function renderPage({ basePath, emulatorUrl, appid = '' }: PageOptions): Response {
  const imports = Object.fromEntries(
    Object.keys(modules).map((name) => [name, `${basePath}/modules/${name}.js`]),
  )
  const map = JSON.stringify({ imports })
  const hash = createHash('sha256').update(map).digest('base64')
  // A mini program's scripts and templates are evaluated: that is what the page is for.
  const policy = [
    `default-src 'none'`,
    `script-src 'self' 'unsafe-eval' 'sha256-${hash}'`,
    `style-src 'unsafe-inline'`,
    `img-src * data: blob:`,
    `font-src * data:`,
    `media-src * data:`,
    `connect-src 'self' ${emulatorUrl}`,
    `frame-ancestors 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ')
  const html = `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>开门 · 手机</title>
<link rel="icon" href="data:,">
<script type="importmap">${map}</script>
<body data-base="${escape(basePath)}" data-emulator="${escape(emulatorUrl)}" data-appid="${escape(appid)}">
<script type="module" src="${escape(`${basePath}/${entry}`)}"></script>
</body>
</html>
`
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
  })
}

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
