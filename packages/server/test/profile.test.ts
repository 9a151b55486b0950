import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryBlobs } from '../src/blobs/memory.ts'
import type { BlobStore } from '../src/store/blob-store.ts'
import {
  liHua,
  minuteMs,
  openAccounts,
  outcome,
  signedIn,
  wangFang,
  type Accounts,
  type SignedInBody,
} from './support/accounts.ts'
import { googleWebps, makeJpeg, makePng, makeWebp } from './support/pictures.ts'
import type { Reply, StoreKind } from './support/world.ts'

const MiB = 1024 * 1024

describe.each<StoreKind>(['memory', 'sqlite'])('my profile, on %s', (storeKind) => {
  let accounts: Accounts
  let blobs: BlobStore
  /** What the blob store holds. */
  let held: Set<string>
  let me: SignedInBody

  beforeEach(async () => {
    held = new Set()
    blobs = watch(createMemoryBlobs(), held)
    accounts = await openAccounts({ storeKind, blobs })
    me = signedIn(await accounts.byWechat(liHua))
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await accounts.close()
  })

  const change = (json: object, method = 'PATCH', who = me) =>
    accounts.send(method, '/v1/me', { json, token: who.access_token })

  const nickname = async () => (await accounts.get('/v1/me', me.access_token)).body['nickname']

  const upload = (body: Uint8Array, type = 'image/png', who = me) =>
    accounts.send('PUT', '/v1/me/avatar', {
      body,
      headers: { 'content-type': type },
      token: who.access_token,
    })

  async function uploadForm(...parts: readonly (readonly [string, Blob | string, string?])[]) {
    const form = new FormData()
    for (const [name, value, filename] of parts) {
      if (typeof value === 'string') form.append(name, value)
      else form.append(name, value, filename)
    }
    const { headers, body } = await encodeForm(form)
    return accounts.send('PUT', '/v1/me/avatar', { body, headers, token: me.access_token })
  }

  const urlOf = ({ body }: Reply) => String(body['avatar_url'])
  const pathOf = (reply: Reply) => new URL(urlOf(reply)).pathname

  describe('the nickname', () => {
    it.each(['PATCH', 'POST'])('is set by %s and taken away by null', async (method) => {
      const reply = await change({ nickname: '李华' }, method)
      expect([reply.status, reply.body]).toEqual([200, { ...me.user, nickname: '李华' }])
      expect(reply.headers.get('cache-control')).toBe('no-store')
      expect(await nickname()).toBe('李华')
      expect((await change({ nickname: null }, method)).body['nickname']).toBeNull()
      expect(await nickname()).toBeNull()
      expect(accounts.events.slice(-2)).toEqual(
        Array.from({ length: 2 }, () => ({
          kind: 'profile_changed',
          user_id: me.user.id,
          changed: ['nickname'],
        })),
      )
    })

    it('has 1 to 32 characters, as people count them, in NFC and without white space around', async () => {
      for (const [given, kept] of [
        ['a', 'a'],
        ['  李华\t', '李华'],
        ['e\u0301', '\u00e9'],
        ['\u{1f600}'.repeat(32), '\u{1f600}'.repeat(32)],
        ['e\u0301'.repeat(32), '\u00e9'.repeat(32)],
        ['李 华', '李 华'],
        ['مريم', 'مريم'],
        ['👩\u200d🚀', '👩\u200d🚀'],
        ['<b>"\\', '<b>"\\'],
      ] as const) {
        expect(outcome(await change({ nickname: given }))).toEqual([200, 'ok'])
        expect(await nickname()).toBe(kept)
      }
      for (const odd of ['', ' ', '\u3000\u00a0', 'x'.repeat(33), 'e\u0301x'.repeat(17), 1, {}]) {
        expect(outcome(await change({ nickname: odd }))).toEqual([400, 'body_invalid'])
      }
    })

    it('holds nothing that cannot be seen or that turns the text around it', async () => {
      const inside = [
        '\u0000',
        '\u0007',
        '\n',
        '\u0085',
        '\u2028',
        '\u2029',
        '\ud800',
        '\u202e',
        '\u2066',
        '\u2069',
      ]
      for (const odd of inside) {
        const reply = await change({ nickname: `a${odd}b` })
        expect(outcome(reply)).toEqual([400, 'body_invalid'])
        expect(reply.text).not.toContain(JSON.stringify(`a${odd}b`))
      }
      // Without a single character that shows, it is no name.
      for (const odd of ['\u200b', '\u3164', '\u2060\ufeff', '\u200b \u200d', '\u00ad']) {
        expect([odd, ...outcome(await change({ nickname: odd }))]).toEqual([
          odd,
          400,
          'body_invalid',
        ])
      }
      expect(await nickname()).toBeNull()
    })

    it('is not the one that WeChat gives to everybody, and the error says why', async () => {
      for (const odd of ['微信用户', ' 微信用户 ', '微信\u200b用户', 'WeChat User']) {
        const reply = await change({ nickname: odd })
        expect(outcome(reply)).toEqual([400, 'body_invalid'])
        expect(reply.body['detail']).toContain('默认昵称')
      }
      expect(await nickname()).toBeNull()
    })

    it('is nobody’s key: two people may have the same', async () => {
      const other = signedIn(await accounts.byWechat(wangFang))
      expect((await change({ nickname: '华' })).status).toBe(200)
      expect((await change({ nickname: '华' }, 'PATCH', other)).status).toBe(200)
    })
  })

  it('takes nothing else, and something at least', async () => {
    for (const json of [
      {},
      { avatar_url: 'https://evil.example/x.png' },
      { phone: '+8613800138001' },
      { id: 'usr_00000000000' },
      { nickname: '华', status: 'active' },
    ]) {
      expect(outcome(await change(json))).toEqual([400, 'body_invalid'])
    }
    expect(await nickname()).toBeNull()
    expect(outcome(await accounts.send('PATCH', '/v1/me', { json: { nickname: '华' } }))).toEqual([
      401,
      'token_invalid',
    ])
  })

  describe('the picture', () => {
    it.each([
      ['image/png', makePng(8, 8), 'image/png', 'png'],
      ['image/jpeg', makeJpeg(8, 8), 'image/jpeg', 'jpg'],
      ['image/webp', makeWebp(8, 8), 'image/webp', 'webp'],
      ['image/webp', googleWebps.alpha, 'image/webp', 'webp'],
      ['application/octet-stream', makeJpeg(8, 8), 'image/jpeg', 'jpg'],
      // What it is called does not matter: WeChat's temporary files have any name.
      ['image/jpeg', makePng(8, 8), 'image/png', 'png'],
      ['Image/PNG; charset=x', makePng(8, 8), 'image/png', 'png'],
    ] as const)('sent as %s is taken by its content', async (type, picture, served, extension) => {
      const reply = await upload(picture, type)
      expect([reply.status, reply.body]).toEqual([
        200,
        {
          ...me.user,
          avatar_url: expect.stringMatching(
            new RegExp(`^http://kaimen\\.test/v1/avatars/[0-9a-f]{32}\\.${extension}$`),
          ) as unknown,
        },
      ])
      const { body } = await accounts.get('/v1/me', me.access_token)
      expect(body['avatar_url']).toBe(urlOf(reply))
      const seen = await fetchBytes(pathOf(reply))
      expect(seen.headers.get('content-type')).toBe(served)
      expect(seen.bytes.equals(picture)).toBe(true)
    })

    it('is served to anybody who has its name, for good, and never as a page', async () => {
      const { headers } = await fetchBytes(pathOf(await upload(makePng(8, 8))))
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-type': 'image/png',
        'x-content-type-options': 'nosniff',
        'cache-control': 'public, max-age=31536000, immutable',
        'content-security-policy': "default-src 'none'; sandbox",
        'cross-origin-resource-policy': 'cross-origin',
        'access-control-allow-origin': '*',
      })
    })

    it('is found by no other name, and no name leaves the folder', async () => {
      const path = pathOf(await upload(makePng(8, 8)))
      const name = path.split('/').at(-1) ?? ''
      for (const odd of [
        `${'0'.repeat(32)}.png`,
        name.replace('.png', '.jpg'),
        name.replace('.png', ''),
        `${name}%00`,
        `${name}%0a`,
        name.toUpperCase(),
        '..%2f..%2fetc%2fpasswd',
        '%2e%2e%2f.png',
        '..%5c.png',
        '.png',
        'a.svg',
        'constructor',
      ]) {
        const reply = await accounts.send('GET', `/v1/avatars/${odd}`)
        expect([odd, ...outcome(reply)]).toEqual([odd, 404, 'not_found'])
      }
    })

    it('comes in a form as well, beside fields that are passed over', async () => {
      const png = new Blob([new Uint8Array(makePng(8, 8))], { type: 'text/html' })
      const reply = await uploadForm(['user', 'x'], ['file', png, '头像.html'])
      expect(outcome(reply)).toEqual([200, 'ok'])
      expect(urlOf(reply)).toMatch(/\.png$/)
    })

    it('is exactly one file of a form', async () => {
      const png = new Blob([new Uint8Array(makePng(8, 8))])
      expect(outcome(await uploadForm(['a', png, 'a.png'], ['b', png, 'b.png']))).toEqual([
        400,
        'body_invalid',
      ])
      expect(outcome(await uploadForm(['a', 'no file']))).toEqual([400, 'body_invalid'])
      for (const type of ['multipart/form-data', 'multipart/form-data; boundary=x']) {
        const reply = await upload(Buffer.from('--x\r\nbroken'), type)
        expect(outcome(reply)).toEqual([400, 'body_invalid'])
      }
      expect(held.size).toBe(0)
    })

    it('that is none is refused, whatever it is called', async () => {
      const texts = ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'GIF89a', '<!doctype html>', '']
      for (const text of texts) {
        for (const type of ['image/png', 'application/octet-stream']) {
          const reply = await upload(Buffer.from(text), type)
          expect(outcome(reply)).toEqual([415, 'media_type_unsupported'])
          expect(reply.body['detail']).toContain('PNG')
        }
      }
      const form = await uploadForm(['a', new Blob(['<svg/>'], { type: 'image/png' }), 'a.png'])
      expect(outcome(form)).toEqual([415, 'media_type_unsupported'])
      expect(held.size).toBe(0)
      expect((await accounts.get('/v1/me', me.access_token)).body['avatar_url']).toBeNull()
    })

    it('of another media type is refused, and the error names those that are taken', async () => {
      for (const type of ['image/svg+xml', 'image/gif', 'text/html', 'application/json', '']) {
        const reply = await upload(makePng(8, 8), type)
        expect(outcome(reply)).toEqual([415, 'media_type_unsupported'])
        expect(reply.body['detail']).toContain('image/png')
      }
    })

    it('that is broken is refused', async () => {
      for (const broken of [makePng(8, 8).subarray(0, 12), makeJpeg(8, 8).subarray(0, 20)]) {
        expect(outcome(await upload(broken))).toEqual([400, 'body_invalid'])
      }
      expect(held.size).toBe(0)
    })

    it('has 1 MiB and 4096 pixels a side at most, and the error says so', async () => {
      const png = makePng(8, 8)
      const exact = Buffer.concat([png, Buffer.alloc(MiB - png.length)])
      expect((await upload(exact)).status).toBe(200)
      const file = new Blob([new Uint8Array(exact)])
      expect((await uploadForm(['file', file, 'a.png'])).status).toBe(200)
      const over = Buffer.concat([exact, Buffer.of(0)])
      const wide = makePng(4097, 1)
      for (const large of [over, Buffer.concat([over, Buffer.alloc(MiB)]), wide]) {
        const reply = await upload(large)
        expect(outcome(reply)).toEqual([413, 'body_too_large'])
        expect(reply.body['detail']).toContain('1 MiB')
      }
      const large = new Blob([new Uint8Array(over)])
      expect(outcome(await uploadForm(['file', large, 'a.png']))).toEqual([413, 'body_too_large'])
    })

    it('is taken away by null', async () => {
      const path = pathOf(await upload(makePng(8, 8)))
      expect((await change({ avatar_url: null })).body['avatar_url']).toBeNull()
      await accounts.auth.tidy()
      expect((await accounts.send('GET', path)).status).toBe(404)
      expect(accounts.events.at(-1)).toMatchObject({ kind: 'profile_changed', changed: ['avatar'] })
    })

    it('that was replaced is gone with the next tidy, and the new one stays', async () => {
      const old = pathOf(await upload(makePng(8, 8)))
      const now = pathOf(await upload(makeJpeg(8, 8)))
      // Whoever has the old address may still look for a moment.
      expect((await accounts.send('GET', old)).status).toBe(200)
      await accounts.auth.tidy()
      expect((await accounts.send('GET', old)).status).toBe(404)
      accounts.clock.advance(61 * minuteMs)
      await accounts.auth.tidy()
      expect((await accounts.send('GET', now)).status).toBe(200)
      expect(held.size).toBe(1)
    })

    it('of ten at once one is the user’s, and the others go', async () => {
      await Promise.all(Array.from({ length: 10 }, () => upload(makePng(8, 8))))
      await accounts.auth.tidy()
      const { body } = await accounts.get('/v1/me', me.access_token)
      expect([...held]).toEqual([String(body['avatar_url']).split('/').at(-1)])
    })

    it('that a crash left behind is gone after an hour, and no user has half of it', async () => {
      vi.spyOn(accounts.store, 'changeProfile').mockRejectedValueOnce(new Error('power cut'))
      expect((await upload(makePng(8, 8))).status).toBe(500)
      expect(held.size).toBe(1)
      expect((await accounts.get('/v1/me', me.access_token)).body['avatar_url']).toBeNull()
      // It could still be on its way.
      accounts.clock.advance(59 * minuteMs)
      await accounts.auth.tidy()
      expect(held.size).toBe(1)
      accounts.clock.advance(minuteMs)
      await accounts.auth.tidy()
      expect(held.size).toBe(0)
    })

    it('is not written where it could not be cleaned up', async () => {
      vi.spyOn(accounts.store, 'addLooseBlob').mockRejectedValueOnce(new Error('disk full'))
      expect((await upload(makePng(8, 8))).status).toBe(500)
      expect(held.size).toBe(0)
    })

    it('that could not be kept changes nothing', async () => {
      const before = urlOf(await upload(makePng(8, 8)))
      vi.spyOn(blobs, 'put').mockRejectedValueOnce(new Error('bucket away'))
      expect((await upload(makeJpeg(8, 8))).status).toBe(500)
      expect((await accounts.get('/v1/me', me.access_token)).body['avatar_url']).toBe(before)
    })
  })

  it('the address is that of the blob store, where it has one', async () => {
    await accounts.close()
    blobs = { ...createMemoryBlobs(), url: (name) => `https://cdn.example/${name}` }
    accounts = await openAccounts({ storeKind, blobs })
    me = signedIn(await accounts.byWechat(liHua))
    expect(urlOf(await upload(makePng(8, 8)))).toMatch(
      /^https:\/\/cdn\.example\/[0-9a-f]{32}\.png$/,
    )
    const again = signedIn(await accounts.byWechat(liHua))
    expect(again.user).toMatchObject({
      avatar_url: expect.stringContaining('cdn.example') as unknown,
    })
  })

  it('a user who is disabled while they upload gets no picture', async () => {
    const { addLooseBlob } = accounts.store
    vi.spyOn(accounts.store, 'addLooseBlob').mockImplementationOnce(async (blob) => {
      await accounts.auth.users.disable(me.user.id)
      return addLooseBlob(blob)
    })
    expect(outcome(await upload(makePng(8, 8)))).toEqual([403, 'user_disabled'])
  })

  async function fetchBytes(path: string) {
    const response = await accounts.auth.handler(new Request(`http://kaimen.test${path}`))
    expect(response.status).toBe(200)
    return { headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
  }
})

/** As a browser writes it. */
async function encodeForm(form: FormData) {
  const response = new Response(form)
  const body = new Uint8Array(await response.arrayBuffer())
  return { body, headers: { 'content-type': response.headers.get('content-type') ?? '' } }
}

function watch(blobs: BlobStore, held: Set<string>): BlobStore {
  return {
    ...blobs,
    async put(name, bytes) {
      await blobs.put(name, bytes)
      held.add(name)
    },
    async delete(name) {
      await blobs.delete(name)
      held.delete(name)
    },
  }
}
