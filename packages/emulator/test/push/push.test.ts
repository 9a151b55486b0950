import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openMessage, sealMessage, signParts } from '../../src/push/seal-message.ts'
import {
  liHua,
  miniProgram,
  readObject,
  serviceAccount,
  startEmulator,
  startMs,
  toObject,
  wangFang,
} from '../start-emulator.ts'
import { textLike } from '../text.ts'

// The vectors of WeChat's page on message push (消息推送).
const official = {
  token: 'AAAAA',
  key: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  appid: 'wxba5fad812f8e6fb9',
  check: ['1714036504', '1514711492', 'f464b24fc39322e44b38aa78f5edd27bd1441696'],
  plain: ['1714037059', '486452656', '899cf89e464efb63f54ddac96b0a0a235f53aa78'],
  secure: ['1714112445', '415670741', '6c5c811b55cc85e0e1b54100749188c20beb3f5d'],
  msgSignature: '046e02f8204d34f8ba5fa3b1db94908f3df2e9b3',
  sealed:
    '+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=',
  random16: 'a8eedb185eb2fecf',
  message:
    '{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}',
  reply: {
    random16: '707722b803182950',
    message: '{"demo_resp":"good luck"}',
    signed: ['1713424427', '415670741', '1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1'],
    sealed:
      'ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==',
  },
} as const

describe('the vectors of WeChat’s documents', () => {
  test.each([official.check, official.plain, official.secure])(
    'the token, %s and %s are signed %s',
    (timestamp, nonce, signature) => {
      expect(signParts(official.token, timestamp, nonce)).toBe(signature)
    },
  )

  test('a message is sealed and signed as in the documents, and opened again', () => {
    const { message, key, appid, random16, sealed, token, secure } = official
    expect(sealMessage(message, key, appid, Buffer.from(random16))).toBe(sealed)
    expect(signParts(token, secure[0], secure[1], sealed)).toBe(official.msgSignature)
    expect(openMessage(sealed, key, appid)).toBe(message)
  })

  test('a reply is opened, and only for its own appid and with its own key', () => {
    const { key, appid, token, reply } = official
    const [timestamp, nonce, signature] = reply.signed
    expect(signParts(token, timestamp, nonce, reply.sealed)).toBe(signature)
    expect(openMessage(reply.sealed, key, appid)).toBe(reply.message)
    expect(openMessage(reply.sealed, key, miniProgram.appid)).toBe(undefined)
    expect(openMessage(reply.sealed, key.replace('A', 'B'), appid)).toBe(undefined)
    for (const wrong of ['', 'AAAA', reply.sealed.slice(4), 'x'.repeat(64)]) {
      expect(openMessage(wrong, key, appid)).toBe(undefined)
    }
  })
})

// What a receiver does by WeChat's documents; it shares nothing with the emulator.
function sha1(...parts: readonly unknown[]): string {
  return createHash('sha1').update(parts.map(String).toSorted().join('')).digest('hex')
}

function keyOf(encodingAesKey: string): Buffer {
  return Buffer.from(`${encodingAesKey}=`, 'base64')
}

function open(sealed: string, encodingAesKey: string): { message: string; appid: string } {
  const key = keyOf(encodingAesKey)
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  const all = Buffer.concat([decipher.update(Buffer.from(sealed, 'base64')), decipher.final()])
  expect(all.length % 32).toBe(0)
  const content = all.subarray(0, all.length - (all.at(-1) ?? 0))
  const end = 20 + content.readUInt32BE(16)
  return { message: content.toString('utf8', 20, end), appid: content.toString('utf8', end) }
}

function seal(message: string, encodingAesKey: string, appid: string): string {
  const key = keyOf(encodingAesKey)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(Buffer.byteLength(message))
  const content = Buffer.concat([randomBytes(16), length, Buffer.from(message + appid)])
  const fill = 32 - (content.length % 32)
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  const whole = Buffer.concat([content, Buffer.alloc(fill, fill)])
  return Buffer.concat([cipher.update(whole), cipher.final()]).toString('base64')
}

interface Received {
  readonly method: string
  readonly query: URLSearchParams
  readonly type: string
  readonly body: string
}

type Answer = (response: ServerResponse, received: Received, count: number) => void

const token = 'pushToken1'
const encoding_aes_key = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'

