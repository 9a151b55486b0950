import { randomBytes } from 'node:crypto'
import { createAuth, systemClock, type WebhookOptions } from '@kaimen/server'
import { createMemoryStore } from '@kaimen/server/store/memory'
import { verifyWebhook } from '@kaimen/server/webhooks'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { manualClock } from '../support/manual-clock.ts'
import { json, openReceiver, type Received } from '../support/receiver.ts'
import { openAppId, openWorld, testSecret, type WorldOptions } from '../support/world.ts'

const secret = randomBytes(36).toString('base64')
const refuse = { 'zh-CN': '仅限受邀用户。', en: 'By invitation only.' }

async function open(webhooks: Partial<WebhookOptions>, options: WorldOptions = {}) {
  const receiver = await openReceiver()
  const clock = manualClock()
  const world = await openWorld({
    clock,
    webhooks: { url: receiver.url, secret, ...webhooks },
    ...options,
  })
  onTestFinished(() => world.close())
  const read = (received: Received) => verifyWebhook({ secret, ...received, nowMs: clock.now() })
  const signIn = async () => {
    const json = { app_id: openAppId, code: await world.wxLogin() }
    const headers = { 'accept-language': 'en' }
    return world.send('POST', '/v1/sign-in/wechat', { json, headers })
  }
  return { receiver, clock, world, signIn, sent: () => receiver.received.map(read) }
}

/** What an access token says. */
function claimsOf(token: unknown): Record<string, unknown> {
  const claims: unknown = JSON.parse(
    Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString(),
  )
  return { ...(typeof claims === 'object' && claims) }
}

describe('createAuth with webhooks', () => {
  it('turns away whom the back end refuses, with its reason', async () => {
    const { receiver, signIn, sent } = await open({ admit: true, events: false })
    receiver.answer = json({ refuse })
    const { status, body } = await signIn()
    expect({ status, code: body['code'], detail: body['detail'] }).toEqual({
      status: 403,
      code: 'sign_in_refused',
      detail: refuse.en,
    })
    expect(sent()).toMatchObject([
      { type: 'admit', data: { proof: { kind: 'wechat', app_id: openAppId }, user: null } },
    ])
  })

  it.each([500, 302, 200])(
    'signs nobody in where the back end answers %i and no JSON',
    async (code) => {
      const { receiver, signIn, world } = await open({ admit: true, events: false })
      receiver.answer = (reply) => void reply.writeHead(code, { location: '/' }).end('OK')
      const { status, body } = await signIn()
      expect({ status, code: body['code'] }).toEqual({ status: 500, code: 'internal_error' })
      expect(world.events.map(({ kind }) => kind)).not.toContain('signed_in')
    },
  )

  it('signs nobody in where the back end does not answer in time', async () => {
    const { receiver, clock, signIn } = await open({ admit: true, events: false, timeoutMs: 500 })
    receiver.answer = () => {}
    const signingIn = signIn()
    await receiver.wait(1)
    clock.advance(500)
    expect((await signingIn).status).toBe(500)
  })

  it('puts what the back end adds into the access token, and nothing in place of ours', async () => {
    const { receiver, signIn, sent } = await open({ claims: true, events: false })
    receiver.answer = json({ claims: { roles: ['admin'], sub: 'usr_another' } })
    const { body } = await signIn()
    const user = body['user'] as { id: string }
    expect(claimsOf(body['access_token'])).toMatchObject({ roles: ['admin'], sub: user.id })
    expect(sent()).toMatchObject([{ type: 'claims', data: { user: { id: user.id } } }])
  })

  it('asks the functions first, and the webhook about what they let pass', async () => {
    const asked: string[] = []
    let isInvited = false
    const { receiver, signIn, sent } = await open(
      { admit: true, claims: true, events: false },
      {
        admit: () => {
          asked.push('admit')
          return isInvited ? undefined : { refuse }
        },
        claims: () => ({ plan: 'free', tenant: 'shop' }),
      },
    )
    receiver.answer = (reply, { body }) =>
      json(body.includes('"type":"claims"') ? { claims: { plan: 'gold' } } : {})(reply)
    expect((await signIn()).status).toBe(403)
    expect(sent()).toEqual([])
    isInvited = true
    const { body } = await signIn()
    expect(claimsOf(body['access_token'])).toMatchObject({ plan: 'gold', tenant: 'shop' })
    expect(sent().map(({ type }) => type)).toEqual(['admit', 'claims'])
    expect(asked).toEqual(['admit', 'admit'])
  })

  it('tells the back end what on is told', async () => {
    const { receiver, clock, signIn, world, sent } = await open({})
    await signIn()
    for (let i = 0; i < 3; i++) {
      await vi.waitFor(() => expect(clock.sleeping()).toContain(1000))
      clock.advance(1000)
    }
    await receiver.wait(1)
    const data = sent().flatMap((webhook) => (webhook.type === 'events' ? webhook.data : []))
    expect(data).toMatchObject(world.events)
    expect(data.length).toBeGreaterThan(0)
  })

  it('is refused the secret that everything of its own hangs on', () => {
    const url = 'https://shop.example.com/kaimen'
    const options = {
      publicUrl: 'https://auth.example.com',
      apps: [{ app_id: 'wx1', secret: 'x' }],
      store: createMemoryStore(systemClock),
    }
    for (const [own, lent] of [
      [testSecret, testSecret],
      [`2:${secret},1:${testSecret}`, `7:${testSecret}`],
    ] as const) {
      const webhooks = { url, secret: lent }
      expect(() => createAuth({ ...options, secret: own, webhooks })).toThrow(
        'KAIMEN_WEBHOOK_SECRET) is KAIMEN_SECRET',
      )
    }
  })
})
