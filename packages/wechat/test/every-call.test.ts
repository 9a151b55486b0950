import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  createWechat,
  WechatDataError,
  WechatError,
  WechatInputError,
  WechatTransportError,
} from '../src/index.ts'
import type { Wechat } from '../src/index.ts'
import * as entry from '../src/index.ts'
import { callWith } from './support/call-with.ts'
import { allCalls } from './support/all-calls.ts'
import { everythingIn } from './support/canary.ts'

const calls = Object.entries(allCalls)
const timeoutMs = 400

let wechat: Wechat
let answer: RequestListener
const server = createServer((request, response) => {
  request.resume()
  answer(request, response)
})

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const baseUrl = `http://127.0.0.1:${address.port}`
  wechat = createWechat({ baseUrl, timeoutMs, circuitFailures: 10_000 })
})
beforeEach(() => {
  answer = (_request, response) => response.end('{}')
})
afterAll(async () => {
  await wechat.close()
  server.closeAllConnections()
  server.close()
})

function reply(body: string | Buffer, status = 200): void {
  answer = (_request, response) => response.writeHead(status).end(body)
}

/** What came of a call: its value, or an error that must be one of the package's own. */
async function outcomeOf(make: (wechat: Wechat) => Promise<unknown>): Promise<unknown> {
  try {
    return await make(wechat)
  } catch (error) {
    if (!isOurs(error)) throw error
    expect(everythingIn(error)).not.toContain('CANARY')
    return error
  }
}

function isOurs(error: unknown): boolean {
  return error instanceof WechatError || error instanceof WechatTransportError
}

test('there is no call that is not tried here', () => {
  const others = [
    'createWechat',
    'createAccessTokens',
    'verifyRawData',
    'decryptOpenData',
    'defaultCallLimits',
    'signLoginState',
    'readPhoneNumber',
    'toE164',
    'authorizeUrl',
    'qrConnectUrl',
    'verifyPushUrl',
    'decodePush',
    'encryptPushReply',
    'explainErrcode',
    'errcodes',
    'callErrcodes',
    'secret',
    'redactUrl',
    ...[WechatError, WechatTransportError, WechatInputError, WechatDataError].map((e) => e.name),
  ]
  expect([...Object.keys(allCalls), ...others].toSorted()).toEqual(Object.keys(entry).toSorted())
})

