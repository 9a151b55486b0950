import { createHash } from 'node:crypto'
import type { Setting } from './page/wire.ts'
import { imports, pathOf } from './read-code.ts'

const map = JSON.stringify({
  imports: Object.fromEntries(
    Object.entries(imports).map(([name, path]) => [name, `/stage/code/${path}`]),
  ),
})
const hash = createHash('sha256').update(map).digest('base64')

/** Nothing runs but our own scripts, and nothing is loaded from elsewhere. */
const policy = (more: readonly string[]) =>
  [
    `default-src 'none'`,
    `script-src 'self' 'sha256-${hash}'`,
    `style-src 'self'`,
    `connect-src 'self'`,
    `base-uri 'none'`,
    `form-action 'none'`,
    ...more,
  ].join('; ')

/** The page with the phones and the messages between them. */
export function renderStage(setting: Setting, acceptLanguage: string | null): Response {
  const language = /^\s*zh\b/i.test(acceptLanguage ?? 'zh') ? 'zh-CN' : 'en'
  return reply(
    policy([`frame-src 'self'`, `img-src 'self' data:`, `frame-ancestors 'none'`]),
    `<!doctype html>
<html lang="${language}">
${head('开门 Kaimen')}
<body data-setting="${escape(JSON.stringify(setting))}">
<script type="module" src="/stage/code/${pathOf('start')}"></script>
</body>
</html>
`,
  )
}

/** A page on a computer on which people sign in by a scan. */
export function renderDesktop(app_id: string, publicOrigin: string): Response {
  return reply(
    policy([`img-src 'self' ${publicOrigin}`, `frame-ancestors 'self'`]),
    `<!doctype html>
<html lang="zh-CN">
${head('网页 Web page')}
<body class="desktop" data-app="${escape(app_id)}">
<script type="module" src="/stage/code/${pathOf('desktop')}"></script>
</body>
</html>
`,
  )
}

const head = (title: string) => `<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/stage/icon.svg">
<link rel="stylesheet" href="/stage/stage.css">
<script type="importmap">${map}</script>`

const reply = (policy: string, html: string) =>
  new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  })

const escape = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
