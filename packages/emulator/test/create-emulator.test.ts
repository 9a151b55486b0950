import { once } from 'node:events'
import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createEmulator } from '../src/index.ts'
import { exchangeUrl, startEmulator } from './start-emulator.ts'

test('it listens on 127.0.0.1 at any free port for port 0', async () => {
  const [one, other] = [await startEmulator(), await startEmulator()]
  expect(one.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(other.url).not.toBe(one.url)
})

test('it answers the hosts of WeChat under any name, and absolute targets of a proxy', async () => {
  const emulator = await startEmulator()
  const path = exchangeUrl('', 'x')
  for (const target of [path, `http://api.weixin.qq.com${path}`]) {
    const asked = get(emulator.url, { path: target, headers: { host: 'api.weixin.qq.com' } })
    const [response]: IncomingMessage[] = await once(asked, 'response')
    expect(response && (await text(response))).toContain('40029')
  }
})

test('it refuses to start on a port that is taken', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const address = taken.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await expect(createEmulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  taken.close()
})

test('close ends idle connections at once, and may be called twice', async () => {
  const emulator = await createEmulator({ port: 0 })
  await fetch(`${emulator.url}/emulator/world`)
  await emulator.close()
  await emulator.close()
  await expect(fetch(`${emulator.url}/emulator/world`)).rejects.toThrow('fetch failed')
})

test('its clock is the one that is passed in, plus what it was advanced', async () => {
  let nowMs = Date.UTC(2030, 0, 1)
  const emulator = await startEmulator({ now: () => nowMs })
  const code = await emulator.login()
  nowMs += 200_000
  expect(await emulator.advance(50)).toEqual({ now: '2030-01-01T00:04:10.000Z' })
  nowMs += 50_000
  expect(await emulator.exchange(code)).toMatchObject({ errcode: 40029 })
})

test('its codes and keys come from the random bytes that are passed in', async () => {
  const count = () => {
    let next = 0
    return (byteCount: number) => Uint8Array.from({ length: byteCount }, () => (next++ * 7) % 256)
  }
  const [one, other] = [
    await startEmulator({ random: count() }),
    await startEmulator({ random: count() }),
  ]
  const code = await one.login()
  expect(await other.login()).toBe(code)
  expect(await other.exchange(code)).toEqual(await one.exchange(code))
})
