import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { AuthError } from '../../src/web/index.ts'
import { apiUrl, openBrowser, type Browser, type Tab } from './support/many-tabs.ts'
import { liHua, wangFang } from './support/servers.ts'

/** One thing that happens to a browser. `tab` counts the open ones round. */
type Step =
  | { do: 'open' }
  | { do: 'close'; tab: number }
  | { do: 'comeBack'; tab: number }
  | { do: 'order'; tab: number; times: number }
  | { do: 'me'; tab: number }
  | { do: 'signOut'; tab: number; everywhere: boolean }
  | { do: 'signIn'; person: string }
  | { do: 'end' }
  | { do: 'online'; on: boolean }
  | { do: 'wait'; ms: number }

const tab = fc.nat({ max: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Step>({ do: 'open' }) },
  fc.record({ do: fc.constant('close' as const), tab }),
  fc.record({ do: fc.constant('comeBack' as const), tab }),
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('order' as const),
      tab,
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('me' as const), tab }) },
  fc.record({ do: fc.constant('signOut' as const), tab, everywhere: fc.boolean() }),
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('signIn' as const),
      person: fc.constantFrom(liHua.id, wangFang.id),
    }),
  },
  fc.constant<Step>({ do: 'end' }),
  fc.record({ do: fc.constant('online' as const), on: fc.boolean() }),
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 10, 40, 300, 11_000, 14 * 60_000, 16 * 60_000),
    }),
  },
)

let browser: Browser | undefined
afterAll(() => browser?.close())

/** Whom the shop took a request for: as the token says. */
const userOf = (data: unknown) => (data as { user?: string } | undefined)?.user

async function live(steps: readonly Step[], delays: readonly number[]): Promise<void> {
  browser ??= await openBrowser()
  const here = browser
  here.cookies.clear()
  here.online = true
  here.renewals.most = 0
  let turn = 0
  here.delay = () => delays[turn++ % delays.length] ?? 1
  const tabs: Tab[] = []
  const open: Array<Promise<void>> = []
  let unsettled = 0

  function follow(work: Promise<void>): void {
    unsettled++
    const allowed = work
      .catch((error: unknown) => {
        if (!(error instanceof AuthError)) throw error
      })
      .finally(() => unsettled--)
    // Looked at in the end; until then it is no rejection that nobody handles.
    allowed.catch(() => {})
    open.push(allowed)
  }

  async function order({ client }: Tab): Promise<void> {
    const before = client.user
    const { data } = await client.request({ url: `${apiUrl}/orders` })
    // As the person whom the page showed, or not at all.
    if (before) expect(userOf(data)).toBe(before.id)
  }

  async function happen(one: Step): Promise<void> {
    const chosen = 'tab' in one && tabs.length > 0 ? tabs[one.tab % tabs.length] : undefined
    if (one.do === 'open') tabs.push(here.open())
    else if (one.do === 'signIn') {
      await here.signIn(one.person)
      tabs.push(here.open())
    } else if (one.do === 'end') await here.ask('POST', '/v1/web/sign-out', {})
    else if (one.do === 'online') here.online = one.on
    else if (one.do === 'wait') await here.pass(one.ms)
    else if (!chosen) return
    else if (one.do === 'close') {
      chosen.close()
      tabs.splice(tabs.indexOf(chosen), 1)
    } else if (one.do === 'comeBack') chosen.comeBack()
    else if (one.do === 'order') for (let i = 0; i < one.times; i++) follow(order(chosen))
    else if (one.do === 'me') follow(chosen.client.request({ url: '/v1/me' }).then(() => {}))
    else follow(chosen.client.signOut({ everywhere: one.everywhere }))
  }

  for (const one of steps) await happen(one)
  // Everybody who waits gets an answer.
  await here.pass(70_000)
  expect(unsettled).toBe(0)
  await Promise.all(open)
  expect(here.renewals.most).toBeLessThanOrEqual(1)

  // All well again, the tabs agree with the server as soon as one of them asks.
  here.online = true
  tabs.push(here.open())
  await here.pass(1000)
  const session = await here.ask('GET', '/v1/web/session')
  const { user } = (await session.json()) as { user: { id: string } | null }
  const expected = tabs.map(() => user?.id ?? null)
  expect(tabs.map(({ client }) => client.user && client.user.id)).toEqual(expected)
  // And each knows it by having been told of the last change.
  for (const { client, heard } of tabs) expect(heard.at(-1)).toBe(client.user && client.user.id)
  if (user) {
    const before = here.count('/v1/web/token')
    const orders = tabs.map(({ client }) => client.request({ url: `${apiUrl}/orders` }))
    for (const { data } of await here.settle(Promise.all(orders)))
      expect(userOf(data)).toBe(user.id)
    expect(here.count('/v1/web/token') - before).toBeLessThanOrEqual(1)
  }
  for (const { close } of tabs) close()
}

describe('whatever happens to a browser', () => {
  it('its tabs end up of one mind with the server, and send nothing in another’s name', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 25 }),
        // A question to the other tabs waits 50 ms; there and back takes less.
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 7 }),
        live,
      ),
      { numRuns: 100 },
    )
  }, 120_000)
})
