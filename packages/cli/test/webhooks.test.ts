import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { seedWorld } from '@kaimen/emulator'
import { verifyWebhook, type Webhook } from '@kaimen/server/webhooks'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { freePorts, runKaimen, tempFolder } from './support/kaimen.ts'

const secret = randomBytes(36).toString('base64')
const [app] = seedWorld.apps
const [liHua, wangFang] = seedWorld.people

/** The smallest picture: one pixel, PNG. */
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** A back end on this machine, which answers each webhook as it is told. */
async function openBackEnd(answer: (webhook: Webhook) => object) {
  const received: Webhook[] = []
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const webhook = verifyWebhook({ secret, headers: request.headers, body })
      received.push(webhook)
      reply.end(JSON.stringify(answer(webhook)))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, received }
}

async function post(url: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json', 'accept-language': 'en' }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return { ...((await response.json()) as object) }
}

describe('kaimen with nothing but the environment', () => {
  it('asks and tells a back end over webhooks, and keeps pictures in the data folder', async () => {
    const first: { openid?: string | null } = {}
    const { url, received } = await openBackEnd((webhook) => {
      if (webhook.type === 'claims') return { claims: { plan: 'gold' } }
      if (webhook.type === 'events') return {}
      first.openid ??= webhook.data.proof.openid
      const isFirst = webhook.data.proof.openid === first.openid
      return isFirst ? {} : { refuse: { 'zh-CN': '仅限受邀用户。', en: 'By invitation only.' } }
    })
    const [port = '', emulatorPort = ''] = await freePorts(2)
    const dataDir = join(await tempFolder(), 'data')
    const kaimen = runKaimen(['dev'], {
      KAIMEN_PORT: port,
      KAIMEN_EMULATOR_PORT: emulatorPort,
      KAIMEN_DATA_DIR: dataDir,
      KAIMEN_WEBHOOK_URL: url,
      KAIMEN_WEBHOOK_SECRET: secret,
      KAIMEN_WEBHOOK_TYPES: 'admit,claims,events',
    })
    await kaimen.printed('Ctrl-C')
    const server = `http://127.0.0.1:${port}`
    const signIn = async (person: string) => {
      const login = { appid: app.appid, person }
      const { code } = await post(`http://127.0.0.1:${emulatorPort}/emulator/wx/login`, login)
      return post(`${server}/v1/sign-in/wechat`, { app_id: app.appid, code })
    }

    const { access_token } = await signIn(liHua.id)
    const claims = Buffer.from(String(access_token).split('.')[1] ?? '', 'base64url').toString()
    expect(JSON.parse(claims)).toMatchObject({ plan: 'gold' })
    const refused = await signIn(wangFang.id)
    expect(refused).toMatchObject({ code: 'sign_in_refused', detail: 'By invitation only.' })

    const put = await fetch(`${server}/v1/me/avatar`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${String(access_token)}`, 'content-type': 'image/png' },
      body: picture,
    })
    expect(put.status).toBe(200)
    expect(await readdir(join(dataDir, 'blobs'))).toEqual([expect.stringMatching(/\.png$/)])

    const kinds = () =>
      received.flatMap((each) => (each.type === 'events' ? each.data.map(({ kind }) => kind) : []))
    await vi.waitFor(
      () => expect(kinds()).toEqual(expect.arrayContaining(['signed_in', 'profile_changed'])),
      { timeout: 10_000 },
    )
    kaimen.signal('SIGTERM')
    const { code, stdout, stderr } = await kaimen.ended
    expect(code).toBe(0)
    expect(stdout + stderr).not.toContain(secret)
  })
})
