import { afterEach, describe, expect, it } from 'vitest'
import type { WebClient } from '../../src/web/index.ts'
import { failureOf } from '../support/failure-of.ts'
import { apiUrl, openBrowser, refuse, type Browser, type Tab } from './support/many-tabs.ts'
import { liHua, miniProgram, wangFang } from './support/servers.ts'

let browser: Browser
afterEach(() => browser.close())

/** A browser with one person in it, and so many tabs. */
async function begin(tabs: number, options?: Parameters<typeof openBrowser>[0]): Promise<Tab[]> {
  browser = await openBrowser(options)
  await browser.signIn(liHua.id)
  const opened = Array.from({ length: tabs }, () => browser.open())
  await browser.settle(Promise.all(opened.map(({ client }) => client.ready)))
  await browser.pass(100)
  browser.calls.length = 0
  return opened
}

/** The same, of two tabs. */
async function beginTwo(): Promise<[Tab, Tab]> {
  const [first, second] = await begin(2)
  if (!first || !second) throw new Error('there are not two tabs')
  return [first, second]
}

const beginOne = async () => (await beginTwo())[0]

const minuteMs = 60_000
const ask = (client: WebClient) => client.request({ url: `${apiUrl}/orders` })
const askAll = (tabs: readonly Tab[]) =>
  browser.settle(Promise.all(tabs.map(({ client }) => ask(client))))
const users = (tabs: readonly Tab[]) => tabs.map(({ client }) => client.user && client.user.id)

