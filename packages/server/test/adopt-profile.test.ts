import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMemoryStore } from '@kaimen/server/store/memory'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryBlobs } from '../src/blobs/memory.ts'
import { systemRandom } from '../src/random.ts'
import { event, signInWrite } from '../src/store/suite/builders.ts'
import type { Store, StoredUser } from '../src/store/store.ts'
import { adoptProfile } from '../src/user/adopt-profile.ts'
import { testClock } from './support/clock.ts'
import { makePng } from './support/pictures.ts'

const clock = testClock()
let store: Store
let user: StoredUser
let server: Server
let origin: string
let asked: string[]
let answer: RequestListener
const reports: unknown[] = []

beforeEach(async () => {
  asked = []
  reports.length = 0
  answer = (_, response) => response.end(makePng(64, 64))
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  store = createMemoryStore(clock)
  await store.migrate()
  const write = signInWrite(store)
  await store.signIn(write)
  const found = await store.findUser(write.user_id)
  if (!found) throw new Error('no user')
  user = found
})
afterEach(async () => {
  vi.restoreAllMocks()
  await new Promise((resolve) => server.close(resolve))
})

/** What the user shows after WeChat told this. */
async function adopt(nickname: string, headimgurl: string, openUrl = origin) {
  await adoptProfile(
    {
      store,
      blobs: createMemoryBlobs(),
      clock,
      random: systemRandom,
      emit: () => {},
      web: { openUrl },
      report: (_, error) => void reports.push(error),
    },
    user,
    () => Promise.resolve({ nickname, headimgurl }),
  )
  const { nickname: name, avatar } = (await store.findUser(user.id)) ?? user
  return [name, avatar?.split('.').at(-1) ?? null]
}

describe('what WeChat tells of a person', () => {
  it('fills what is empty', async () => {
    expect(await adopt('Lily', `${origin}/132`)).toEqual(['Lily', 'png'])
  })

  it('leaves what they chose', async () => {
    user = { ...user, nickname: 'Mine' }
    await store.changeProfile({
      user_id: user.id,
      nickname: 'Mine',
      now_ms: 0,
      event: event(store),
    })
    expect(await adopt('Lily', `${origin}/132`)).toEqual(['Mine', 'png'])
  })

  it.each(['微信用户', '', '\u202e', 'x'.repeat(40)])('%j is no name', async (nickname) => {
    expect(await adopt(nickname, '')).toEqual([null, null])
    expect(reports).toEqual([])
  })
})

describe('a picture', () => {
  it('is fetched from WeChat alone, and from nowhere else by way of it', async () => {
    const fetching = vi.spyOn(globalThis, 'fetch')
    for (const address of [
      '',
      'nonsense',
      'file:///etc/passwd',
      `${origin}/132`,
      'http://169.254.169.254/latest',
      'https://qlogo.cn.evil.test/132',
      'https://evilqlogo.cn/132',
      'https://thirdwx.qlogo.cn:8443/132',
      'ftp://thirdwx.qlogo.cn/132',
      'https://thirdwx.qlogo.cn@evil.test/132',
    ]) {
      expect(await adopt('', address, 'https://open.weixin.qq.com')).toEqual([null, null])
    }
    expect([fetching.mock.calls, asked]).toEqual([[], []])
    fetching.mockImplementation(() => Promise.resolve(new Response(makePng(64, 64))))
    for (const address of ['http://wx.qlogo.cn/132', 'https://thirdwx.qlogo.cn/mmopen/132']) {
      user = { ...user, avatar: null }
      expect(await adopt('', address, 'https://open.weixin.qq.com')).toEqual([null, 'png'])
    }
  })

  it('follows no redirect', async () => {
    answer = (_, response) => response.writeHead(302, { location: `${origin}/inside` }).end()
    expect(await adopt('Lily', `${origin}/132`)).toEqual(['Lily', null])
    expect([asked, reports.length]).toEqual([['/132'], 1])
  })

  it('that does not end is given up at the size of the largest', async () => {
    answer = (_, response) => {
      const block = Buffer.alloc(65_536)
      const pour = () => {
        while (response.write(block)) continue
      }
      response.on('drain', pour)
      pour()
    }
    expect(await adopt('Lily', `${origin}/132`)).toEqual(['Lily', null])
    expect(reports).toEqual([])
  })

  it.each<[string, RequestListener]>([
    ['a page', (_, response) => response.end('<html>')],
    ['an error', (_, response) => response.writeHead(404).end(makePng(64, 64))],
    [
      'more than a picture has',
      (_, response) => response.end(Buffer.alloc(2_000_000, makePng(64, 64))),
    ],
    ['nothing', (_, response) => response.end()],
  ])('that is %s is none', async (_, listener) => {
    answer = listener
    expect(await adopt('Lily', `${origin}/132`)).toEqual(['Lily', null])
  })
})