/** A back end to which is pushed, and an emulator that waits a tenth of a second. */
async function startPushed(
  setting: object = {},
  answer: Answer = (response) => response.end('success'),
  app = miniProgram,
) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { searchParams: query } = new URL(request.url ?? '', 'http://localhost')
      const one = {
        method: request.method ?? '',
        query,
        type: request.headers['content-type'] ?? '',
        body: Buffer.concat(chunks).toString(),
      }
      received.push(one)
      answer(response, one, received.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = server.address()
  const port = address && typeof address === 'object' ? address.port : 0
  const emulator = await startEmulator()
  const url = `http://127.0.0.1:${port}/push/${app.appid}?own=1`
  const push = { url, token, mode: 'plain', format: 'json', ...setting }
  await emulator.switch({ push, push_retry_seconds: 0.1 }, app.appid)
  return {
    ...emulator,
    received,
    push: async (event: string, more: object = {}) => {
      const asked = { appid: app.appid, person: liHua.id, event, ...more }
      const { deliveries } = await emulator.post('push', asked)
      return Array.isArray(deliveries) ? deliveries.map(toObject) : []
    },
    check: () => emulator.post('push/check', { appid: app.appid }),
  }
}

const openid = textLike(/^o[\w-]{27}$/)

test('a plain push is signed, names the person and is taken for delivered by "success"', async () => {
  const emulator = await startPushed()
  const { openid: own } = await emulator.exchange(await emulator.login())
  expect(await emulator.push('user_authorization_revoke', { revoke_info: '8' })).toEqual([
    { status: 200, ok: true, ms: expect.any(Number) },
  ])
  const [{ method, query, type, body }] = emulator.received as [Received]
  expect([method, type]).toEqual(['POST', 'application/json'])
  expect(query.get('signature')).toBe(sha1(token, query.get('timestamp'), query.get('nonce')))
  expect(query.get('timestamp')).toBe(String(startMs / 1000))
  expect([query.get('openid'), query.get('own')]).toEqual([own, '1'])
  expect(query.has('msg_signature') || query.has('encrypt_type')).toBe(false)
  const message = readObject(body)
  expect(message).toEqual({
    ToUserName: textLike(/^gh_[0-9a-f]{12}$/),
    FromUserName: openid,
    CreateTime: startMs / 1000,
    MsgType: 'event',
    Event: 'user_authorization_revoke',
    OpenID: own,
    AppID: miniProgram.appid,
    RevokeInfo: '8',
  })
  expect(message.FromUserName).not.toBe(own)
})

test('user_info_modified and user_authorization_cancellation name the person, and revoke nothing', async () => {
  const emulator = await startPushed()
  for (const event of ['user_info_modified', 'user_authorization_cancellation']) {
    await emulator.push(event)
    const message = readObject(emulator.received.at(-1)?.body ?? '')
    expect(message).toMatchObject({ Event: event, OpenID: openid, AppID: miniProgram.appid })
    expect(message).not.toHaveProperty('RevokeInfo')
  }
})

test('another event comes from the person, and has nothing of a withdrawal', async () => {
  const emulator = await startPushed()
  const { openid: own } = await emulator.exchange(await emulator.login())
  await emulator.push('subscribe')
  const message = readObject(emulator.received[0]?.body ?? '')
  expect(message).toMatchObject({ FromUserName: own, Event: 'subscribe' })
  expect(message).not.toHaveProperty('OpenID')
})

test('a service account is told the unionid too', async () => {
  const emulator = await startPushed({}, undefined, serviceAccount)
  const { unionid } = await emulator.exchange(await emulator.login())
  await emulator.push('user_authorization_revoke')
  const message = readObject(emulator.received[0]?.body ?? '')
  expect(message).toMatchObject({ UnionID: unionid, RevokeInfo: '205' })
})

test('a secure push is sealed for the appid and signed over what is sealed', async () => {
  const emulator = await startPushed({ mode: 'secure', encoding_aes_key })
  expect(await emulator.push('user_authorization_cancellation')).toMatchObject([{ ok: true }])
  const [{ query, body }] = emulator.received as [Received]
  const { ToUserName, Encrypt, ...rest } = readObject(body)
  expect(rest).toEqual({})
  expect(query.get('encrypt_type')).toBe('aes')
  const [timestamp, nonce] = [query.get('timestamp'), query.get('nonce')]
  expect(query.get('msg_signature')).toBe(sha1(token, timestamp, nonce, String(Encrypt)))
  expect(query.get('signature')).toBe(sha1(token, timestamp, nonce))
  const { message, appid } = open(String(Encrypt), encoding_aes_key)
  expect(appid).toBe(miniProgram.appid)
  expect(readObject(message)).toMatchObject({
    ToUserName,
    Event: 'user_authorization_cancellation',
    OpenID: openid,
  })
})

