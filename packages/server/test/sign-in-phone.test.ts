import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  liHua,
  openAppId,
  openWorld,
  phoneAppId,
  wangFang,
  type Reply,
  type SignedInBody,
  type StoreKind,
  type World,
} from './support/world.ts'

const outcome = ({ status, body }: Reply) => [status, body['code'] ?? body['status']]

describe.each<StoreKind>(['memory', 'sqlite'])('sign-in with a phone, on %s', (storeKind) => {
  let world: World
  let sent: { phone: string; otp: string }[]
  beforeEach(async () => {
    sent = []
    world = await openWorld({
      storeKind,
      sharedEphemeral: true,
      sms: {
        kind: 'test',
        send(message) {
          sent.push(message)
          return Promise.resolve('sent')
        },
      },
    })
  })
  afterEach(() => world.close())

  const post = (path: string, json: object) => world.send('POST', path, { json })

  /** The ticket of a person who is new to the app that wants a phone. */
  async function ticketOf(person: string): Promise<string> {
    const code = await world.wxLogin(person, phoneAppId)
    const { body } = await post('/v1/sign-in/wechat', { app_id: phoneAppId, code })
    expect(body['status']).toBe('phone_required')
    return String(body['ticket'])
  }

  async function phoneCode(person: string, appid: string = phoneAppId): Promise<string> {
    const { code } = await world.control('POST', '/emulator/wx/getPhoneNumber', { appid, person })
    return String(code)
  }

  async function otpFor(phone: string): Promise<string> {
    const reply = await post('/v1/otp', { phone })
    expect([reply.status, reply.body]).toEqual([202, { expires_in: 300, retry_after: 60 }])
    return sent.at(-1)?.otp ?? ''
  }

  const byButton = async (person: string, ticket: string) =>
    post('/v1/sign-in/phone', { ticket, phone_code: await phoneCode(person) })

  const liHuasPhone = '+8613800138001'

  describe('by the phone button (R5)', () => {
    it('a ticket and a new phone make a user with both (R5)', async () => {
      const reply = await byButton(liHua, await ticketOf(liHua))
      expect(outcome(reply)).toEqual([200, 'signed_in'])
      const { user, is_new_user, access_token } = reply.body as SignedInBody
      expect([is_new_user, user.phone]).toEqual([true, '+86 138****8001'])
      const me = await world.send('GET', '/v1/me', { token: access_token })
      expect(me.body).toEqual(user)
      // From now on WeChat alone is enough.
      expect((await world.signIn({ app_id: phoneAppId })).user.id).toBe(user.id)
    })

    it('a phone that its user has proven elsewhere links the new identity to them (R5)', async () => {
      const web = await post('/v1/sign-in/otp', {
        app_id: openAppId,
        phone: liHuasPhone,
        otp: await otpFor(liHuasPhone),
      })
      const linked = await byButton(liHua, await ticketOf(liHua))
      expect(linked.body).toMatchObject({ is_new_user: false, user: { id: userId(web) } })
      expect(world.events.at(-1)).toMatchObject({ by: 'phone_button', decision: 'link' })
    })

    it('a phone of somebody with another openid in this app is taken, and nothing changes (R5)', async () => {
      const ticket = await ticketOf(wangFang)
      await byButton(wangFang, await ticketOf(wangFang))
      await world.control('POST', '/emulator/people', { nickname: '老王' })
      const { people } = await world.control('GET', '/emulator/world')
      const other = (people as { id: string }[]).at(-1)?.id ?? ''
      const otherTicket = await ticketOf(other)
      const reply = await post('/v1/sign-in/otp', {
        phone: '+8613800138002',
        otp: await otpFor('+8613800138002'),
        ticket: otherTicket,
      })
      expect(outcome(reply)).toEqual([409, 'phone_taken'])
      // The ticket is good for another try, with a number of one's own.
      const own = '+8613900139000'
      const again = await post('/v1/sign-in/otp', {
        phone: own,
        otp: await otpFor(own),
        ticket: otherTicket,
      })
      expect(outcome(again)).toEqual([200, 'signed_in'])
      expect(ticket).not.toBe(otherTicket)
    })

    it('[WX-10] the code of somebody else’s button is refused, and the ticket stays good', async () => {
      const ticket = await ticketOf(liHua)
      const stolen = await post('/v1/sign-in/phone', {
        ticket,
        phone_code: await phoneCode(wangFang),
      })
      expect(outcome(stolen)).toEqual([400, 'phone_code_invalid'])
      expect(outcome(await byButton(liHua, ticket))).toEqual([200, 'signed_in'])
    })

    it('a login code sent for a phone code is refused, and the error says which is which', async () => {
      const ticket = await ticketOf(liHua)
      const phone_code = await world.wxLogin(liHua, phoneAppId)
      const reply = await post('/v1/sign-in/phone', { ticket, phone_code })
      expect(outcome(reply)).toEqual([400, 'phone_code_invalid'])
      expect(reply.body['detail']).toContain('wx.login')
    })

    it('also takes a login code in place of a ticket', async () => {
      const code = await world.wxLogin(liHua, phoneAppId)
      const phone_code = await phoneCode(liHua)
      const reply = await post('/v1/sign-in/phone', { app_id: phoneAppId, code, phone_code })
      expect(outcome(reply)).toEqual([200, 'signed_in'])
    })

    it('wants a ticket or a code, and not both', async () => {
      const phone_code = await phoneCode(liHua)
      const ticket = await ticketOf(liHua)
      const code = await world.wxLogin(liHua, phoneAppId)
      expect(outcome(await post('/v1/sign-in/phone', { phone_code }))).toEqual([
        400,
        'body_invalid',
      ])
      expect(outcome(await post('/v1/sign-in/phone', { phone_code, ticket, code }))).toEqual([
        400,
        'body_invalid',
      ])
    })

    it('a number abroad keeps its country: the same digits at home are somebody else', async () => {
      const abroad = await byButton('chen-mei', await ticketOf('chen-mei'))
      expect(abroad.body).toMatchObject({ user: { phone: '+1 202***0143' } })
      const home = '+8613800138000'
      const other = await post('/v1/sign-in/otp', {
        app_id: openAppId,
        phone: home,
        otp: await otpFor(home),
      })
      expect(userId(other)).not.toBe(userId(abroad))
    })
  })

  describe('a ticket', () => {
    it('is used once: of twenty at once one signs in', async () => {
      const ticket = await ticketOf(liHua)
      const codes = await Promise.all(Array.from({ length: 20 }, () => phoneCode(liHua)))
      const replies = await Promise.all(
        codes.map((phone_code) => post('/v1/sign-in/phone', { ticket, phone_code })),
      )
      const outcomes = replies.map((reply) => outcome(reply)[1])
      expect(outcomes.filter((each) => each === 'signed_in')).toHaveLength(1)
      expect(outcomes.filter((each) => each === 'ticket_invalid')).toHaveLength(19)
    })

    it('is refused after ten minutes, when it was used, and when it is nobody’s', async () => {
      const old = await ticketOf(liHua)
      world.clock.advance(600_000)
      expect(outcome(await byButton(liHua, old))).toEqual([400, 'ticket_invalid'])
      const used = await ticketOf(liHua)
      await byButton(liHua, used)
      expect(outcome(await byButton(liHua, used))).toEqual([400, 'ticket_invalid'])
      expect(outcome(await byButton(liHua, 'kmt_nonsense'))).toEqual([400, 'ticket_invalid'])
    })

    it('is bound to its app', async () => {
      const reply = await post('/v1/sign-in/phone', {
        app_id: openAppId,
        ticket: await ticketOf(liHua),
        phone_code: await phoneCode(liHua),
      })
      expect(outcome(reply)).toEqual([400, 'ticket_invalid'])
    })
  })

  describe('by SMS code (R6, R8)', () => {
    it('a ticket and a code make a user with both (R6)', async () => {
      const ticket = await ticketOf(liHua)
      const otp = await otpFor(liHuasPhone)
      const reply = await post('/v1/sign-in/otp', { phone: '138 0013 8001', otp, ticket })
      expect(reply.body).toMatchObject({ is_new_user: true, user: { phone: '+86 138****8001' } })
    })

    it('without a ticket it is an ordinary phone sign-in (R8)', async () => {
      const first = await post('/v1/sign-in/otp', {
        app_id: openAppId,
        phone: liHuasPhone,
        otp: await otpFor(liHuasPhone),
      })
      world.clock.advance(60_000)
      const second = await post('/v1/sign-in/otp', {
        app_id: openAppId,
        phone: liHuasPhone,
        otp: await otpFor(liHuasPhone),
      })
      expect(first.body).toMatchObject({ is_new_user: true })
      expect(second.body).toMatchObject({ is_new_user: false, user: { id: userId(first) } })
    })

    it('[OTP-3] a code works once: of a hundred at once one signs in', async () => {
      const otp = await otpFor(liHuasPhone)
      const replies = await Promise.all(
        Array.from({ length: 100 }, () =>
          post('/v1/sign-in/otp', { app_id: openAppId, phone: liHuasPhone, otp }),
        ),
      )
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    })

    it('[OTP-2] of a thousand guesses at once five are compared', async () => {
      const otp = await otpFor(liHuasPhone)
      const guess = (text: string) =>
        post('/v1/sign-in/otp', { app_id: openAppId, phone: liHuasPhone, otp: text })
      const wrong = Array.from({ length: 1000 }, (_, i) =>
        String((Number(otp) + 1 + i) % 1_000_000).padStart(6, '0'),
      )
      const outcomes = (await Promise.all(wrong.map(guess))).map((reply) => outcome(reply)[1])
      expect(outcomes.filter((each) => each === 'otp_wrong')).toHaveLength(4)
      expect(outcomes.filter((each) => each === 'otp_exhausted')).toHaveLength(996)
      expect(outcome(await guess(otp))).toEqual([429, 'otp_exhausted'])
    })

    it('[OTP-1] a code is good for five minutes', async () => {
      const otp = await otpFor(liHuasPhone)
      world.clock.advance(300_000)
      const reply = await post('/v1/sign-in/otp', { app_id: openAppId, phone: liHuasPhone, otp })
      expect(outcome(reply)).toEqual([400, 'otp_expired'])
    })

    it('[OTP-5] a code is bound to its number', async () => {
      const otp = await otpFor(liHuasPhone)
      const reply = await post('/v1/sign-in/otp', {
        app_id: openAppId,
        phone: '+8613800138002',
        otp,
      })
      expect(outcome(reply)).toEqual([400, 'otp_expired'])
    })

    it('[OTP-6] one a minute, however the number is written; the code sent before stays good', async () => {
      const otp = await otpFor(liHuasPhone)
      for (const phone of [
        '13800138001',
        '138-0013-8001',
        '+86 138 0013 8001',
        '(138)00138001',
        '008613800138001',
        '0086 138 0013 8001',
        '+86138-0013-8001 ',
      ]) {
        const limited = await post('/v1/otp', { phone })
        expect(outcome(limited)).toEqual([429, 'rate_limited'])
        expect(limited.headers.get('retry-after')).toBe('60')
      }
      expect(sent).toHaveLength(1)
      const reply = await post('/v1/sign-in/otp', { app_id: openAppId, phone: liHuasPhone, otp })
      expect(outcome(reply)).toEqual([200, 'signed_in'])
    })

    it('[OTP-6] five an hour and ten a day', async () => {
      let hours = 0
      const send = async () => (await post('/v1/otp', { phone: liHuasPhone })).status
      const statuses: number[] = []
      for (; hours < 3; hours++) {
        for (let i = 0; i < 6; i++) {
          statuses.push(await send())
          world.clock.advance(60_000)
        }
        world.clock.advance(3_600_000)
      }
      expect(statuses).toEqual(
        [
          [202, 202, 202, 202, 202, 429],
          [202, 202, 202, 202, 202, 429],
          [429, 429, 429, 429, 429, 429],
        ].flat(),
      )
    })

    it('[OTP-7] the answer never has the code', async () => {
      const reply = await post('/v1/otp', { phone: liHuasPhone })
      expect(reply.text + JSON.stringify([...reply.headers])).not.toContain(sent[0]?.otp)
    })

    it('what is not a phone number is refused, and not repeated', async () => {
      for (const phone of ['12', 'abc', '1-800-FLOWERS', '+86138001380011111', '١٣٨٠٠١٣٨٠٠١']) {
        const reply = await post('/v1/otp', { phone })
        expect(outcome(reply)).toEqual([400, 'body_invalid'])
        expect(reply.text).not.toContain(phone)
      }
    })
  })

  it('without an SMS gateway no code is sent, and the answer says so', async () => {
    const bare = await openWorld({ storeKind })
    try {
      const reply = await bare.send('POST', '/v1/otp', { json: { phone: liHuasPhone } })
      expect(outcome(reply)).toEqual([404, 'not_found'])
    } finally {
      await bare.close()
    }
  })

  it('[WX-11] a disabled user is refused by phone as well (R1)', async () => {
    const first = await byButton(liHua, await ticketOf(liHua))
    await world.auth.users.disable(userId(first))
    const reply = await post('/v1/sign-in/otp', {
      app_id: openAppId,
      phone: liHuasPhone,
      otp: await otpFor(liHuasPhone),
    })
    expect(outcome(reply)).toEqual([403, 'user_disabled'])
  })
})

function userId({ body }: Reply): string {
  return (body as SignedInBody).user.id
}
