import { createConnection } from 'node:net'
import { expect, test } from 'vitest'
import { exchangeUrl, miniProgram, readObject, startEmulator, startMs } from '../start-emulator.ts'
import type { TestEmulator } from '../start-emulator.ts'
import { textWith } from '../text.ts'

const path = '/sns/jscode2session'

/** What comes over the wire until the connection ends, and how it ends. */
function readWire(emulator: TestEmulator, code: string): Promise<{ text: string; end: string }> {
  const { hostname, port, pathname, search } = new URL(exchangeUrl(emulator.url, code))
  const socket = createConnection(Number(port), hostname)
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: api.weixin.qq.com\r\n\r\n`)
  return new Promise((resolve) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => (text += chunk))
    socket.on('end', () => resolve({ text, end: 'end' }))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve({ text, end: error.code ?? '' }))
  })
}

/** Waits until WeChat has been asked this often. */
async function waitForCalls(emulator: TestEmulator, count: number) {
  while ((await emulator.calls()).length < count) await new Promise(setImmediate)
}

test('errcode answers with that errcode and the text of WeChat, and does not spend the code', async () => {
  const emulator = await startEmulator()
  const code = await emulator.login()
  await emulator.post('faults', { path, fault: 'errcode', errcode: -1, times: 1 })
  const { errcode, errmsg } = await emulator.exchange(code)
  expect(errcode).toBe(-1)
  expect(errmsg).toMatch(/^system error, rid: /)
  expect(await emulator.exchange(code)).toHaveProperty('openid')
})

test('errcode takes a text of its own for a number that the emulator has no text for', async () => {
  const emulator = await startEmulator()
  const fault = { path, fault: 'errcode', errcode: 89598 }
  const refused = await emulator.control('POST', 'faults', fault)
  expect(refused.body.error).toMatchObject({ fix: textWith('errmsg is required') })
  await emulator.post('faults', { ...fault, errmsg: 'needs approval' })
  expect(await emulator.exchange('x')).toMatchObject({
    errcode: 89598,
    errmsg: textWith('needs approval, rid: '),
  })
})

test('status, html and empty answer what is no JSON, and do not spend the code', async () => {
  const emulator = await startEmulator()
  const code = await emulator.login()
  const seen: unknown[] = []
  for (const fault of [
    { fault: 'status', status: 503 },
    { fault: 'html' },
    { fault: 'html', status: 200 },
    { fault: 'empty' },
  ]) {
    await emulator.post('faults', { path, times: 1, ...fault })
    const response = await fetch(exchangeUrl(emulator.url, code))
    const text = await response.text()
    expect(response.headers.get('content-type')).toBe('text/html')
    seen.push([response.status, text.slice(0, 6)])
  }
  expect(seen).toEqual([
    [503, ''],
    [502, '<html>'],
    [200, '<html>'],
    [200, ''],
  ])
  expect(await emulator.exchange(code)).toHaveProperty('openid')
})

test('reset ends the connection with a TCP reset before anything is answered', async () => {
  const emulator = await startEmulator()
  const code = await emulator.login()
  await emulator.post('faults', { path, fault: 'reset', times: 1 })
  expect(await readWire(emulator, code)).toEqual({ text: '', end: 'ECONNRESET' })
  expect(await emulator.exchange(code)).toHaveProperty('openid')
})

test('truncate cuts the body of a real answer, and the code is spent', async () => {
  const emulator = await startEmulator()
  const code = await emulator.login()
  await emulator.post('faults', { path, fault: 'truncate', times: 1 })
  const { text, end } = await readWire(emulator, code)
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const announced = Number(/content-length: (\d+)/i.exec(head)?.[1])
  expect(end).toBe('end')
  expect(head).toMatch(/^HTTP\/1\.1 200 OK/)
  expect(body).toMatch(/^\{"session_key":/)
  expect(body.length).toBe(Math.ceil(announced / 2))
  expect(() => readObject(body)).toThrow(SyntaxError)
  expect(await emulator.exchange(code)).toMatchObject({ errcode: 40163 })
})

test('delay answers later, what is true then', async () => {
  const emulator = await startEmulator()
  await emulator.post('faults', { path, fault: 'delay', delay_ms: 30, times: 1 })
  const code = await emulator.login()
  const reply = emulator.exchange(code)
  await waitForCalls(emulator, 1)
  await emulator.switch({ blocked: true })
  expect(await reply).toMatchObject({ errcode: 40226 })
})

test('hang answers nothing until the fault is deleted, and then what is true', async () => {
  const emulator = await startEmulator()
  await emulator.post('faults', { path, fault: 'hang' })
  const code = await emulator.login()
  const replies = [emulator.exchange(code), emulator.exchange(code)]
  await waitForCalls(emulator, 2)
  expect(await emulator.deleteFaults()).toEqual({ deleted: 1, released: 2 })
  const answered = await Promise.all(replies)
  expect(answered.filter((reply) => 'openid' in reply)).toHaveLength(1)
  expect(answered.filter((reply) => reply.errcode === 40163)).toHaveLength(1)
})

test('a client that does not wait for a hang is let go, and its code is not spent', async () => {
  const emulator = await startEmulator()
  await emulator.post('faults', { path, fault: 'hang', times: 1 })
  const code = await emulator.login()
  const leave = new AbortController()
  const reply = fetch(exchangeUrl(emulator.url, code), { signal: leave.signal })
  await waitForCalls(emulator, 1)
  leave.abort()
  await expect(reply).rejects.toThrow('aborted')
  expect(await emulator.exchange(code)).toHaveProperty('openid')
  expect(await emulator.deleteFaults()).toEqual({ deleted: 0, released: 0 })
})

test('reset of the world and the end of the emulator cut what hangs', async () => {
  const emulator = await startEmulator()
  for (const end of [() => emulator.post('reset'), () => emulator.close()]) {
    await emulator.post('faults', { path, fault: 'hang' })
    const reply = readWire(emulator, 'x')
    await waitForCalls(emulator, 1)
    await end()
    expect((await reply).text).toBe('')
  }
})

test.each(['delay', 'hang', 'reset', 'status', 'html', 'empty', 'errcode'])(
  'with after: true, %s loses the reply of work that WeChat did',
  async (fault) => {
    const emulator = await startEmulator()
    const extra = {
      delay: { delay_ms: 600_000 },
      status: { status: 502 },
      errcode: { errcode: -1 },
    }
    const fields = Object.entries(extra).find(([name]) => name === fault)?.[1]
    await emulator.post('faults', { path, fault, after: true, times: 1, ...fields })
    const code = await emulator.login()
    const leave = new AbortController()
    const reply = fetch(exchangeUrl(emulator.url, code), { signal: leave.signal })
    const text = reply.then((response) => response.text()).catch(() => '')
    await waitForCalls(emulator, 1)
    leave.abort()
    expect(await text).not.toContain('openid')
    expect(await emulator.exchange(code)).toMatchObject({ errcode: 40163 })
  },
)

test('faults of one path happen in the order in which they were set, each as often as it says', async () => {
  const emulator = await startEmulator()
  await emulator.post('faults', { path, fault: 'errcode', errcode: 45011, times: 2 })
  await emulator.post('faults', { path: '*', fault: 'errcode', errcode: -1, times: 1 })
  const code = await emulator.login()
  const seen: unknown[] = []
  for (let i = 0; i < 4; i += 1) seen.push((await emulator.exchange(code)).errcode)
  expect(seen).toEqual([45011, 45011, -1, undefined])
})

test('a fault without times stays until it is deleted, and never touches /emulator', async () => {
  const emulator = await startEmulator()
  await emulator.post('faults', { path: '*', fault: 'status', status: 500 })
  for (const url of [exchangeUrl(emulator.url, 'x'), `${emulator.url}/other`, emulator.url]) {
    expect((await fetch(url)).status).toBe(500)
  }
  expect(await emulator.world()).toHaveProperty('now')
  expect(await emulator.deleteFaults()).toEqual({ deleted: 1, released: 0 })
  expect(await emulator.exchange('x')).toMatchObject({ errcode: 40029 })
})

test('a fault is answered with how it was understood', async () => {
  const emulator = await startEmulator()
  const fault = { path, fault: 'html', status: 504, times: 3 }
  expect(await emulator.control('POST', 'faults', fault)).toEqual({
    status: 201,
    body: { id: 1, path, fault: 'html', status: 504, after: false, times_left: 3 },
  })
})

test.each([
  [{ fault: 'reset' }, 'path', 'must be a path'],
  [{ path: '/sns/jscode2sesion', fault: 'reset' }, '', 'Use one of /sns/jscode2session, '],
  [{ path: '/emulator/world', fault: 'reset' }, '', 'Use one of /sns/jscode2session, '],
  [{ path, fault: 'explode' }, 'fault', '"errcode", "status", "delay", "hang"'],
  [{ path, fault: 'errcode' }, 'errcode', 'is required for the fault errcode'],
  [{ path, fault: 'errcode', errcode: 0 }, 'errcode', 'other than 0'],
  [{ path, fault: 'status' }, 'status', 'is required for the fault status'],
  [{ path, fault: 'status', status: 99 }, 'status', 'from 200 to 599'],
  [{ path, fault: 'delay' }, 'delay_ms', 'is required for the fault delay'],
  [{ path, fault: 'hang', delay_ms: 5 }, 'delay_ms', 'belongs to the fault delay, not to hang'],
  [{ path, fault: 'empty', status: 500 }, 'status', 'belongs to the fault status or html'],
  [{ path, fault: 'reset', times: 0 }, 'times', 'from 1 to 1000000'],
  [{ path, fault: 'truncate', after: false }, 'after', 'must be true for truncate'],
])('the fault %j is refused with what to send', async (fault, field, wanted) => {
  const emulator = await startEmulator()
  const { status, body } = await emulator.control('POST', 'faults', fault)
  expect(status).toBe(400)
  expect(body.error).toMatchObject({ message: textWith(field), fix: textWith(wanted) })
})

test('the list of calls shows what was asked with every secret masked to its end', async () => {
  const emulator = await startEmulator()
  const code = await emulator.login()
  await emulator.exchange(code, { access_token: 'token-of-somebody', wrong_name: 'short' })
  await emulator.advance(5)
  await emulator.exchange(code)
  const [first, second] = await emulator.calls()
  expect(first).toEqual({
    method: 'GET',
    path,
    query: {
      appid: miniProgram.appid,
      secret: '****0001',
      js_code: `****${code.slice(-4)}`,
      grant_type: 'authorization_code',
      access_token: '****body',
      wrong_name: '****',
    },
    at: new Date(startMs).toISOString(),
    errcode: 0,
    appid: miniProgram.appid,
  })
  expect(second).toMatchObject({ at: new Date(startMs + 5000).toISOString(), errcode: 40163 })
})

test('the list of calls shows bodies masked, and the fault that befell a call', async () => {
  const emulator = await startEmulator()
  await emulator.post('faults', { path, fault: 'status', status: 500, times: 1 })
  const url = `${emulator.url}${path}`
  const secret = miniProgram.secret
  for (const body of [new URLSearchParams({ secret }), JSON.stringify({ secret }), secret]) {
    await fetch(url, { method: 'POST', body })
  }
  const calls = await emulator.calls()
  expect(calls.map((call) => call.body)).toEqual([
    { secret: '****0001' },
    { secret: '****0001' },
    '32 bytes',
  ])
  expect(calls.map((call) => [call.errcode, call.fault])).toEqual([
    [null, 'status'],
    [41002, undefined],
    [41002, undefined],
  ])
  expect(JSON.stringify(calls)).not.toContain(secret.slice(0, 8))
})

test('the list of calls holds the latest 1,000', async () => {
  const emulator = await startEmulator()
  for (let i = 0; i < 2100; i += 50) {
    const ask = (_: unknown, j: number) => fetch(`${emulator.url}/${i + j}`)
    await Promise.all(Array.from({ length: 50 }, ask))
  }
  const calls = await emulator.calls()
  expect(calls).toHaveLength(1000)
  expect(calls.every((call) => Number(String(call.path).slice(1)) >= 1000)).toBe(true)
})
