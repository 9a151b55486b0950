import { createHmac, randomBytes } from 'node:crypto'
import { ConfigError } from '@kaimen/server'
import { verifyWebhook, WebhookError } from '@kaimen/server/webhooks'
import { describe, expect, it } from 'vitest'

const secret = randomBytes(36).toString('base64')
const older = randomBytes(36).toString('base64')
const nowMs = Date.UTC(2026, 0, 15, 8)
const now = nowMs / 1000
const user = { id: 'usr_1', nickname: null, created_at: '2026-01-15T08:00:00.000Z' }
const session = { id: 'ses_1', app_id: 'wx1' }
const sent = {
  id: 'whk_1',
  at: '2026-01-15T08:00:00.000Z',
  type: 'claims',
  data: { user, session },
}
const body = JSON.stringify(sent)

/** As the documents say it is made, and not as our code makes it. */
const hmac = (key: string, t: number | string, text = body) =>
  createHmac('sha256', key).update(`${t}.${text}`).digest('hex')
const signature = (key = secret, t: number | string = now) => `t=${t},v1=${hmac(key, t)}`

type Change = Partial<Parameters<typeof verifyWebhook>[0]>
const verify = (header: string, change: Change = {}) =>
  verifyWebhook({ secret, headers: { 'Kaimen-Signature': header }, body, nowMs, ...change })

function faultOf(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error
    expect(error.message).not.toContain(secret)
    return error.fault
  }
  return 'taken'
}

describe('verifyWebhook', () => {
  it('reads what a holder of the secret sent just now', () => {
    expect(verify(signature())).toEqual(sent)
    expect(
      verify(signature(), { headers: new Headers({ 'kaimen-signature': signature() }) }),
    ).toEqual(sent)
    expect(verify(signature(), { body: Buffer.from(body) })).toEqual(sent)
  })

  it.each([
    ['another secret', signature(older)],
    ['the signature of another time', `t=${now - 1},v1=${hmac(secret, now)}`],
    ['another signature among wrong ones', `t=${now},v1=${'0'.repeat(64)},v1=${'f'.repeat(64)}`],
  ])('refuses %s', (_what, header) => {
    expect(faultOf(() => verify(header))).toBe('signature_wrong')
  })

  it.each([
    ['no signature', ''],
    ['a signature without a time', `v1=${hmac(secret, now)}`],
    ['a time without a signature', `t=${now}`],
    ['half a signature', `t=${now},v1=${hmac(secret, now).slice(0, 32)}`],
    ['a time that is none', `t=now,v1=${hmac(secret, 'now')}`],
    ['another version of signatures alone', `t=${now},v2=${hmac(secret, now)}`],
    ['two headers in one', `${signature()}, ${signature()}`],
  ])('refuses %s', (_what, header) => {
    expect(faultOf(() => verify(header))).toBe('signature_missing')
  })

  it('refuses a body that is not what was signed, by a byte', () => {
    const change = { body: body.replace('usr_1', 'usr_2') }
    expect(faultOf(() => verify(signature(), change))).toBe('signature_wrong')
    expect(faultOf(() => verify(signature(), { body: `${body} ` }))).toBe('signature_wrong')
  })

  it('refuses what is more than five minutes old, or of a time to come', () => {
    for (const seconds of [-300, 300]) {
      expect(verify(signature(secret, now + seconds))).toEqual(sent)
      const header = signature(secret, now + seconds + Math.sign(seconds))
      expect(faultOf(() => verify(header))).toBe('too_old')
    }
  })

  it('takes either of two secrets while one is rolled, on either side', () => {
    const both = `t=${now},v1=${hmac(secret, now)},v1=${hmac(older, now)}`
    expect(verify(both)).toEqual(sent)
    expect(verify(both, { secret: older })).toEqual(sent)
    expect(verify(both, { secret: `2:${secret},1:${older}` })).toEqual(sent)
    expect(verify(signature(older), { secret: `2:${secret},1:${older}` })).toEqual(sent)
  })

  it('passes over signatures of a version that it does not know', () => {
    expect(verify(`t=${now},v2=abc,v1=${hmac(secret, now)}`)).toEqual(sent)
  })

  it.each(['', 'x', '[]', '{}', '{"type":"admit"}', JSON.stringify({ ...sent, type: 'later' })])(
    'refuses the signed body %j, which is no webhook',
    (text) => {
      const header = `t=${now},v1=${hmac(secret, now, text)}`
      expect(faultOf(() => verify(header, { body: text }))).toBe('body_invalid')
    },
  )

  it.each(['', 'short', 'changeme'.repeat(5)])('does not begin with the secret %j', (weak) => {
    expect(() => verify(signature(), { secret: weak })).toThrow(ConfigError)
  })
})
