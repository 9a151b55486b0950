/**
 * The least that a refresh could be on PostgreSQL: one guarded UPDATE through the same pool as
 * Kaimen's, behind node:http. A token is the number and generation of a row, in the clear: a
 * yardstick, not a proposal.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openDatabase } from '@kaimen/server/store/sql'
import { CompiledQuery } from 'kysely'
import type { StartServer } from './server.ts'

export const start: StartServer = async ({ databaseUrl }) => {
  const { alone } = openDatabase(databaseUrl)
  const ask = (text: string, values: readonly unknown[] = []) =>
    alone.executeQuery(CompiledQuery.raw(text, [...values]))
  await ask('create table session (id integer primary key, generation integer, rotated_at bigint)')
  let sessions = 0

  async function signIn() {
    sessions += 1
    const id = sessions
    await ask('insert into session values ($1, 0, $2)', [id, Date.now()])
    return { access_token: String(id), refresh_token: `${id}.0` }
  }

  async function refresh(request: IncomingMessage) {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const { refresh_token } = JSON.parse(body) as { refresh_token: string }
    const [id, generation] = refresh_token.split('.').map(Number)
    const { numAffectedRows } = await ask(
      'update session set generation = generation + 1, rotated_at = $1 where id = $2 and generation = $3',
      [Date.now(), id, generation],
    )
    if (!numAffectedRows) throw new Error('somebody else was first')
    return { refresh_token: `${id}.${(generation ?? 0) + 1}` }
  }

  const server = createServer((request, response) => {
    const answer = request.url === '/v1/token' ? refresh(request) : signIn()
    answer.then(
      (body) => send(response, 200, body),
      () => send(response, 500, {}),
    )
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

function send(response: ServerResponse, status: number, body: object) {
  const text = JSON.stringify(body)
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': text.length })
    .end(text)
}