test.each(['plain', 'secure'])('a push in XML, %s, holds the same in elements', async (mode) => {
  const emulator = await startPushed({ mode, format: 'xml', encoding_aes_key })
  await emulator.push('user_authorization_revoke', { revoke_info: '301' })
  const [{ type, body }] = emulator.received as [Received]
  expect(type).toBe('text/xml')
  const element = (xml: string, name: string) =>
    new RegExp(`<${name}><!\\[CDATA\\[(.*?)\\]\\]></${name}>`).exec(xml)?.[1] ?? ''
  const xml = mode === 'plain' ? body : open(element(body, 'Encrypt'), encoding_aes_key).message
  expect(xml).toMatch(/^<xml>.*<\/xml>$/)
  expect(xml).toContain(`<CreateTime>${startMs / 1000}</CreateTime>`)
  expect(element(xml, 'Event')).toBe('user_authorization_revoke')
  expect(element(xml, 'OpenID')).toMatch(/^o/)
  expect(element(xml, 'RevokeInfo')).toBe('301')
})

test('push_spaced_keys puts a space before the keys, as WeChat’s samples have it', async () => {
  const emulator = await startPushed()
  await emulator.switch({ push_spaced_keys: true })
  await emulator.push('user_authorization_revoke')
  expect(Object.keys(readObject(emulator.received[0]?.body ?? ''))).toEqual([
    'ToUserName',
    'FromUserName',
    'CreateTime',
    'MsgType',
    'Event',
    ' OpenID',
    ' AppID',
    ' RevokeInfo',
  ])
})

test('silence is tried three times, with one message under three signatures', async () => {
  const emulator = await startPushed({}, () => {})
  const deliveries = await emulator.push('user_info_modified')
  expect(deliveries).toMatchObject([1, 2, 3].map(() => ({ status: null, ok: false })))
  const [first, ...others] = emulator.received as [Received, ...Received[]]
  expect(others.map(({ body }) => body)).toEqual([first.body, first.body])
  expect(new Set(emulator.received.map(({ query }) => query.get('nonce'))).size).toBe(3)
})

test('an answer to the second try ends it', async () => {
  const emulator = await startPushed({}, (response, _, count) => {
    if (count === 2) response.end()
  })
  expect(await emulator.push('user_info_modified')).toMatchObject([
    { status: null, ok: false },
    { status: 200, ok: true },
  ])
})

test('a connection that breaks is tried again', async () => {
  const emulator = await startPushed({}, (response, _, count) => {
    if (count < 3) response.destroy()
    else response.end('success')
  })
  expect(await emulator.push('user_info_modified')).toMatchObject([
    { status: null },
    { status: null },
    { status: 200, ok: true },
  ])
})

test('a failure that is answered is final', async () => {
  const emulator = await startPushed({}, (response) => response.writeHead(500).end('success'))
  expect(await emulator.push('user_info_modified')).toMatchObject([{ status: 500, ok: false }])
})

test('a redirection is not followed', async () => {
  const emulator = await startPushed({}, (response) => {
    response.writeHead(302, { location: '/elsewhere' }).end()
  })
  expect(await emulator.push('user_info_modified')).toMatchObject([{ status: 302, ok: false }])
})

test('what is neither a receipt nor a reply is no receipt', async () => {
  const emulator = await startPushed({}, (response) => response.end('<html>a login page</html>'))
  expect(await emulator.push('subscribe')).toMatchObject([{ status: 200, ok: false }])
})

test('a sealed and signed reply is a receipt, and one with a wrong signature is none', async () => {
  const { appid } = miniProgram
  const Encrypt = seal('{"hello":"back"}', encoding_aes_key, appid)
  const reply = { Encrypt, TimeStamp: 1713424427, Nonce: '42' }
  const MsgSignature = sha1(token, '1713424427', '42', Encrypt)
  const answers = [
    { ...reply, MsgSignature },
    { ...reply, MsgSignature: sha1('other', '1713424427', '42', Encrypt) },
    { ...reply, Encrypt: seal('{}', encoding_aes_key, 'wx00000000000000ff'), MsgSignature },
  ]
  const setting = { mode: 'secure', encoding_aes_key }
  const emulator = await startPushed(setting, (response, _, count) => {
    response.end(JSON.stringify(answers[count - 1]))
  })
  const seen = []
  for (const _ of answers) seen.push((await emulator.push('subscribe'))[0]?.ok)
  expect(seen).toEqual([true, false, false])
})