describe('the tabs of a browser', () => {
  it('know who is here, or that nobody is', async () => {
    browser = await openBrowser()
    const tab = browser.open()
    expect(tab.client.user).toBeUndefined()
    expect(await browser.settle(tab.client.ready)).toBeNull()
    expect(tab.client.user).toBeNull()
    expect(tab.heard).toEqual([null])
    await browser.signIn(liHua.id)
    const next = browser.open()
    expect(await browser.settle(next.client.ready)).toMatchObject({ id: expect.any(String) })
  })

  it('have one refresh for all of them', async () => {
    const tabs = await begin(3)
    const replies = await askAll([...tabs, ...tabs])
    expect(replies.map(({ statusCode }) => statusCode)).toEqual(Array(6).fill(200))
    expect(browser.count('/v1/web/token')).toBe(1)
    await browser.pass(14 * minuteMs)
    await askAll(tabs)
    expect(browser.count('/v1/web/token')).toBe(1)
    // Half a minute early: what is under way has to arrive in time.
    await browser.pass(0.6 * minuteMs)
    await askAll(tabs)
    expect(browser.count('/v1/web/token')).toBe(2)
    expect(browser.renewals.most).toBe(1)
  })

  it('have one refresh even where news travel slower than the lock', async () => {
    const tabs = await begin(3)
    let turn = 0
    // Messages and requests take 1 to 24 ms, in no order.
    browser.delay = () => 1 + ((turn += 17) % 24)
    await askAll([...tabs, ...tabs])
    expect(browser.count('/v1/web/token')).toBe(1)
  })

  it('lend a new one their token', async () => {
    await askAll([await beginOne()])
    const late = browser.open()
    await browser.settle(late.client.ready)
    const beganMs = browser.clock.trueMs()
    const asked = ask(late.client).then(() => browser.clock.trueMs() - beganMs)
    expect(await browser.settle(asked)).toBeLessThan(10)
    expect(browser.count('/v1/web/token')).toBe(1)
  })

  it('do not wait for ever for one that holds the lock and is asleep', async () => {
    const [, other] = await beginTwo()
    const asleep = browser.open()
    await browser.settle(asleep.client.ready)
    const before = browser.delay
    browser.delay = () => 100_000
    void ask(asleep.client).catch(() => {})
    await browser.pass(1)
    browser.delay = before
    expect(await askAll([other])).toMatchObject([{ statusCode: 200 }])
  })

  it('[SE-5] are all signed out at once, by no more than a word from the one that did it', async () => {
    const tabs = [...(await beginTwo()), browser.open()] as const
    await askAll(tabs)
    browser.calls.length = 0
    await browser.settle(tabs[0].client.signOut())
    await browser.pass(2)
    expect(users(tabs)).toEqual([null, null, null])
    expect(tabs.map(({ heard }) => heard.at(-1))).toEqual([null, null, null])
    expect(browser.calls.map(({ path }) => path)).toEqual(['/v1/web/sign-out'])
    for (const { client } of tabs)
      expect(await failureOf(browser.settle(ask(client)))).toMatchObject({ code: 'signed_out' })
    expect(browser.count('/orders')).toBe(0)
  })

  it('stay signed in where the server did not hear of a sign-out', async () => {
    const tabs = await beginTwo()
    browser.online = false
    const failure = await failureOf(browser.settle(tabs[0].client.signOut()))
    expect(failure).toMatchObject({ code: 'network', retryable: true })
    expect(users(tabs)).not.toContain(null)
  })

  it('follow when somebody else signs in, by whichever tab', async () => {
    const tabs = await begin(2)
    const before = tabs[0]?.client.user?.id
    await askAll(tabs)
    await browser.signIn(wangFang.id)
    const arrived = browser.open()
    await browser.settle(arrived.client.ready)
    await browser.pass(100)
    const [now] = users([arrived])
    expect(now).not.toBe(before)
    expect(users(tabs)).toEqual([now, now])
    expect((await askAll(tabs)).map(({ data }) => data)).toEqual([{ user: now }, { user: now }])
  })

  it('send nothing as somebody else than who was here when it was asked for', async () => {
    const tab = await beginOne()
    const before = tab.client.user?.id
    browser.delay = () => 20
    const asked = ask(tab.client)
    await browser.pass(1)
    await browser.signIn(wangFang.id)
    expect(await failureOf(browser.settle(asked))).toMatchObject({ code: 'signed_out' })
    expect(browser.count('/orders')).toBe(0)
    expect(tab.client.user?.id).not.toBe(before)
  })

  it('send nothing as somebody else than the page shows, while it finds out who is here', async () => {
    const tab = await beginOne()
    await browser.signIn(wangFang.id)
    tab.comeBack()
    expect(await failureOf(browser.settle(ask(tab.client)))).toMatchObject({ code: 'signed_out' })
    expect(browser.count('/orders')).toBe(0)
  })

  it('send nothing again as somebody else', async () => {
    const tab = await beginOne()
    await askAll([tab])
    browser.shopAnswer = () => refuse('token_expired')
    browser.calls.length = 0
    browser.delay = () => 300
    const asked = failureOf(ask(tab.client))
    await browser.pass(310)
    browser.delay = () => 1
    await browser.signIn(wangFang.id)
    const arrived = browser.open()
    expect(await browser.settle(asked)).toMatchObject({ code: 'signed_out' })
    expect(users([tab])).toEqual(users([arrived]))
    expect(browser.count('/orders')).toBe(1)
  })

  it('ask once more when somebody signs in while they wait for an answer', async () => {
    const tab = await beginOne()
    browser.delay = () => 200
    tab.comeBack()
    await browser.pass(250)
    browser.delay = () => 1
    await browser.signIn(wangFang.id)
    browser.open()
    await browser.pass(1000)
    const session = await browser.ask('GET', '/v1/web/session')
    const { user } = (await session.json()) as { user: { id: string } | null }
    expect(users([tab])).toEqual([user && user.id])
  })

  it('believe no word on who is here that was asked for before a sign-out', async () => {
    const tabs = await beginTwo()
    browser.delay = () => 200
    tabs[0].comeBack()
    await browser.pass(250)
    browser.delay = () => 1
    await browser.settle(tabs[1].client.signOut())
    await browser.pass(1000)
    expect(users(tabs)).toEqual([null, null])
    expect(tabs[0].heard.slice(-1)).toEqual([null])
    expect(tabs[0].heard.filter((id) => id === null)).toHaveLength(1)
  })

  it('believe no token that was asked for before a sign-out', async () => {
    const tabs = await beginTwo()
    const [first, second] = tabs
    let slow = true
    browser.delay = () => (slow ? 200 : 1)
    // Asks for a token, whose reply is still on its way when the other tab has signed out.
    const asked = failureOf(ask(first.client))
    await browser.pass(250)
    slow = false
    await browser.settle(second.client.signOut())
    expect(await browser.settle(asked)).toMatchObject({ code: 'signed_out' })
    expect(users(tabs)).toEqual([null, null])
  })

  it('look again when they come back from the browser’s memory', async () => {
    const tab = await beginOne()
    await browser.ask('POST', '/v1/web/sign-out', {})
    expect(tab.client.user).not.toBeNull()
    tab.comeBack()
    await browser.pass(100)
    expect(tab.client.user).toBeNull()
  })

  it('are each alone, and work, where the browser has neither channel nor locks', async () => {
    const tabs = await begin(2, { modern: false })
    expect(await askAll(tabs)).toMatchObject([{ statusCode: 200 }, { statusCode: 200 }])
    expect(browser.count('/v1/web/token')).toBe(2)
  })

  it('ask again for who is here when it could not be found out', async () => {
    browser = await openBrowser()
    await browser.signIn(liHua.id)
    browser.online = false
    const { client } = browser.open()
    expect(await failureOf(browser.settle(client.ready))).toMatchObject({ code: 'network' })
    expect(client.user).toBeUndefined()
    browser.online = true
    expect(await browser.settle(client.ready)).toMatchObject({ id: expect.any(String) })
  })

  it('hear nothing and say nothing once closed', async () => {
    const [first, second] = await beginTwo()
    second.close()
    const heard = second.heard.length
    await browser.settle(first.client.signOut())
    await browser.pass(100)
    expect(second.heard).toHaveLength(heard)
  })

  it('suffer nothing by a listener that throws', async () => {
    const tab = await beginOne()
    const heard: unknown[] = []
    tab.client.onChange(() => {
      throw new Error('a mistake of the page')
    })
    tab.client.onChange((user) => heard.push(user))
    const out = tab.client.signOut()
    await expect(browser.settle(out)).rejects.toThrow('a mistake of the page')
    await out
    expect(heard).toEqual([null])
  })
})

