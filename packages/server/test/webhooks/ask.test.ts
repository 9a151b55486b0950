import { randomBytes } from 'node:crypto'
import { ConfigError } from '@kaimen/server'
import { createWebhooks, verifyWebhook, type WebhooksOptions } from '@kaimen/server/webhooks'
import { describe, expect, it, onTestFinished } from 'vitest'
import { manualClock } from '../support/manual-clock.ts'
import { json, openReceiver, type Receiver } from '../support/receiver.ts'

const secret = randomBytes(36).toString('base64')
const user = { id: 'usr_1', nickname: '小明', created_at: new Date(Date.UTC(2026, 0, 1)) }
const proof = { kind: 'wechat', app_id: 'wx1', openid: 'o-1', unionid: null } as const
const session = { id: 'ses_1', app_id: 'wx1' }

async function open(options: Partial<WebhooksOptions> = {}) {
  const receiver = await openReceiver()
  const clock = manualClock()
  const webhooks = createWebhooks({
    url: receiver.url,
    secret,
    admit: true,
    claims: true,
    clock,
    ...options,
  })
  onTestFinished(() => webhooks.close())
  return {
    receiver,
    clock,
    admit: async (known?: typeof user) => webhooks.admit?.({ proof, user: known }),
    claims: async () => webhooks.claims?.(user, session),
  }
}

/** What the receiver got last, as verifyWebhook reads it at that moment. */
function lastOf({ received }: Receiver, nowMs: number, key = secret) {
  const last = received.at(-1)
  if (!last) throw new Error('nothing was received')
  return verifyWebhook({ secret: key, ...last, nowMs })
}

const refuse = { 'zh-CN': '仅限受邀用户。', en: 'By invitation only.' }

describe('admit', () => {
  it('is one signed POST that tells proof and user', async () => {
    const { receiver, clock, admit } = await open()
    await admit(user)
    const created_at = '2026-01-01T00:00:00.000Z'
    const webhook = lastOf(receiver, clock.now())
    expect(webhook).toEqual({
      id: receiver.received[0]?.headers['kaimen-webhook-id'],
      at: new Date(clock.now()).toISOString(),
      type: 'admit',
      data: { proof, user: { ...user, created_at } },
    })
    expect(webhook.id).toMatch(/^whk_[0-9a-f]{32}$/)
    await admit()
    expect(lastOf(receiver, clock.now())).toMatchObject({ data: { proof, user: null } })
    expect(receiver.received).toHaveLength(2)
  })

  it('lets in by 204 and by an empty object', async () => {
    const { receiver, admit } = await open()
    expect(await admit()).toBeUndefined()
    receiver.answer = json({})
    expect(await admit()).toBeUndefined()
  })

  it('refuses with the reason that it is given', async () => {
    const { receiver, admit } = await open()
    receiver.answer = json({ refuse })
    expect(await admit()).toEqual({ refuse })
  })

  it.each([
    ['a list', []],
    ['null', null],
    ['a text', 'ok'],
    ['true', true],
    ['a misspelt refusal', { refused: refuse }],
    ['a refusal beside something else', { refuse, ok: true }],
    ['a refusal without a reason', { refuse: true }],
    ['a refusal that is null', { refuse: null }],
    ['a reason in one language', { refuse: { en: 'No' } }],
    ['a reason that is empty', { refuse: { 'zh-CN': '', en: 'No' } }],
    ['a reason of a book', { refuse: { 'zh-CN': '不', en: 'No'.repeat(300) } }],
  ])('throws where the reply is %s', async (_what, value) => {
    const { receiver, admit } = await open()
    receiver.answer = json(value)
    await expect(admit()).rejects.toThrow('The webhook answered admit with JSON that is not')
  })

  it.each([
    ['no JSON', 'OK', 'what is not JSON'],
    ['nothing', '', 'what is not JSON'],
    ['more than 64 KiB', `{}${' '.repeat(64 * 1024)}`, 'more than 64 KiB'],
  ])('throws where the reply is %s', async (_what, text, message) => {
    const { receiver, admit } = await open()
    receiver.answer = (reply) => void reply.writeHead(200).end(text)
    await expect(admit()).rejects.toThrow(message)
  })

  it('takes a reply of exactly 64 KiB', async () => {
    const { receiver, admit } = await open()
    receiver.answer = (reply) => void reply.writeHead(200).end(`{}${' '.repeat(64 * 1024 - 2)}`)
    expect(await admit()).toBeUndefined()
  })

  it.each([400, 401, 404, 500, 503])('throws where the answer is %i', async (status) => {
    const { receiver, admit } = await open()
    receiver.answer = (reply) => void reply.writeHead(status).end('{}')
    await expect(admit()).rejects.toThrow(`answered admit with ${status}`)
  })

  it.each([301, 302, 307, 308])('follows no redirect: %i throws', async (status) => {
    const { receiver, admit } = await open()
    const other = await openReceiver()
    receiver.answer = (reply) => void reply.writeHead(status, { location: other.url }).end()
    await expect(admit()).rejects.toThrow(
      `answered admit with ${status}. Redirects are not followed`,
    )
    expect(other.received).toEqual([])
  })

  it('throws where nobody answers within 3 s, and ends the connection', async () => {
    const { receiver, clock, admit } = await open()
    const gone = new Promise((resolve) => {
      receiver.answer = (reply) => void reply.on('close', resolve)
    })
    const asked = admit()
    await receiver.wait(1)
    expect(clock.sleeping()).toEqual([3000])
    clock.advance(3000)
    await expect(asked).rejects.toThrow('did not answer admit within 3 s')
    await gone
  })

  it('throws where the answer breaks off for 3 s in the midst of it', async () => {
    const { receiver, clock, admit } = await open()
    receiver.answer = (reply) => void reply.writeHead(200).write('{')
    const asked = admit()
    await receiver.wait(1)
    clock.advance(3000)
    await expect(asked).rejects.toThrow('did not answer admit within 3 s')
  })

  it('throws where nobody listens, and says so without the URL', async () => {
    const { admit } = await open({ url: 'http://127.0.0.1:1/token-in-a-path?key=value' })
    const said: unknown = await admit().catch((error: unknown) => error)
    expect(String(said)).toContain('could not be reached for admit')
    expect(String(said)).not.toContain('token-in-a-path')
  })

  it('is signed by every secret while one is rolled', async () => {
    const older = randomBytes(36).toString('base64')
    const { receiver, clock, admit } = await open({ secret: `2:${secret},1:${older}` })
    await admit()
    for (const key of [secret, older]) expect(lastOf(receiver, clock.now(), key).type).toBe('admit')
    expect(receiver.received[0]?.headers['kaimen-signature']).toMatch(/^t=\d+,v1=\w{64},v1=\w{64}$/)
  })
})