describe.each(calls)('%s', (name, { make, good }) => {
  test.skipIf('errcode' in good)(
    'takes its reply with errcode 0 or without, and with fields that are new',
    async () => {
      reply(JSON.stringify(good))
      const plain = await outcomeOf(make)
      reply(JSON.stringify({ errcode: 0, errmsg: 'ok', ...good, more: { deep: [1] } }))
      expect(everythingIn(await outcomeOf(make))).toBe(everythingIn(plain))
      expect(isOurs(plain)).toBe(false)
      expect(everythingIn(plain)).not.toContain('CANARY')
    },
  )

  test('tells an errcode, and says nothing that is secret even where WeChat repeats it', async () => {
    let sent = ''
    answer = (request, response) => {
      request.on('data', (chunk) => {
        sent += String(chunk)
      })
      request.on('end', () => {
        sent += ` ${request.url} ${decodeURIComponent(request.url ?? '')}`
        response.end(
          JSON.stringify({ errcode: 40164, errmsg: `${sent}, rid: 1a-2b-3c`.slice(-280) }),
        )
      })
    }
    const error = await outcomeOf(make)
    expect(error).toMatchObject({ errcode: 40164, endpoint: name, rid: '1a-2b-3c' })
    expect(sent).toMatch(/CANARY/)
  })

  test('gives a typed error for whatever comes back', async () => {
    const json = JSON.stringify(good)
    const bodies: (string | Buffer)[] = [
      '',
      ' ',
      '{',
      'null',
      'true',
      '5',
      '"a"',
      '[]',
      '<html></html>',
      json.slice(0, -1),
      `\uFEFF${json}`,
      '{"errcode":"40029"}',
      '{"errcode":1.5}',
      '{"errcode":null}',
      '{"errcode":{}}',
      '{"errcode":-1,"errmsg":{"toString":1}}',
      `{"errcode":-1,"errmsg":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      '{"errcode":-1,"errmsg":null}',
      '['.repeat(400_000),
      `{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}`,
      Buffer.from([0xff, 0xd8, 0xff]),
      Buffer.from([0x89, 0x50, 0x4e, 0x47]),
      Buffer.alloc(1000, 0xff),
      Buffer.alloc(10_485_760, 'a'),
      Buffer.alloc(10_485_760, '['),
    ]
    for (const body of bodies) {
      reply(body)
      await outcomeOf(make)
    }
    for (const status of [204, 301, 302, 400, 404, 500, 502]) {
      reply(json, status)
      expect(await outcomeOf(make)).toMatchObject({ kind: 'bad_reply', status })
    }
  })

  test('gives a typed error for any of its fields of any type', async () => {
    const names = [...JSON.stringify(good).matchAll(/"(\w+)":/g)].map(([, field = '']) => field)
    const field = fc.constantFrom(...names, 'errmsg', '__proto__', 'toString')
    await fc.assert(
      fc.asyncProperty(fc.dictionary(field, fc.jsonValue()), async (wrong) => {
        const inner = Object.fromEntries(
          Object.entries(good).map(([key, value]: [string, unknown]) => [
            key,
            typeof value === 'object' ? (Array.isArray(value) ? [wrong] : wrong) : value,
          ]),
        )
        for (const body of [{ ...good, ...wrong }, inner]) {
          reply(JSON.stringify(body))
          await outcomeOf(make)
        }
      }),
      { numRuns: 20 },
    )
  })

  test('gives a typed error for any bytes at all', async () => {
    const changed = fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat()).map(([at, byte, length]) => {
      const bytes = Buffer.from(JSON.stringify(good))
      bytes.writeUInt8(byte, at % bytes.length)
      return bytes.subarray(0, 1 + (length % (2 * bytes.length)))
    })
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          changed,
          fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        ),
        async (body) => {
          reply(body)
          await outcomeOf(make)
        },
      ),
      { numRuns: 30 },
    )
  })

  test('holds its deadline against a reply that drips or never ends', async () => {
    answer = (_request, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(drip))
    }
    expect(await outcomeOf(make)).toMatchObject({ kind: 'timeout', sent: true })
  })
})

test('a picture is one by its first bytes and status 200, under any content type', async () => {
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00])
  const draw = allCalls.getUnlimitedQRCode?.make ?? fail
  reply(jpeg)
  expect(await outcomeOf(draw)).toEqual({ type: 'image/jpeg', bytes: jpeg })
  reply(jpeg, 500)
  expect(await outcomeOf(draw)).toMatchObject({ kind: 'bad_reply', status: 500 })
  for (const body of ['{}', '{"errcode":0}']) {
    reply(body)
    expect(await outcomeOf(draw)).toMatchObject({ kind: 'bad_reply', status: 200 })
  }
})

function fail(): never {
  throw new Error('no such call')
}

test('what is not a text where a text belongs never goes on the wire', async () => {
  let requests = 0
  answer = (_request, response) => {
    requests += 1
    response.end('{}')
  }
  const params = ['appid', 'secret', 'appsecret', 'access_token', 'refresh_token', 'openid', 'code']
  params.push('js_code', 'session_key', 'rid', 'cgi_path', 'scene', 'encryptedData')
  for (const [name] of calls) {
    const verb: unknown = Reflect.get(entry, name)
    for (const wrong of [undefined, null, 5, {}, [], '', 'a\nb', 'x'.repeat(70_000)]) {
      const everything = Object.fromEntries(params.map((param) => [param, wrong]))
      const all = { ...everything, cloudid_list: [wrong], transaction_id: wrong }
      await expect(callWith(verb, wechat, all)).rejects.toThrow(WechatInputError)
    }
  }
  expect(requests).toBe(0)
})
