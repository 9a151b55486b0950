import { request } from 'node:http'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { miniProgram, readObject, startEmulator, toObject } from '../start-emulator.ts'
import { textWith } from '../text.ts'

const calls: readonly (readonly [string, string])[] = [
  ['POST', 'apps'],
  ['PATCH', `apps/${miniProgram.appid}`],
  ['POST', 'people'],
  ['POST', 'wx/login'],
  ['POST', 'wx/checkSession'],
  ['POST', 'faults'],
  ['DELETE', 'faults'],
  ['POST', 'clock'],
  ['POST', 'reset'],
]

async function send(url: string, method: string, path: string, body: string) {
  const response = await fetch(`${url}/emulator/${path}`, { method, body })
  return { status: response.status, body: readObject(await response.text()) }
}

test.each([
  ['broken JSON', '{"kind":'],
  ['a list', '[]'],
  ['a number', '1'],
  ['null', 'null'],
  ['nothing but a space', ' '],
  ['bytes', '\u0000\u0001'],
])('a body that is %s is refused as no JSON object', async (_, body) => {
  const emulator = await startEmulator()
  for (const [method, path] of calls) {
    const reply = await send(emulator.url, method, path, body)
    expect([reply.status, reply.body.error]).toMatchObject([400, { code: 'body_invalid' }])
  }
})

test('a body of three megabytes is refused, and the connection goes on', async () => {
  const emulator = await startEmulator()
  const body = JSON.stringify({ nickname: 'x'.repeat(3_000_000) })
  const reply = await send(emulator.url, 'POST', 'people', body)
  expect([reply.status, reply.body.error]).toMatchObject([
    413,
    { code: 'body_too_large', fix: 'Send at most 2097152 bytes.' },
  ])
  expect((await emulator.world()).people).toHaveLength(3)
})

test('names of Object.prototype are unknown fields, and pollute nothing', async () => {
  const emulator = await startEmulator()
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const body = `{"${name}":{"polluted":true}}`
    for (const [method, path] of calls) {
      const reply = await send(emulator.url, method, path, body)
      expect([reply.status, reply.body.error]).toMatchObject([400, { code: 'field_unknown' }])
    }
  }
  expect({}).not.toHaveProperty('polluted')
})

test('a wrong method is a 405 that names the right ones', async () => {
  const emulator = await startEmulator()
  for (const [path, allow] of [
    ['world', 'GET'],
    ['faults', 'POST, DELETE'],
    [`apps/${miniProgram.appid}`, 'PATCH'],
  ]) {
    const response = await fetch(`${emulator.url}/emulator/${path}`, { method: 'PUT' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
    expect(readObject(await response.text()).error).toMatchObject({
      code: 'method_not_allowed',
      fix: `It takes ${allow}.`,
    })
  }
})

test('an unknown path is a 404 that names the calls that exist', async () => {
  const emulator = await startEmulator()
  for (const path of ['', 'nothing', 'apps/a/b', 'wx/login/', '%00', '__proto__']) {
    const { status, body } = await emulator.control('GET', path)
    expect([status, body.error]).toMatchObject([
      404,
      { code: 'call_unknown', fix: textWith('POST /emulator/wx/login') },
    ])
  }
})

test('no value of any field makes the emulator fail', async () => {
  const emulator = await startEmulator()
  const fields =
    'kind appid secret open_platform nickname phone country_code person path fault errcode errmsg ' +
    'status delay_ms times after advance_seconds ip_whitelist blocked quota second_use_errcode'
  const names = fc.constantFrom(...fields.split(' '))
  const values = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('mini_program', '*', 'hang', 'errcode', miniProgram.appid, 'li-hua', 1e308),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...calls),
      fc.dictionary(names, values, { maxKeys: 5 }),
      async ([method, path], body) => {
        const reply = await send(emulator.url, method, path, JSON.stringify(body))
        expect(reply.status).toBeLessThan(500)
        if (reply.status >= 400) {
          expect(Object.keys(toObject(reply.body.error))).toEqual(['code', 'message', 'fix'])
        }
        expect(await emulator.world()).toHaveProperty('now')
      },
    ),
    { numRuns: 300 },
  )
})

test('a page on this machine may drive the emulator, preflight included', async () => {
  const emulator = await startEmulator()
  for (const origin of ['http://localhost:4100', 'http://127.0.0.1:4100', 'http://[::1]:4100']) {
    const preflight = await fetch(`${emulator.url}/emulator/apps/${miniProgram.appid}`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'PATCH' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
    expect(preflight.headers.get('access-control-allow-methods')).toBe('PATCH')
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type')
    const world = await fetch(`${emulator.url}/emulator/world`, { headers: { origin } })
    expect(world.status).toBe(200)
    expect(world.headers.get('access-control-allow-origin')).toBe(origin)
    expect(world.headers.get('vary')).toBe('origin')
  }
})

test('a page elsewhere may not drive the emulator, nor read its refusal', async () => {
  const emulator = await startEmulator()
  for (const origin of [
    'https://example.com',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'https://example.com:80/localhost',
    'null',
    'nonsense',
  ]) {
    for (const method of ['POST', 'OPTIONS']) {
      const url = `${emulator.url}/emulator/reset`
      const response = await fetch(url, { method, headers: { origin } })
      expect(response.status).toBe(403)
      expect(response.headers.get('access-control-allow-origin')).toBe(null)
      expect(await response.text()).toContain('"origin_refused"')
    }
  }
})

test('a client that leaves in the middle of its body is no failure', async () => {
  const emulator = await startEmulator()
  const half = request(`${emulator.url}/emulator/people`, {
    method: 'POST',
    headers: { 'content-length': '100' },
  })
  half.on('error', () => {})
  half.write('{"nick')
  await new Promise((resolve) => half.once('socket', (socket) => socket.once('connect', resolve)))
  half.destroy()
  expect((await emulator.world()).people).toHaveLength(3)
})
