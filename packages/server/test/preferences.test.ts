import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  dayMs,
  liHua,
  openAccounts,
  outcome,
  signedIn,
  wangFang,
  type Accounts,
  type SignedInBody,
} from './support/accounts.ts'
import type { StoreKind } from './support/world.ts'

const path = '/v1/me/preferences'

describe.each<StoreKind>(['memory', 'sqlite'])('my preferences, on %s', (storeKind) => {
  let accounts: Accounts
  let phone: SignedInBody
  let tablet: SignedInBody
  beforeEach(async () => {
    accounts = await openAccounts({ storeKind })
    phone = signedIn(await accounts.byWechat(liHua))
    tablet = signedIn(await accounts.byWechat(liHua))
  })
  afterEach(() => accounts.close())

  async function read(who = phone) {
    const { status, body, headers } = await accounts.get(path, who.access_token)
    expect(status).toBe(200)
    return { body, etag: headers.get('etag') }
  }

  const write = (
    document: unknown,
    etag: string | null,
    { who = phone, type = 'application/json' } = {},
  ) =>
    accounts.send('PUT', path, {
      body: document instanceof Uint8Array ? document : JSON.stringify(document),
      headers: { 'content-type': type, ...(etag !== null && { 'if-match': etag }) },
      token: who.access_token,
    })

  it('are an empty object at first, of version 0', async () => {
    expect(await read()).toEqual({ body: {}, etag: '"0"' })
    const { headers } = await accounts.get(path, phone.access_token)
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('are replaced as a whole, and the answer is what is read from then on', async () => {
    const first = await write({ theme: 'dark', list: [1, null, { 深: true }] }, '"0"')
    expect([first.status, first.headers.get('etag')]).toEqual([200, '"1"'])
    expect(await read()).toEqual({ body: first.body, etag: '"1"' })
    const second = await write({ size: 2 }, '"1"')
    expect([second.body, second.headers.get('etag')]).toEqual([{ size: 2 }, '"2"'])
    expect(await read()).toEqual({ body: { size: 2 }, etag: '"2"' })
  })

  it('follow the user to another device, and nobody else', async () => {
    await write({ theme: 'dark' }, '"0"')
    expect((await read(tablet)).body).toEqual({ theme: 'dark' })
    const later = signedIn(await accounts.byWechat(liHua))
    expect((await read(later)).body).toEqual({ theme: 'dark' })
    const other = signedIn(await accounts.byWechat(wangFang))
    expect(await read(other)).toEqual({ body: {}, etag: '"0"' })
    expect((await write({ theme: 'light' }, '"0"', { who: other })).status).toBe(200)
    expect((await read()).body).toEqual({ theme: 'dark' })
  })

  it('are not written without If-Match: precondition_required', async () => {
    expect(outcome(await write({ a: 1 }, null))).toEqual([428, 'precondition_required'])
    expect((await read()).etag).toBe('"0"')
  })

  it('are written under a tag that a compressing proxy made weak', async () => {
    await write({ a: 1 }, '"0"')
    expect(outcome(await write({ a: 2 }, 'W/"1"'))).toEqual([200, 'ok'])
  })

  it('are not written over what was not read: preferences_changed', async () => {
    await write({ a: 1 }, '"0"')
    for (const etag of [
      '"0"',
      '"2"',
      '*',
      'W/"2"',
      '1',
      '""',
      '"-1"',
      '"1", "0"',
      '"01x"',
      '"1e0"',
    ]) {
      const reply = await write({ a: 2 }, etag, { who: tablet })
      expect([etag, ...outcome(reply)]).toEqual([etag, 412, 'preferences_changed'])
      expect(reply.body).toMatchObject({ action: 'retry' })
    }
    expect(await read()).toEqual({ body: { a: 1 }, etag: '"1"' })
  })

  it('of two devices that write at once exactly one wins, whether there was one before or not', async () => {
    for (let round = 0; round < 3; round++) {
      const { etag } = await read()
      const replies = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          write({ round, i }, etag, { who: i % 2 ? phone : tablet }),
        ),
      )
      const won = replies.filter(({ status }) => status === 200)
      expect(won).toHaveLength(1)
      expect(replies.filter(({ status }) => status === 412)).toHaveLength(9)
      expect(await read()).toEqual({
        body: won[0]?.body,
        etag: won[0]?.headers.get('etag'),
      })
    }
  })

  it('have 16 KiB at most, and the error says so', async () => {
    const exact = { text: 'x'.repeat(16 * 1024 - '{"text":""}'.length) }
    expect((await write(exact, '"0"')).status).toBe(200)
    for (const large of [{ text: `${exact.text}x` }, { text: 'x'.repeat(100_000) }]) {
      const reply = await write(large, '"1"')
      expect(outcome(reply)).toEqual([413, 'body_too_large'])
      expect(reply.body['detail']).toContain('16 KiB')
    }
    expect((await read()).body).toEqual(exact)
  })

  it('are one JSON object in UTF-8', async () => {
    const texts = ['[]', '"x"', '1', 'null', 'true', '', '{', '{}{}', '{"a":1,}', 'undefined']
    const bytes = [
      ...texts.map((text) => Buffer.from(text)),
      Buffer.from([...Buffer.from('{"a":"'), 0xff, ...Buffer.from('"}')]),
      Buffer.from([...Buffer.from('{"a":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')]),
      Buffer.from('{"a":1}', 'utf16le'),
    ]
    for (const each of bytes) {
      expect(outcome(await write(each, '"0"'))).toEqual([400, 'body_invalid'])
    }
    const other = await write({ a: 1 }, '"0"', { type: 'text/plain' })
    expect(outcome(other)).toEqual([415, 'media_type_unsupported'])
    expect((await read()).etag).toBe('"0"')
  })

  it('hold what JSON can hold, however odd, and nothing comes of it', async () => {
    const text = '{"__proto__":{"admin":true},"constructor":1,"\\ud83d":"\\ud83d","":[],"é":"😀"}'
    const reply = await write(Buffer.from(text), '"0"')
    expect(reply.status).toBe(200)
    expect(reply.text).toBe(text)
    expect((await accounts.get(path, phone.access_token)).text).toBe(text)
    expect({}).not.toHaveProperty('admin')
  })

  it('are 32 levels deep at most: 16 KiB of brackets fail nobody', async () => {
    const nest = (levels: number) =>
      Buffer.from(`{"a":${'['.repeat(levels - 1)}1${']'.repeat(levels - 1)}}`)
    for (const levels of [33, 2000, 8000]) {
      const reply = await write(nest(levels), '"0"')
      expect([levels, ...outcome(reply)]).toEqual([levels, 400, 'body_invalid'])
    }
    expect((await write(nest(32), '"0"')).status).toBe(200)
    expect((await accounts.get(path, phone.access_token)).text).toBe(nest(32).toString())
  })

  it('need a session that is good', async () => {
    await write({ a: 1 }, '"0"')
    await accounts.auth.users.disable(phone.user.id)
    expect(outcome(await accounts.get(path, phone.access_token))).toEqual([403, 'user_disabled'])
    expect(outcome(await write({ a: 2 }, '"1"'))).toEqual([403, 'user_disabled'])
  })

  it('[PI-2] begin anew with whoever comes after a deletion', async () => {
    await write({ secret: 1 }, '"0"')
    await accounts.remove('/v1/me', phone.access_token)
    accounts.clock.advance(7 * dayMs)
    await accounts.auth.tidy()
    const anew = signedIn(await accounts.byWechat(liHua))
    expect(await read(anew)).toEqual({ body: {}, etag: '"0"' })
  })
})
