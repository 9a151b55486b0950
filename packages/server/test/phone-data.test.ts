import { createCipheriv } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  liHua,
  liHuasPhone,
  minuteMs,
  openAccounts,
  openAppId,
  outcome,
  phoneAppId,
  signedIn,
  wangFang,
  type Accounts,
} from './support/accounts.ts'
import type { Reply, StoreKind } from './support/world.ts'

const path = '/v1/sign-in/phone'

describe.each<StoreKind>(['memory', 'sqlite'])(
  'the phone button’s old form, on %s',
  (storeKind) => {
    let accounts: Accounts
    /** Only the app that wants a phone takes it. */
    beforeEach(async () => {
      accounts = await openAccounts({
        storeKind,
        apps: (seeded) =>
          seeded.map((app) => ({ ...app, phone_encrypted_data: app.app_id === phoneAppId })),
      })
      for (const appid of [openAppId, phoneAppId]) {
        const switches = { session_key_rotation: 'never' }
        await accounts.control('PATCH', `/emulator/apps/${appid}`, switches)
      }
    })
    afterEach(() => accounts.close())

    async function tap(person = liHua, app_id = phoneAppId) {
      const { encryptedData: encrypted_data, iv } = await accounts.phoneButton(person, app_id)
      return { encrypted_data, iv }
    }

    const post = (json: object) => accounts.post(path, json)

    /** Sealed as WeChat does, for this app. */
    async function seal(
      data: object,
      { app_id = phoneAppId, ageSeconds = 0, person = liHua } = {},
    ) {
      const { session_key } = await accounts.wechatKnows(person, phoneAppId)
      const timestamp = Math.floor(accounts.clock.now() / 1000) - ageSeconds
      const iv = Buffer.alloc(16, 7)
      const cipher = createCipheriv('aes-128-cbc', Buffer.from(session_key, 'base64'), iv)
      const text = JSON.stringify({ ...data, watermark: { appid: app_id, timestamp } })
      const sealed = Buffer.concat([cipher.update(text), cipher.final()])
      return { encrypted_data: sealed.toString('base64'), iv: iv.toString('base64') }
    }

    const number = (pure: string, country: string | number = '86') => ({
      phoneNumber: pure,
      purePhoneNumber: pure,
      countryCode: country,
    })

    it('signs in with a ticket, as the code of the button does (R5)', async () => {
      const ticket = await accounts.ticketOf(liHua)
      const first = signedIn(await post({ ticket, ...(await tap()) }))
      expect(first).toMatchObject({ is_new_user: true, user: { phone: '+86 138****8001' } })
      expect(signedIn(await accounts.byWechat(liHua, { app_id: phoneAppId })).user.id).toBe(
        first.user.id,
      )
      expect(signedIn(await accounts.byOtp(liHuasPhone)).user.id).toBe(first.user.id)
    })

    it('signs in with a login code, whose session_key opens it', async () => {
      const given = { app_id: phoneAppId, code: await accounts.wxLogin(liHua, phoneAppId) }
      // Somebody who never signed in has no key yet: the code is exchanged before the button is tapped.
      await accounts.wechatKnows(liHua, phoneAppId)
      const first = signedIn(await post({ ...given, ...(await tap()) }))
      expect(first.user.phone).toBe('+86 138****8001')
    })

    it('is refused by default, and the reason names the way out', async () => {
      await accounts.wechatKnows(liHua)
      const code = await accounts.wxLogin(liHua, openAppId)
      const reply = await accounts.send('POST', path, {
        json: { app_id: openAppId, code, ...(await tap(liHua, openAppId)) },
        headers: { 'accept-language': 'en' },
      })
      expect(outcome(reply)).toEqual([400, 'phone_code_invalid'])
      expect(reply.body['detail']).toContain('event.detail.code')
      expect(reply.body['detail']).toContain('phone_encrypted_data')
      expect(accounts.events.map(({ kind }) => kind)).toEqual(['sign_in_failed'])
    })

    it('[WX-10] counts once: with another ticket, another code, and all at once', async () => {
      const given = await (async () => {
        const ticket = await accounts.ticketOf(liHua)
        const data = await tap()
        signedIn(await post({ ticket, ...data }))
        return data
      })()
      const code = await accounts.wxLogin(liHua, phoneAppId)
      const replayed = await post({ app_id: phoneAppId, code, ...given })
      expect(outcome(replayed)).toEqual([400, 'data_invalid'])
      // Other iv, same text: the number would be the same.
      const bent = { ...given, iv: Buffer.alloc(16, 1).toString('base64') }
      const again = { app_id: phoneAppId, code: await accounts.wxLogin(liHua, phoneAppId) }
      expect(outcome(await post({ ...again, ...bent }))).toEqual([400, 'data_invalid'])

      const fresh = await tap()
      const codes = await Promise.all(
        Array.from({ length: 10 }, () => accounts.wxLogin(liHua, phoneAppId)),
      )
      const replies = await Promise.all(
        codes.map((each) => post({ app_id: phoneAppId, code: each, ...fresh })),
      )
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
      expect(new Set(replies.map((reply) => outcome(reply)[1]))).toEqual(
        new Set(['signed_in', 'data_invalid']),
      )
    })

    it('[WX-10] [WX-14] of another app, too old, bent, incomplete or another person’s gets one answer', async () => {
      const ticket = await accounts.ticketOf(liHua)
      await accounts.ticketOf(wangFang)
      const real = await tap()
      const wrong: Readonly<Record<string, object>> = {
        'of another app': await seal(number('13800138009'), { app_id: openAppId }),
        'too old': await seal(number('13800138009'), { ageSeconds: 301 }),
        'yet to come': await seal(number('13800138009'), { ageSeconds: -61 }),
        theirs: await tap(wangFang),
        'no number': await seal({ openId: 'x' }),
        'no country': await seal({ purePhoneNumber: '13800138009' }),
        'no phone number': await seal(number('12')),
        'a number with an injected country': await seal(number('13800138009', '1+')),
        bent: { ...real, encrypted_data: bend(real.encrypted_data) },
        short: { ...real, encrypted_data: real.encrypted_data.slice(0, 20) },
        'no base64': { ...real, encrypted_data: '码' },
        'no iv': { ...real, iv: '=' },
      }
      const answers = new Set<string>()
      for (const given of Object.values(wrong)) answers.add(spell(await post({ ticket, ...given })))
      expect([...answers].map((answer) => answer.slice(0, 3))).toEqual(['400'])
      expect([...answers][0]).toContain('data_invalid')
      // Whatever was wrong, the ticket is good, and what was not bent as well.
      expect(signedIn(await post({ ticket, ...real })).user.phone).toBe('+86 138****8001')
    })

    it('is good for five minutes by its watermark', async () => {
      const code = () => accounts.wxLogin(liHua, phoneAppId)
      const early = await seal(number('13800138001', 86), { ageSeconds: 299 })
      signedIn(await post({ app_id: phoneAppId, code: await code(), ...early }))
      const given = await tap()
      accounts.clock.advance(5 * minuteMs + 1000)
      const late = await post({ app_id: phoneAppId, code: await code(), ...given })
      expect(outcome(late)).toEqual([400, 'data_invalid'])
    })

    it('of somebody with another openid in this app is phone_taken (R5)', async () => {
      signedIn(await accounts.byButton(wangFang))
      const ticket = await accounts.ticketOf(liHua)
      const theirs = await seal(number('13800138002'))
      expect(outcome(await post({ ticket, ...theirs }))).toEqual([409, 'phone_taken'])
      signedIn(await accounts.byButton(liHua, { ticket }))
    })

    describe('what is sent', () => {
      it('a phone_code that equals code is named as a mix-up, and costs neither', async () => {
        const code = await accounts.wxLogin(liHua, phoneAppId)
        const reply = await post({ app_id: phoneAppId, code, phone_code: code })
        expect(outcome(reply)).toEqual([400, 'phone_code_invalid'])
        expect(reply.body['detail']).toContain('wx.login')
        expect(await accounts.exchanges()).toBe(0)
        const { code: phone_code } = await accounts.phoneButton(liHua)
        signedIn(await post({ app_id: phoneAppId, code, phone_code }))
      })

      it('is one of the two forms, whole, and one of ticket and code', async () => {
        const ticket = await accounts.ticketOf(liHua)
        const exchanges = await accounts.exchanges()
        const { encrypted_data, iv } = await tap()
        const { code: phone_code } = await accounts.phoneButton(liHua)
        const code = await accounts.wxLogin(liHua, phoneAppId)
        for (const odd of [
          { ticket },
          { ticket, iv },
          { ticket, encrypted_data },
          { ticket, phone_code, encrypted_data, iv },
          { ticket, phone_code, encrypted_data },
          { encrypted_data, iv },
          { ticket, code, encrypted_data, iv },
          { ticket, encrypted_data: '', iv },
          { ticket, encrypted_data: 'x'.repeat(4097), iv },
        ]) {
          const reply = await post({ app_id: phoneAppId, ...odd })
          expect([Object.keys(odd), ...outcome(reply)]).toEqual([
            Object.keys(odd),
            400,
            'body_invalid',
          ])
        }
        expect(await accounts.exchanges()).toBe(exchanges)
        signedIn(await post({ ticket, encrypted_data, iv }))
      })

      it('names the fields of which one is missing or too many', async () => {
        const ticket = await accounts.ticketOf(liHua)
        const { encrypted_data } = await tap()
        const half = await post({ ticket, encrypted_data })
        expect(half.body['detail']).toContain('iv')
        const none = await post({ ticket })
        expect(none.body['detail']).toMatch(/phone_code.*encrypted_data/)
      })
    })
  },
)

function bend(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  bytes[20] = (bytes[20] ?? 0) ^ 1
  return bytes.toString('base64')
}

const spell = ({ status, headers, text }: Reply) =>
  [status, JSON.stringify([...headers]), text].join('\n')
