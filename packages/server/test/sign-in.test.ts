import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { liHua, openAppId, openWorld, phoneAppId, wangFang, type StoreKind, type World } from './support/world.ts'

describe.each<StoreKind>(['memory', 'sqlite'])('sign-in with the code of wx.login, on %s', (storeKind) => {
  let world: World
  beforeEach(async () => void (world = await openWorld({ storeKind })))
  afterEach(() => world.close())

  it('makes a user at first sight, and knows the person again (R3, R1)', async () => {
    const first = await world.signIn()
    const second = await world.signIn()
    expect(first).toMatchObject({ status: 'signed_in', is_new_user: true, token_type: 'Bearer' })
    expect(second.is_new_user).toBe(false)
    expect(second.user.id).toBe(first.user.id)
  })
})
