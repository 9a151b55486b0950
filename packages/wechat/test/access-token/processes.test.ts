import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createAccessTokens, getApiQuota } from '../../src/index.ts'
import type { TokenStore } from '../../src/index.ts'
import { bound, emulate } from '../support/emulate.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'

const script = new URL('../support/token-process.ts', import.meta.url)
const stable = '/cgi-bin/stable_token'

function makeFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kaimen-tokens-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'store.sqlite')
}

/** A process of its own that waits for `ask`. */
async function startProcess(baseUrl: string, file: string, callers: number, leaseMs = 6000) {
  const args = [script.pathname, baseUrl, file, bound.appid, bound.secret]
  const child = spawn(process.execPath, [...args, String(callers), String(leaseMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  expect((await lines.next()).value).toBe('ready')
  return {
    child,
    ask: () => void child.stdin.write('go\n'),
    answer: async (): Promise<unknown> => JSON.parse(String((await lines.next()).value)),
  }
}

describe('real processes with a store in a file', () => {
  test('[WX-13] 100 cold callers in each of 4 cause one token request', async () => {
    const { baseUrl, countCalls, wechat } = await emulate()
    const file = makeFile()
    openSqliteStore(file).close()
    const processes = await Promise.all(
      Array.from({ length: 4 }, () => startProcess(baseUrl, file, 100)),
    )
    for (const { ask } of processes) ask()
    const answers = await Promise.all(processes.map(({ answer }) => answer()))
    const [token] = answers.flat()
    expect(answers).toEqual(Array.from({ length: 4 }, () => [token]))
    expect(await countCalls(stable)).toBe(1)
    const access_token = String(token)
    const cgi_path = '/wxa/getwxacodeunlimit'
    await expect(getApiQuota(wechat, { access_token, cgi_path })).resolves.toBeDefined()
  }, 60_000)

  test('[WX-13] one killed while it fetches delays nobody longer than its lease', async () => {
    const { baseUrl, control, wechat, countCalls } = await emulate()
    const file = makeFile()
    const leaseMs = 1500
    const store = openSqliteStore(file)
    onTestFinished(() => store.close())
    await control('POST', '/faults', { path: stable, fault: 'hang' })
    const { child, ask } = await startProcess(baseUrl, file, 1, leaseMs)
    ask()
    const key = `wechat_access_token:${bound.appid}`
    await expect.poll(() => store.get(key), { timeout: 15_000 }).toContain('"ticket":1')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await control('DELETE', '/faults')
    expect(await store.get(key)).not.toContain('"token"')

    let sleptMs = 0
    const tokens = createAccessTokens({
      wechat,
      apps: [bound],
      store,
      leaseMs,
      async sleep(milliseconds) {
        sleptMs += milliseconds
        await new Promise((resolve) => setTimeout(resolve, milliseconds))
      },
    })
    await Promise.all(Array.from({ length: 100 }, () => tokens.get(bound.appid)))
    expect(sleptMs).toBeLessThanOrEqual(leaseMs)
    expect(await countCalls(stable)).toBeLessThanOrEqual(2)
    expect(await store.get(key)).toContain('"ticket":2')
  }, 60_000)
})

test('the store of these tests keeps what it is asked to keep', async () => {
  const store: TokenStore & { close(): void } = openSqliteStore(makeFile())
  onTestFinished(() => store.close())
  const added = await Promise.all(['a', 'b', 'c'].map((value) => store.add('k', value, 1000)))
  expect(added).toEqual([true, false, false])
  expect(await store.replace('k', 'b', 'c', 1000)).toBe(false)
  expect(await store.replace('k', 'a', 'c', 1000)).toBe(true)
  expect(await store.get('k')).toBe('c')
  expect(await store.replace('k', 'c', 'd', -1)).toBe(true)
  expect(await store.get('k')).toBeUndefined()
  expect(await store.replace('k', 'd', 'e', 1000)).toBe(false)
  expect(await store.add('k', 'f', 1000)).toBe(true)
})
