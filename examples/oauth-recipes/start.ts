// A site to sign in at by WeChat, in the framework that is named.
// Usage: node start.ts better-auth|authjs|passport [WeChat's address, default the emulator's]

import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { createAdaptorServer } from '@hono/node-server'
import { seedWorld } from '@kaimen/emulator'
import { createWechat } from '@kaimen/wechat'
import { makeAuthJs } from './authjs.ts'
import { makeBetterAuth } from './better-auth.ts'
import { makePassport } from './passport.ts'
import type { WechatApp } from './person.ts'
import { createUsers } from './users.ts'

const [, , framework = 'better-auth', wechatUrl = 'http://127.0.0.1:4180'] = process.argv
const [, serviceAccount, website] = seedWorld.apps
const port = 4200
const baseUrl = `http://127.0.0.1:${port}`
const apps: readonly WechatApp[] = [
  { ...serviceAccount, kind: 'service_account' },
  { ...website, kind: 'website' },
]
const recipe = {
  wechat: createWechat({ baseUrl: wechatUrl }),
  apps,
  baseUrl,
  openUrl: wechatUrl,
  secret: randomBytes(32).toString('base64url'),
}

/** What a page of the framework's own would be: a way in for each app, and who is signed in. */
function home(begin: (appid: string) => string, who: string): string {
  const ways = apps.map(({ kind, appid }) => `<p>${begin(appid)} (${kind})</p>`).join('')
  return `<!doctype html><meta charset="utf-8"><title>WeChat</title>${ways}<p><a href="${who}">Who am I?</a></p>`
}

function serve(handle: (request: Request) => Promise<Response>, page: string): void {
  const fetch = (request: Request) =>
    new URL(request.url).pathname === '/'
      ? new Response(page, { headers: { 'content-type': 'text/html' } })
      : handle(request)
  createAdaptorServer({ fetch }).listen(port)
}

if (framework === 'passport') {
  const site = makePassport({ ...recipe, users: createUsers(':memory:') })
  const page = home((appid) => `<a href="/auth/${appid}">Sign in</a>`, '/me')
  site.get('/', (_request, response) => response.send(page))
  createServer(site).listen(port)
} else if (framework === 'authjs') {
  const page = home(() => '<a href="/auth/signin">Sign in</a>', '/auth/session')
  serve(makeAuthJs({ ...recipe, users: createUsers(':memory:') }), page)
} else {
  const begin = (appid: string) => `<button onclick="begin('${appid}')">Sign in</button>`
  const script = `<script>
    async function begin(provider) {
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ provider, callbackURL: '/' })
      const reply = await fetch('/api/auth/sign-in/social', { method: 'POST', headers, body })
      location.assign((await reply.json()).url)
    }
  </script>`
  const database = new DatabaseSync(':memory:')
  serve(
    await makeBetterAuth({ ...recipe, database }),
    home(begin, '/api/auth/get-session') + script,
  )
}

console.log(`${framework}: ${baseUrl}`)
