// The shop's back end: its page, and the orders of whoever is signed in.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Verifier } from '@kaimen/verify'
import { requireAuth } from '@kaimen/verify/hono'
import { build } from 'esbuild'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { teas } from './teas.ts'
import { texts, type Language } from './texts.ts'

type Order = { readonly id: number; readonly tea: string; readonly at: string }

export type ShopOptions = {
  /** Where the browser finds Kaimen. */
  readonly kaimen: string
  /** Where the browser finds WeChat's pages; its QR code is in a frame of ours. */
  readonly wechat: string
  /** The AppIDs that the page signs in with. */
  readonly apps: {
    readonly service_account: string
    readonly website: string
    readonly mini_program: string
  }
  readonly verifier: Pick<Verifier, 'verify'>
}

const folder = join(import.meta.dirname, 'page')
/** Of one person. */
const mostOrders = 50

export async function makeShop({ kaimen, wechat, apps, verifier }: ShopOptions): Promise<Hono> {
  const read = (name: string) => readFile(join(folder, name), 'utf8')
  const page = await read('page.html')
  const files = [
    { path: '/shop.js', type: 'text/javascript', text: await bundleScript() },
    { path: '/shop.css', type: 'text/css', text: await read('shop.css') },
    { path: '/icon.svg', type: 'image/svg+xml', text: await read('icon.svg') },
  ]
  const orders = new Map<string, Order[]>()
  const app = new Hono()

  app.use(async (c, next) => {
    await next()
    for (const [name, value] of Object.entries(pageHeaders(kaimen, wechat))) c.header(name, value)
  })

  app.get('/', (c) => {
    const language = chooseLanguage(c.req.query('lang') ?? c.req.header('accept-language'))
    const other = language === 'en' ? 'zh-CN' : 'en'
    const settings = { kaimen, ...apps, language, other, goods_list: goods(language) }
    c.header('Vary', 'Accept-Language')
    return c.html(fill(page, { ...texts[language], ...settings }))
  })
  for (const { path, type, text } of files)
    app.get(path, (c) => c.body(text, 200, { 'content-type': `${type}; charset=utf-8` }))

  const signedIn = requireAuth(verifier)
  app.get('/api/orders', signedIn, (c) => c.json({ orders: orders.get(c.get('auth').sub) ?? [] }))
  app.post('/api/orders', signedIn, bodyLimit({ maxSize: 1024 }), async (c) => {
    const body: unknown = await c.req.json().catch(() => null)
    const tea = teas.find(({ id }) => isObject(body) && body['tea'] === id)
    if (!tea) return c.json({ title: 'There is no such tea' }, 400)
    const { sub } = c.get('auth')
    const placed = orders.get(sub) ?? []
    const order = { id: (placed[0]?.id ?? 0) + 1, tea: tea.id, at: new Date().toISOString() }
    orders.set(sub, [order, ...placed].slice(0, mostOrders))
    return c.json(order, 201)
  })
  return app
}

/** The page's script with all that it imports, as one module. */
async function bundleScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'shop.ts')],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    // In this repository, @kaimen/client as it is written; elsewhere nothing has this condition.
    conditions: ['@kaimen/source'],
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

/** Nothing runs but our own script, and nothing is loaded but from here, Kaimen and WeChat. */
function pageHeaders(kaimen: string, wechat: string): Record<string, string> {
  const [auth, pages] = [new URL(kaimen).origin, new URL(wechat).origin]
  return {
    'Content-Security-Policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      `connect-src 'self' ${auth}`,
      `img-src 'self' ${auth}`,
      `frame-src ${auth} ${pages}`,
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  }
}

function chooseLanguage(wish = ''): Language {
  const [, first] = /\b(zh|en)\b/i.exec(wish) ?? []
  return first?.toLowerCase() === 'en' ? 'en' : 'zh-CN'
}

/** `{{name}}` becomes the text of that name, escaped; `{{{name}}}` HTML as it is. */
function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template
    .replaceAll(/\{\{\{(\w+)\}\}\}/g, (_, name: string) => values[name] ?? '')
    .replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => escapeHtml(values[name] ?? ''))
}

function goods(language: Language): string {
  const card = `<li class="tea tea-{{id}}">
      <svg class="leaf" aria-hidden="true"><use href="#leaf" /></svg>
      <h3>{{name}}</h3>
      <p>{{about}}</p>
      <p class="price">¥{{yuan}}</p>
      <button type="button" class="buy" data-tea="{{id}}" aria-label="{{buy}}: {{name}}">{{buy}}</button>
    </li>`
  return teas
    .map(({ id, yuan, name, about }) =>
      fill(card, {
        id,
        yuan: String(yuan),
        name: name[language],
        about: about[language],
        buy: texts[language].buy,
      }),
    )
    .join('\n')
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
