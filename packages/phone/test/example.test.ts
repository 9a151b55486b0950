import { afterEach, describe, expect, it } from 'vitest'
import { openExample, type ExamplePhone } from './support/open-example.ts'
import { press, reads, see, tap } from './support/hand.ts'

let example: ExamplePhone
afterEach(() => example.close())

const route = () => example.phone.pages().at(-1)?.route

describe('the example mini program, without a browser', () => {
  it('shows its first page', async () => {
    example = await openExample()
    await reads('.title', '开门')
    expect(see('.kp-bar strong').textContent).toBe('登录')
    expect(see('#sign-in').tagName).toBe('WX-BUTTON')
    expect(example.problems).toEqual([])
  })

  it('signs in by one tap, and shows the account', async () => {
    example = await openExample()
    await tap('#sign-in')
    await reads('#user-id', /./)
    expect(route()).toBe('pages/account/account')
    expect(await example.servers.exchanges()).toBe(1)
    await tap('#sign-out')
    await press('确定')
    await reads('#signed-out', '尚未登录')
    expect(example.problems).toEqual([])
  })
})
