/**
 * The least that could be called a login server: no framework, one statement a sign-in, an HMAC for
 * a token, and SQLite that may lose the last moments in a power cut (`synchronous = normal`). It
 * keeps no sessions, encrypts nothing and checks next to nothing: a yardstick, not a proposal.
 */
import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Pool } from 'undici'
import { app } from './server.ts'
import type { StartServer } from './server.ts'

// A key object: with bare bytes Node 24 takes four times as long for an HMAC.
const key = createSecretKey(randomBytes(32))

export const start: StartServer = ({ wechatUrl, folder }) => {
  const db = new DatabaseSync(join(folder, 'floor.db'))
  db.exec('pragma journal_mode = wal; pragma synchronous = normal')
  db.exec(
    `create table user (
       id integer primary key,
       openid text unique not null,
       session_key text not null,
       signed_in_at integer not null
     )`,
  )
  const upsert = db.prepare(
    `insert into user (openid, session_key, signed_in_at) values (?, ?, ?)
     on conflict (openid) do update
       set session_key = excluded.session_key, signed_in_at = excluded.signed_in_at
     returning id`,
  )
  const select = db.prepare('select id, signed_in_at from user where id = ?')
  const wechat = new Pool(wechatUrl, { connections: 64 })
  const query = `/sns/jscode2session?appid=${app.app_id}&secret=${app.secret}&grant_type=authorization_code&js_code=`

  async function signIn(request: IncomingMessage, response: ServerResponse) {
    const { code } = JSON.parse(await readText(request)) as { code: string }
    const reply = await wechat.request({ method: 'GET', path: query + encodeURIComponent(code) })
    const { openid, session_key } = JSON.parse(await reply.body.text()) as Record<string, string>
    const row = upsert.get(openid ?? '', session_key ?? '', Date.now())
    send(response, 200, { access_token: sign(Number(row?.['id'])) })
  }

  function me(request: IncomingMessage, response: ServerResponse) {
    const id = verify((request.headers.authorization ?? '').slice('Bearer '.length))
    if (id === undefined) send(response, 401, {})
    else send(response, 200, select.get(id) ?? {})
  }

  const server = createServer((request, response) => {
    if (request.url === '/v1/me') me(request, response)
    else signIn(request, response).catch(() => send(response, 500, {}))
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

/** By its events: to iterate over a request takes half as long as a small answer in all. */
function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (text += chunk))
    request.on('end', () => resolve(text))
    request.on('error', reject)
  })
}

function send(response: ServerResponse, status: number, body: object) {
  const text = JSON.stringify(body)
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    })
    .end(text)
}

function mac(text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sign(id: number): string {
  const payload = `${id}.${Date.now() + 900_000}`
  return `${payload}.${mac(payload).toString('base64url')}`
}

function verify(token: string): number | undefined {
  const end = token.lastIndexOf('.')
  const payload = token.slice(0, end)
  const given = Buffer.from(token.slice(end + 1), 'base64url')
  const expected = mac(payload)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  const [id, expiresMs] = payload.split('.')
  return Number(expiresMs) > Date.now() ? Number(id) : undefined
}