describe('a session that ended', () => {
  it('is told to every tab by the first that finds out', async () => {
    const tabs = await beginTwo()
    await browser.ask('POST', '/v1/web/sign-out', {})
    const asked = tabs[0].client.request({ url: '/v1/me' })
    expect(await failureOf(browser.settle(asked))).toMatchObject({ status: 401 })
    await browser.pass(200)
    expect(users(tabs)).toEqual([null, null])
  })

  it('is found out when a token is wanted', async () => {
    const tab = await beginOne()
    await browser.ask('POST', '/v1/web/sign-out', {})
    expect(await failureOf(browser.settle(ask(tab.client)))).toMatchObject({ status: 401 })
    expect(tab.client.user).toBeNull()
    expect(browser.count('/orders')).toBe(0)
  })

  it('is not made of a wrong password, of another refusal or of a bad network', async () => {
    const tab = await beginOne()
    const body = {
      app_id: miniProgram.appid,
      phone: '+8613800138000',
      password: 'not the right one',
    }
    const reply = await browser.settle(
      tab.client.request({ url: '/v1/sign-in/password', method: 'POST', data: body }),
    )
    expect(reply).toMatchObject({ statusCode: 401, data: { code: 'password_wrong' } })
    browser.online = false
    await failureOf(browser.settle(tab.client.request({ url: '/v1/me' })))
    expect(tab.client.user).not.toBeNull()
  })
})

describe('a back end’s 401', () => {
  it.each(['token_expired', 'token_invalid', 'session_ended'])(
    'of %s gets one new token, and the request once more',
    async (code) => {
      const tab = await beginOne()
      await askAll([tab])
      const old = browser.calls.at(-1)?.authorization
      browser.shopAnswer = ({ authorization }) => (authorization === old ? refuse(code) : undefined)
      // The keys of a token hold the second of its making.
      await browser.pass(1000)
      browser.calls.length = 0
      expect(await askAll([tab])).toMatchObject([{ statusCode: 200 }])
      expect(browser.count('/orders')).toBe(2)
      expect(browser.count('/v1/web/token')).toBe(1)
    },
  )

  it('makes no tab take the refused token from another', async () => {
    const tabs = await begin(2)
    await askAll(tabs)
    const old = browser.calls.at(-1)?.authorization
    browser.shopAnswer = ({ authorization }) =>
      authorization === old ? refuse('token_invalid') : undefined
    await browser.pass(1000)
    browser.calls.length = 0
    await askAll(tabs)
    expect(browser.count('/v1/web/token')).toBe(1)
  })

  it('is an error the second time, and never a loop', async () => {
    const tab = await beginOne()
    browser.shopAnswer = () => refuse('token_invalid')
    expect(await failureOf(browser.settle(ask(tab.client)))).toMatchObject({
      code: 'token_refused',
    })
    expect(browser.count('/orders')).toBe(2)
  })

  it('is the caller’s where it is not about the token, or where nothing is to be sent again', async () => {
    const tab = await beginOne()
    browser.shopAnswer = () => new Response('who are you?', { status: 401 })
    expect(await askAll([tab])).toMatchObject([{ statusCode: 401, data: 'who are you?' }])
    browser.shopAnswer = () => refuse('token_expired')
    const asked = tab.client.request({ url: `${apiUrl}/orders`, replay: false })
    expect(await failureOf(browser.settle(asked))).toMatchObject({
      code: 'token_refused',
      action: 'retry',
    })
    expect(browser.count('/orders')).toBe(2)
  })
})