describe('claims', () => {
  it('tells user and session, and gives what is answered', async () => {
    const { receiver, clock, claims } = await open()
    receiver.answer = json({ claims: { roles: ['admin'], plan: null } })
    expect(await claims()).toEqual({ roles: ['admin'], plan: null })
    const created_at = '2026-01-01T00:00:00.000Z'
    const webhook = lastOf(receiver, clock.now())
    expect(webhook).toMatchObject({
      type: 'claims',
      data: { user: { ...user, created_at }, session },
    })
  })

  it('may be none', async () => {
    const { receiver, claims } = await open()
    expect(await claims()).toEqual({})
    receiver.answer = json({})
    expect(await claims()).toEqual({})
  })

  it.each([[], { claims: [] }, { claims: null }, { claims: 'admin' }, { roles: ['admin'] }])(
    'throws where the reply is %j',
    async (value) => {
      const { receiver, claims } = await open()
      receiver.answer = json(value)
      await expect(claims()).rejects.toThrow('The webhook answered claims with JSON that is not')
    },
  )
})

describe('createWebhooks', () => {
  const url = 'https://shop.example.com/kaimen'
  const refusal = (options: Record<string, unknown>): string => {
    try {
      createWebhooks({ url, secret, ...options })
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      return error instanceof Error ? error.message : ''
    }
    return 'not refused'
  }

  it.each([
    [{ url: undefined }, /webhooks\.url has to be/],
    [{ url: 'shop.example.com' }, /webhooks\.url has to be an http\(s\) URL/],
    [{ url: 'ftp://shop.example.com' }, /webhooks\.url/],
    [{ url: 'https://me:canary@shop.example.com' }, /without credentials/],
    [{ secret: undefined }, /KAIMEN_WEBHOOK_SECRET\) is missing/],
    [{ secret: '' }, /is missing/],
    [{ secret: 'canary' }, /too short/],
    [{ secret: 'changeme-canary'.repeat(4) }, /stands in documents/],
    [{ secret: `${secret},${secret}` }, /malformed/],
    [{ secret: 5 }, /webhooks\.secret has to be a text/],
    [{ events: 'yes' }, /webhooks\.events has to be true or false/],
    [{ events: false }, /nothing to send/],
    [{ timeoutMs: 4001 }, /webhooks\.timeoutMs has to be a number from 100 to 4000/],
    [{ timeout: 1 }, /webhooks\.timeout is not an option/],
    [{ fetch: 'fetch' }, /webhooks\.fetch has to be a function/],
  ])('refuses %j by name, and repeats no secret', (options, message) => {
    const said = refusal(options)
    expect(said).toMatch(message)
    expect(said).not.toContain('canary')
    expect(said).not.toContain(secret)
  })

  it('asks neither admit nor claims unless told to', () => {
    expect(createWebhooks({ url, secret })).toMatchObject({ admit: undefined, claims: undefined })
  })
})
