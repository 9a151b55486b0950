import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  liHua,
  liHuasPhone,
  openAccounts,
  outcome,
  password,
  phoneAppId,
  signedIn,
  wangFang,
  type Accounts,
  type SignedInBody,
} from './support/accounts.ts'
import type { StoreKind } from './support/world.ts'

const another = 'walnut ferry cathedral'
const stores = ['memory', 'sqlite'] as const satisfies readonly StoreKind[]

let accounts: Accounts
afterEach(() => accounts.close())

const users = () =>
  accounts.events.filter((each) => 'decision' in each && each.decision === 'create')

describe.each(stores)('registering with a number that is not proven, on %s', (storeKind) => {
  beforeEach(async () => {
    accounts = await openAccounts({ storeKind, password: { registration: 'unverified' } })
  })

  const me = async (who: SignedInBody) => (await accounts.get('/v1/me', who.access_token)).body
  const exported = async (who: SignedInBody) =>
    (await accounts.get('/v1/me/export', who.access_token)).body['user']

  it('makes a user who signs in again with both, and whose number is not shown as proven (R7)', async () => {
    const first = signedIn(await accounts.byPassword(liHuasPhone))
    expect(first).toMatchObject({ is_new_user: true, user: { phone: null } })
    expect(await me(first)).toEqual(first.user)
    expect(await exported(first)).toMatchObject({
      phone: liHuasPhone,
      phone_verified: false,
      has_password: true,
    })
    const again = signedIn(await accounts.byPassword('138 0013 8001'))
    expect([again.user.id, again.is_new_user]).toEqual([first.user.id, false])
  })

  it('lets nobody in with another password, and tells nothing more', async () => {
    signedIn(await accounts.byPassword(liHuasPhone))
    expect(outcome(await accounts.byPassword(liHuasPhone, another))).toEqual([
      401,
      'password_wrong',
    ])
    expect(users()).toHaveLength(1)
  })

  it('[PW-3] refuses a weak password, and makes nobody', async () => {
    for (const weak of ['short', 'passwordpassword', '13800138001-13800138001']) {
      expect(outcome(await accounts.byPassword(liHuasPhone, weak))).toEqual([400, 'password_weak'])
    }
    expect(users()).toEqual([])
    const ticket = await accounts.ticketOf(liHua)
    const weak = await accounts.byPassword(liHuasPhone, 'short', { ticket })
    expect(outcome(weak)).toEqual([400, 'password_weak'])
    // The ticket is good for another try.
    signedIn(await accounts.byPassword(liHuasPhone, password, { ticket }))
  })

  it('with a ticket links the identity that waits behind it (R7)', async () => {
    const ticket = await accounts.ticketOf(liHua)
    const first = signedIn(await accounts.byPassword(liHuasPhone, password, { ticket }))
    expect(first.is_new_user).toBe(true)
    const byWechat = signedIn(await accounts.byWechat(liHua, { app_id: phoneAppId }))
    expect(byWechat.user.id).toBe(first.user.id)
    const used = await accounts.byPassword(liHuasPhone, password, { ticket })
    expect(outcome(used)).toEqual([400, 'ticket_invalid'])
  })

  it('links nothing later: a ticket and that number are phone_unverified (R7)', async () => {
    const first = signedIn(await accounts.byPassword(liHuasPhone))
    const ticket = await accounts.ticketOf(wangFang)
    for (const text of [password, another]) {
      const reply = await accounts.byPassword(liHuasPhone, text, { ticket })
      expect(outcome(reply)).toEqual([403, 'phone_unverified'])
    }
    expect(await accounts.auth.events.list({ user_id: first.user.id })).toHaveLength(1)
    // The ticket waits for a number that its owner proves.
    expect(signedIn(await accounts.byButton(wangFang, { ticket })).is_new_user).toBe(true)
  })

  it.each([
    { how: 'an SMS code', prove: () => accounts.byOtp(liHuasPhone) },
    { how: 'the phone button', prove: () => accounts.byButton(liHua) },
    {
      how: 'an SMS code and a ticket',
      prove: async () => accounts.byOtp(liHuasPhone, { ticket: await accounts.ticketOf(liHua) }),
    },
  ])('yields to whoever proves the number by $how (R7)', async ({ prove }) => {
    const ticket = await accounts.ticketOf(wangFang)
    const claimant = signedIn(await accounts.byPassword(liHuasPhone, password, { ticket }))
    const owner = signedIn(await prove())
    expect(owner).toMatchObject({ is_new_user: true, user: { phone: '+86 138****8001' } })
    expect(owner.user.id).not.toBe(claimant.user.id)
    // Number and password are gone, WeChat stays.
    expect(outcome(await accounts.byPassword(liHuasPhone))).toEqual([401, 'password_wrong'])
    expect(await exported(claimant)).toMatchObject({ phone: null, has_password: false })
    const back = signedIn(await accounts.byWechat(wangFang, { app_id: phoneAppId }))
    expect(back.user.id).toBe(claimant.user.id)
  })

  it('yields to somebody who has an account, and changes to that number', async () => {
    const claimant = signedIn(await accounts.byPassword(liHuasPhone))
    const other = signedIn(await accounts.byWechat(liHua))
    expect((await accounts.setPhone(other, liHuasPhone)).status).toBe(200)
    expect(outcome(await accounts.byPassword(liHuasPhone))).toEqual([401, 'password_wrong'])
    expect(await exported(claimant)).toMatchObject({ phone: null, has_password: false })
  })

  it('whoever proves the number to their own account keeps it, with its password (R7)', async () => {
    const first = signedIn(await accounts.byPassword(liHuasPhone))
    expect((await accounts.setPhone(first, liHuasPhone)).status).toBe(200)
    expect(await exported(first)).toMatchObject({ phone: liHuasPhone, phone_verified: true })
    expect(signedIn(await accounts.byPassword(liHuasPhone)).user.id).toBe(first.user.id)
    expect(signedIn(await accounts.byOtp(liHuasPhone)).user.id).toBe(first.user.id)
    // From now on the number links.
    const ticket = await accounts.ticketOf(liHua)
    const linked = signedIn(await accounts.byPassword(liHuasPhone, password, { ticket }))
    expect(linked.user.id).toBe(first.user.id)
  })

  it('takes no number that somebody has proven', async () => {
    const owner = signedIn(await accounts.byOtp(liHuasPhone))
    expect(outcome(await accounts.byPassword(liHuasPhone))).toEqual([401, 'password_wrong'])
    const ticket = await accounts.ticketOf(wangFang)
    const reply = await accounts.byPassword(liHuasPhone, password, { ticket })
    expect(outcome(reply)).toEqual([401, 'password_wrong'])
    expect(signedIn(await accounts.byOtp(liHuasPhone)).user.id).toBe(owner.user.id)
  })

  it('of two who register one number at once one wins, and the other is told password_wrong', async () => {
    const tickets = [await accounts.ticketOf(liHua), await accounts.ticketOf(wangFang)]
    const texts = [password, another]
    for (const withTickets of [false, true]) {
      const phone = withTickets ? '+8613900139001' : '+8613900139002'
      const replies = await Promise.all(
        texts.map((text, at) => {
          const ticket = tickets[at] ?? ''
          return accounts.byPassword(phone, text, withTickets ? { ticket } : {})
        }),
      )
      const lost = withTickets ? [403, 'phone_unverified'] : [401, 'password_wrong']
      expect(replies.map(outcome)).toEqual(expect.arrayContaining([[200, 'signed_in'], lost]))
      const winner = replies.findIndex(({ status }) => status === 200)
      expect((await accounts.byPassword(phone, texts[winner] ?? '')).status).toBe(200)
      expect((await accounts.byPassword(phone, texts[1 - winner] ?? '')).status).toBe(401)
    }
    expect(users()).toHaveLength(2)
  })

  it('a double tap with one password is one user, and signs in twice', async () => {
    const replies = await Promise.all([1, 2, 3].map(() => accounts.byPassword(liHuasPhone)))
    const ids = replies.map((reply) => signedIn(reply).user.id)
    expect(new Set(ids).size).toBe(1)
    expect(users()).toHaveLength(1)
  })

  it('works in the app that wants a phone, too', async () => {
    const first = signedIn(await accounts.byPassword(liHuasPhone, password, { app_id: phoneAppId }))
    const again = signedIn(await accounts.byPassword(liHuasPhone, password, { app_id: phoneAppId }))
    expect(again.user.id).toBe(first.user.id)
  })

  it('[WX-11] a claimant who is disabled or deleted stays out (R1)', async () => {
    const first = signedIn(await accounts.byPassword(liHuasPhone))
    await accounts.auth.users.disable(first.user.id)
    expect(outcome(await accounts.byPassword(liHuasPhone))).toEqual([403, 'user_disabled'])
    await accounts.auth.users.enable(first.user.id)
    await accounts.auth.users.delete(first.user.id)
    expect(outcome(await accounts.byPassword(liHuasPhone))).toEqual([403, 'user_deleted'])
    const back = signedIn(await accounts.byPassword(liHuasPhone, password, { restore: true }))
    expect(back.user.id).toBe(first.user.id)
  })
})

describe.each(stores)('without that option, on %s', (storeKind) => {
  beforeEach(async () => void (accounts = await openAccounts({ storeKind })))

  it('[AU-4] an unknown number is answered as a wrong password is, and with a ticket phone_unverified (R7)', async () => {
    const owner = signedIn(await accounts.byWechat(liHua))
    await accounts.setPhone(owner, liHuasPhone)
    await accounts.setPassword(owner)
    const unknown = await accounts.byPassword('+8613900139000')
    const wrong = await accounts.byPassword(liHuasPhone, another)
    expect([unknown.status, unknown.text]).toEqual([wrong.status, wrong.text])
    const ticket = await accounts.ticketOf(wangFang)
    const reply = await accounts.byPassword('+8613900139000', password, { ticket })
    expect(outcome(reply)).toEqual([403, 'phone_unverified'])
    expect(users()).toHaveLength(1)
  })
})
