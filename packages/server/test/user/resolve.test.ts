import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FoundUsers, StoredUser } from '@kaimen/server'
import { resolve } from '../../src/user/resolve.ts'

const user = (id: number, hasPhone: boolean): StoredUser => ({
  id,
  status: 'active',
  nickname: null,
  avatar: null,
  phone: hasPhone ? Uint8Array.of(id) : null,
  phone_index: hasPhone ? `index ${id}` : null,
  created_at: 0,
  gone_at: null,
})

const holder = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined })

/** Whatever a store can find: three users, of whom each may or may not have a phone. */
const found: fc.Arbitrary<FoundUsers> = fc
  .record({
    byOpenid: holder,
    byUnionid: holder,
    isUnionidUserInApp: fc.boolean(),
    byPhone: holder,
    byUnverifiedPhone: holder,
    byApproval: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, holder),
    hasIdentityInApp: fc.boolean(),
    phones: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    proves: fc.record({ openid: fc.boolean(), unionid: fc.boolean(), phone: fc.boolean() }),
  })
  .map(({ byOpenid, byUnionid, byPhone, byUnverifiedPhone, byApproval, ...rest }) => {
    const { hasIdentityInApp, isUnionidUserInApp, phones, proves } = rest
    const openid = proves.openid
    const unionid = openid && proves.unionid
    const { phone } = proves
    // An approval names its user, and nothing besides.
    if (byApproval) {
      const proves = { openid: false, unionid: false, phone: false }
      return { byApproval: user(byApproval, phones[byApproval - 1] === true), proves }
    }
    const of = (id: number) => user(id, phones[id - 1] === true || id === byPhone)
    return {
      ...(openid && byOpenid && { byOpenid: of(byOpenid) }),
      ...(unionid && byUnionid && { byUnionid: of(byUnionid), isUnionidUserInApp }),
      ...(phone && byPhone && { byPhone: { user: of(byPhone), hasIdentityInApp } }),
      ...(byUnverifiedPhone && { byUnverifiedPhone: user(byUnverifiedPhone, false) }),
      proves: { openid, unionid, phone },
    }
  })

describe('resolve', () => {
  const expectAlways = (check: (found: FoundUsers) => void) => {
    fc.assert(fc.property(found, check), { numRuns: 2000 })
  }

  it('makes a user only where nobody was found', () => {
    expectAlways((input) => {
      const { openid, phone } = input.proves
      const claimant = !openid && !phone && input.byUnverifiedPhone
      const linkable = input.byUnionid && !input.isUnionidUserInApp
      const known = input.byOpenid ?? input.byPhone ?? input.byApproval
      const nobody = !known && !linkable && !claimant
      expect(resolve(input).kind === 'create').toBe(nobody)
    })
  })

  it('[WX-8] never signs in anybody but the openid’s user, where there is one', () => {
    expectAlways((input) => {
      const decision = resolve(input)
      if (input.byOpenid && 'user' in decision) expect(decision.user.id).toBe(input.byOpenid.id)
    })
  })

  it('signs in only somebody who was found', () => {
    expectAlways((input) => {
      const decision = resolve(input)
      const { byOpenid, byUnionid, byPhone, byUnverifiedPhone, byApproval } = input
      const all = [byOpenid, byUnionid, byPhone?.user, byUnverifiedPhone, byApproval]
      const ids = all.map((each) => each?.id)
      if ('user' in decision) expect(ids).toContain(decision.user.id)
    })
  })

  it('never gives a phone to a user who has one, or a phone that somebody has', () => {
    expectAlways((input) => {
      const decision = resolve(input)
      if (!('phone' in decision) || decision.phone === 'leave') return
      expect([decision.user.phone, input.byPhone, input.proves.phone]).toEqual([
        null,
        undefined,
        true,
      ])
    })
  })

  it('never gives a unionid to one user that another has', () => {
    expectAlways((input) => {
      const decision = resolve(input)
      if (!('unionid' in decision) || decision.unionid === 'leave') return
      expect([input.byUnionid, input.proves.unionid]).toEqual([undefined, true])
    })
  })

  it('lets nobody through whose proofs name two people, but over a late unionid (R9)', () => {
    expectAlways((input) => {
      const decision = resolve(input)
      if (decision.kind !== 'exists' && decision.kind !== 'link') return
      const { byOpenid, byUnionid, byPhone } = input
      for (const other of [byOpenid, byUnionid, byPhone?.user]) {
        if (other) expect(other.id).toBe(decision.user.id)
      }
    })
  })

  it('lets a number that was never proven link nothing, and lead only to what was made with it (R7)', () => {
    expectAlways((input) => {
      const { byUnverifiedPhone: _, ...without } = input
      const { openid, phone } = input.proves
      if (openid || phone) expect(resolve(input)).toEqual(resolve(without))
      else expect(['exists', 'create']).toContain(resolve(input).kind)
    })
  })

  it('links a phone’s user only where they have no identity in this app (R5)', () => {
    expectAlways((input) => {
      const decision = resolve(input)
      if (decision.kind !== 'link' || input.byPhone?.user.id !== decision.user.id) return
      expect(input.byPhone.hasIdentityInApp).toBe(false)
    })
  })

  it('[OA-6] signs in exactly whoever approved, and gives them nothing new', () => {
    expectAlways((input) => {
      const { byApproval: user } = input
      if (!user) return
      const nothing = { unionid: 'leave', phone: 'leave' }
      expect(resolve(input)).toEqual({ kind: 'exists', user, ...nothing })
    })
  })
})