test('a sealed reply in XML is a receipt too', async () => {
  const Encrypt = seal('<xml></xml>', encoding_aes_key, miniProgram.appid)
  const MsgSignature = sha1(token, '1713424427', '42', Encrypt)
  const setting = { mode: 'secure', format: 'xml', encoding_aes_key }
  const emulator = await startPushed(setting, (response) => {
    response.end(
      `<xml><Encrypt><![CDATA[${Encrypt}]]></Encrypt><MsgSignature><![CDATA[${MsgSignature}]]></MsgSignature><TimeStamp>1713424427</TimeStamp><Nonce><![CDATA[42]]></Nonce></xml>`,
    )
  })
  expect(await emulator.push('subscribe')).toMatchObject([{ ok: true }])
})

test('two events are told apart by FromUserName and CreateTime, even of one second', async () => {
  const emulator = await startPushed()
  await emulator.push('user_authorization_revoke')
  await emulator.push('user_authorization_revoke', { person: wangFang.id })
  const identities = emulator.received.map(({ body }) => {
    const { FromUserName, CreateTime } = readObject(body)
    return `${String(FromUserName)} ${String(CreateTime)}`
  })
  expect(new Set(identities).size).toBe(2)
})

test('the check of a URL wants the echo of a random text, signed', async () => {
  const emulator = await startPushed({}, (response, { query }) => {
    const signed = sha1(token, query.get('timestamp'), query.get('nonce'))
    response.end(query.get('signature') === signed ? query.get('echostr') : 'wrong')
  })
  expect(await emulator.check()).toEqual({ status: 200, ok: true, ms: expect.any(Number) })
  expect(emulator.received).toMatchObject([{ method: 'GET', body: '' }])
  expect(emulator.received[0]?.query.get('echostr')).toMatch(/^\d+$/)
})

test.each(['success', '', '"1"'])('a check that is answered %j fails', async (text) => {
  const emulator = await startPushed({}, (response) => response.end(text))
  expect(await emulator.check()).toMatchObject({ status: 200, ok: false })
})

test('an app without a URL is told so', async () => {
  const emulator = await startEmulator()
  const asked = { appid: miniProgram.appid, person: liHua.id, event: 'subscribe' }
  for (const reply of [
    await emulator.control('POST', 'push', asked),
    await emulator.control('POST', 'push/check', { appid: miniProgram.appid }),
  ]) {
    expect([reply.status, reply.body.error]).toMatchObject([409, { code: 'push_not_set' }])
  }
})

const setting = { url: 'http://127.0.0.1:1/', token, mode: 'plain', format: 'json' }

test.each([
  ['another machine', { url: 'http://example.com/' }],
  ['an address of a network', { url: 'http://192.168.0.1/' }],
  ['metadata of a cloud', { url: 'http://169.254.169.254/' }],
  ['a name that looks like this machine', { url: 'http://localhost.example.com/' }],
  ['a file', { url: 'file://localhost/etc/passwd' }],
  ['another protocol', { url: 'ftp://localhost/' }],
  ['no URL', { url: 'x' }],
  ['a short token', { token: 'ab' }],
  ['a key of 42 characters', { encoding_aes_key: 'a'.repeat(42) }],
  ['secure without a key', { mode: 'secure' }],
  ['an unknown field', { other: 1 }],
])('a push setting with %s is refused', async (_, change) => {
  const emulator = await startEmulator()
  const reply = await emulator.control('PATCH', `apps/${miniProgram.appid}`, {
    push: { ...setting, ...change },
  })
  expect([reply.status, reply.body.error]).toMatchObject([400, { code: 'field_invalid' }])
})

test('pushHosts opens other hosts by name', async () => {
  const emulator = await startEmulator({ pushHosts: ['app'] })
  const patch = async (url: string) =>
    (await emulator.control('PATCH', `apps/${miniProgram.appid}`, { push: { ...setting, url } }))
      .status
  expect([await patch('http://app:3000/'), await patch('http://app.example/')]).toEqual([200, 400])
})
