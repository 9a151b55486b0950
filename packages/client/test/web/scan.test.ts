import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuthError } from '../../src/web/index.ts'
import type { Host } from '../../src/web/host.ts'
import { followScan, type ScanStatus } from '../../src/web/scan.ts'
import type { User } from '../../src/wire.ts'
import { openBrowser, type Browser } from './support/many-tabs.ts'
import { authUrl, liHua, miniProgram } from './support/servers.ts'

let browser: Browser
beforeEach(async () => {
  browser = await openBrowser()
})
afterEach(() => browser.close())

/** A scan on a page whose browser has no server-sent events. */
async function begin(host: Partial<Host> = {}) {
  const tab = browser.open()
  Object.assign(tab.host, host)
  await browser.settle(tab.client.ready)
  const seen: ScanStatus[] = []
  const errors: Array<AuthError | undefined> = []
  const lefts: number[] = []
  const users: User[] = []
  let url = ''
  let pictureFailed = () => {}
  const stop = followScan(tab.host, authUrl, miniProgram.appid, {
    show(status, error) {
      seen.push(status)
      errors.push(error)
    },
    picture(address, failed) {
      url = address
      pictureFailed = failed
    },
    left: (seconds) => lefts.push(seconds),
    signedIn: ({ user }) => users.push(user),
  })
  await browser.pass(100)
  const scanned = async () => {
    const picture = await browser.ask('GET', new URL(url).pathname)
    const bytes = new Uint8Array(await picture.arrayBuffer())
    return await browser.servers.scan(liHua.id, bytes)
  }
  return { seen, errors, lefts, users, stop, scanned, failPicture: () => pictureFailed() }
}

describe('a scan, by asking every two seconds', () => {
  it('[OA-6] goes from the picture to the person, state by state', async () => {
    const { seen, users, lefts, scanned } = await begin()
    expect(seen).toEqual(['loading', 'waiting'])
    const phone = await scanned()
    expect(await phone.claim()).toBe(200)
    await browser.pass(2500)
    expect(seen.at(-1)).toBe('claimed')
    expect(await phone.approve()).toBe(200)
    await browser.pass(2500)
    expect(seen).toEqual(['loading', 'waiting', 'claimed', 'signed_in'])
    expect(users).toEqual([expect.objectContaining({ id: expect.any(String) })])
    expect(browser.cookies.has('kaimen')).toBe(true)
    expect(lefts.slice(0, 3)).toEqual([120, 119, 118])
    const calls = browser.calls.length
    await browser.pass(60_000)
    expect(browser.calls).toHaveLength(calls)
  })

  it('ends when the phone says no', async () => {
    const { seen, users, lefts, scanned } = await begin()
    const phone = await scanned()
    await phone.claim()
    await phone.reject()
    await browser.pass(2500)
    const counted = lefts.length
    await browser.pass(5000)
    expect(lefts).toHaveLength(counted)
    expect(seen.at(-1)).toBe('rejected')
    expect(users).toEqual([])
  })

  it('ends after two minutes, and asks no more', async () => {
    const { seen, lefts } = await begin()
    await browser.pass(121_000)
    expect(seen.at(-1)).toBe('expired')
    expect(lefts).toEqual(lefts.toSorted((a, b) => b - a))
    expect(lefts.at(-1)).toBeLessThanOrEqual(1)
    const calls = browser.calls.length
    await browser.pass(60_000)
    expect(browser.calls).toHaveLength(calls)
  })

  it('loses nothing to a bad network: the reply that was lost is given again', async () => {
    const { seen, users, scanned } = await begin()
    const phone = await scanned()
    await phone.claim()
    await phone.approve()
    // The server has made the session, and nobody hears of it.
    browser.delay = () => 500
    await browser.pass(2600)
    browser.online = false
    await browser.pass(5000)
    expect(seen.at(-1)).toBe('waiting')
    browser.online = true
    await browser.pass(5000)
    expect(seen.at(-1)).toBe('signed_in')
    expect(users).toHaveLength(1)
  })

  it('says that there is no connection, once the time is up', async () => {
    const { seen, errors } = await begin()
    browser.online = false
    await browser.pass(125_000)
    expect([seen.at(-1), errors.at(-1)?.code]).toEqual(['failed', 'network'])
  })

  it('says in the server’s words why there is no picture', async () => {
    const { seen, errors, failPicture } = await begin()
    await browser.servers.control('POST', '/emulator/faults', {
      path: '/wxa/getwxacodeunlimit',
      fault: 'errcode',
      errcode: 45009,
    })
    failPicture()
    await browser.pass(1000)
    expect([seen.at(-1), errors.at(-1)?.code]).toEqual(['failed', 'wechat_rate_limited'])
    expect(errors.at(-1)?.detail).toMatch(/./)
  })

  it('says that the page forbids the picture, when the server has one', async () => {
    const { seen, errors, failPicture } = await begin()
    failPicture()
    await browser.pass(1000)
    expect(seen.at(-1)).toBe('waiting')
    failPicture()
    await browser.pass(1000)
    expect(errors.at(-1)?.message).toContain('img-src')
  })

  it('says so where the mini program takes no scans', async () => {
    const tab = browser.open()
    const codes: Array<string | undefined> = []
    followScan(tab.host, authUrl, 'wx0000000000000000', {
      show: (_, error) => codes.push(error?.code),
      picture() {},
      left() {},
      signedIn() {},
    })
    await browser.pass(100)
    expect(codes).toEqual([undefined, 'app_unknown'])
  })

  it('asks nothing more once stopped', async () => {
    const { seen, stop } = await begin()
    stop()
    const calls = browser.calls.length
    await browser.pass(130_000)
    expect(browser.calls).toHaveLength(calls)
    expect(seen.at(-1)).toBe('waiting')
  })
})

describe('a scan, by server-sent events', () => {
  /** A line that is open, and on which what is said, if anything, is said here. */
  function openLine() {
    const line = Object.assign(new EventTarget(), { isOpen: true, close: () => {} })
    line.close = () => {
      line.isOpen = false
    }
    const say = (state: object) =>
      line.dispatchEvent(new MessageEvent('state', { data: JSON.stringify(state) }))
    return { line, say, openEvents: () => line as unknown as EventSource }
  }
  const asked = () =>
    browser.calls.filter(({ method, path }) => method === 'GET' && /scan/.test(path))

  it('asks nothing while the line speaks, and the server once it falls silent at the end', async () => {
    const { line, say, openEvents } = openLine()
    const { seen } = await begin({ openEvents })
    say({ status: 'waiting', expires_in: 120 })
    say({ status: 'nothing that is known' })
    await browser.pass(110_000)
    expect(asked()).toEqual([])
    await browser.pass(11_000)
    expect(seen.at(-1)).toBe('expired')
    expect(line.isOpen).toBe(false)
  })

  it('asks after four seconds where a proxy keeps the events back', async () => {
    const { line, openEvents } = openLine()
    const { seen, scanned } = await begin({ openEvents })
    const phone = await scanned()
    await phone.claim()
    await browser.pass(4100)
    expect(line.isOpen).toBe(false)
    expect(seen.at(-1)).toBe('claimed')
  })

  it('asks from then on where the line breaks', async () => {
    const { line, say, openEvents } = openLine()
    const { seen, users, scanned } = await begin({ openEvents })
    say({ status: 'waiting', expires_in: 120 })
    line.dispatchEvent(new Event('error'))
    const phone = await scanned()
    await phone.claim()
    await phone.approve()
    await browser.pass(2500)
    expect(seen.at(-1)).toBe('signed_in')
    expect(users).toHaveLength(1)
  })
})
