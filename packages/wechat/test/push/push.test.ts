import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodePush,
  encryptPushReply,
  secret,
  verifyPushUrl,
  WechatDataError,
  WechatInputError,
} from '../../src/index.ts'
import type { DecodePushParams, Push } from '../../src/index.ts'
import { sealPush } from '../../src/push/push-seal.ts'
import { callWith } from '../support/call-with.ts'
import { catchSyncError } from '../support/catch-error.ts'
import { bound, emulate, service } from '../support/emulate.ts'
import { serve } from '../support/serve.ts'
import { vectors } from '../support/vectors.ts'

const { token, verify, plain, secure, reply } = vectors.push
const at = (seconds: string) => () => Number(seconds) * 1000

/** The signature of a plain push, over again. */
function sign(timestamp: string, nonce: string): string {
  const parts = [token, timestamp, nonce].toSorted().join('')
  return createHash('sha1').update(parts).digest('hex')
}

/** A plain push of `body` under a good signature. */
function push(body: string, more: Partial<DecodePushParams> = {}): Push {
  const query = { timestamp: plain.timestamp, nonce: 'n', signature: sign(plain.timestamp, 'n') }
  const nowMs = at(plain.timestamp)
  return decodePush({ appid: secure.appid, token, query, body, nowMs, ...more })
}

describe('the URL in the console', () => {
  const { timestamp, nonce, signature, echostr } = verify

  test('is WeChat’s by the sample of its page, and echoed as it is', () => {
    const query = { timestamp, nonce, signature, echostr }
    expect(verifyPushUrl({ token, query })).toBe(echostr)
    expect(verifyPushUrl({ token: secret(token), query })).toBe(echostr)
  })

  test.each([
    { timestamp: '1714036505' },
    { nonce: '1514711493' },
    { signature: signature.replace('f', 'e') },
    { signature: undefined },
    { echostr: undefined },
    { nonce: ['1514711492'] },
  ])('is not with %j', (wrong) => {
    const query = { timestamp, nonce, signature, echostr, ...wrong }
    expect(() => callWith(verifyPushUrl, { token, query })).toThrow(WechatDataError)
  })
})

describe('a plain push', () => {
  test('is WeChat’s by the sample of its page', () => {
    const { MsgType, Event } = decodePush({
      appid: secure.appid,
      token,
      query: plain,
      body: secure.msg,
      nowMs: at(plain.timestamp),
    })
    expect([MsgType, Event]).toEqual(['event', 'debug_demo'])
  })

  test('reads the same as JSON and as XML', () => {
    const json = push(
      '{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1714112445,"MsgType":"event","Event":"user_authorization_revoke","OpenID":"o2","AppID":"wx1","RevokeInfo":"8","PluginID":"","OpenPID":""}',
    )
    const xml = push(
      '<xml>\n<ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName><CreateTime>1714112445</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[user_authorization_revoke]]></Event><OpenID><![CDATA[o2]]></OpenID><AppID><![CDATA[wx1]]></AppID><RevokeInfo><![CDATA[8]]></RevokeInfo><PluginID><![CDATA[]]></PluginID></xml>',
    )
    const { id: _json, fields: _fields, ...expected } = json
    expect(xml).toMatchObject(expected)
    expect(expected).toEqual({
      ToUserName: 'gh_1',
      FromUserName: 'o1',
      CreateTime: 1_714_112_445,
      MsgType: 'event',
      Event: 'user_authorization_revoke',
      OpenID: 'o2',
      AppID: 'wx1',
      RevokeInfo: '8',
    })
  })

  test('keys with a space before them, and Event in place of event, read like any other', () => {
    const { OpenID, MsgType, Event } = push(
      '{" OpenID":"o2"," MsgType":"Event","Event ":"User_Info_Modified"}',
    )
    expect({ OpenID, MsgType, Event }).toEqual({
      OpenID: 'o2',
      MsgType: 'event',
      Event: 'user_info_modified',
    })
  })

  test('lists and objects of XML are read, numbers stay as they are written', () => {
    const { fields } = push(
      '<xml><MsgType>event</MsgType><Id>007</Id><Big>12345678901234567890</Big><List><item><a>1</a></item><item><a>2</a></item></List></xml>',
    )
    expect(fields).toMatchObject({
      Id: '007',
      Big: '12345678901234567890',
      List: { item: [{ a: '1' }, { a: '2' }] },
    })
  })

  test('a message is told by its MsgId, an event by its text', () => {
    expect(push('{"MsgType":"text","MsgId":24012613}').id).toBe('24012613')
    const event = (openid: string) => push(`{"MsgType":"event","Event":"e","OpenID":"${openid}"}`)
    expect(event('o1').id).toBe(event('o1').id)
    expect(event('o1').id).not.toBe(event('o2').id)
  })

  test('what a user writes in CDATA is no markup', () => {
    const text = '<!DOCTYPE a [<!ENTITY b "c">]>&b; &lt;</xml>'
    const { fields } = push(
      `<xml><MsgType>text</MsgType><Content><![CDATA[${text}]]></Content></xml>`,
    )
    expect(fields.Content).toBe(text)
  })

  test.each([
    ['a document type', '<!DOCTYPE xml [<!ENTITY a "b">]><xml><MsgType>text</MsgType></xml>'],
    [
      'an external entity',
      '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><MsgType>&a;</MsgType></xml>',
    ],
    ['a document type within', '<xml><!DOCTYPE a><MsgType>text</MsgType></xml>'],
    ['17 levels', `<xml><MsgType>a</MsgType>${'<a>'.repeat(17)}${'</a>'.repeat(17)}</xml>`],
    ['100000 levels', '<xml>'.repeat(50_000)],
    ['another root', '<html><MsgType>text</MsgType></html>'],
    ['cut off', '<xml><MsgType>text</MsgType>'],
    ['no MsgType', '<xml><Event>a</Event></xml>'],
    ['a list', '[{"MsgType":"text"}]'],
    ['no JSON', 'success'],
    ['nothing', ''],
    ['deep JSON', `{"MsgType":"text","a":${'['.repeat(100_000)}`],
    ['too long', `{"MsgType":"text","a":"${'x'.repeat(262_144)}"}`],
    ['a MsgType that is an object', '{"MsgType":{}}'],
  ])('%s is refused', (_what, body) => {
    expect(() => push(body)).toThrow(WechatDataError)
  })

  test('entities stay as they are written', () => {
    const { fields } = push('<xml><MsgType>text</MsgType><A>&lt;&#65;&b;</A></xml>')
    expect(fields.A).toBe('&lt;&#65;&b;')
  })

  test('names that every object has do no harm', () => {
    const { fields } = push('{"MsgType":"text","__proto__":{"polluted":1},"constructor":1}')
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype)
    expect('polluted' in fields).toBe(false)
    const xml = '<xml><MsgType>text</MsgType><constructor>1</constructor></xml>'
    expect(() => push(xml)).toThrow(WechatDataError)
  })

  test('a whole megabyte of half-open markup is refused at once', () => {
    for (const piece of ['<![CDATA[', '<!--', '<a', '<', ']]>', '<a>']) {
      const body = `<xml>${piece.repeat(200_000 / piece.length)}`
      expect(() => push(body)).toThrow(WechatDataError)
    }
  })

  test.each([
    ['another signature', { signature: '0'.repeat(40) }],
    ['no signature', { signature: undefined }],
    ['another timestamp', { timestamp: '1714037060' }],
    ['a timestamp that is none', { timestamp: '1e9' }],
    ['no nonce', { nonce: undefined }],
  ])('with %s is refused', (_what, wrong) => {
    const query = { ...plain, ...wrong }
    const params = {
      appid: secure.appid,
      token,
      query,
      body: secure.msg,
      nowMs: at(plain.timestamp),
    }
    expect(() => callWith(decodePush, params)).toThrow(WechatDataError)
  })

  test('older than 10 minutes is refused, unless told otherwise', () => {
    const nowMs = () => Number(plain.timestamp) * 1000 + 600_001
    const body = '{"MsgType":"text"}'
    expect(() => push(body, { nowMs })).toThrow(WechatDataError)
    expect(push(body, { nowMs, maxAgeSeconds: Infinity }).MsgType).toBe('text')
  })

  test('is refused where pushes are sealed: its signature does not cover its body', () => {
    const { encodingAESKey } = secure
    expect(() => push(secure.msg, { encodingAESKey })).toThrow(WechatDataError)
  })
})

describe('a sealed push', () => {
  const { timestamp, nonce, signature, msg_signature, Encrypt, encodingAESKey, appid } = secure
  const params: DecodePushParams = {
    appid,
    token,
    encodingAESKey,
    query: { timestamp, nonce, signature, msg_signature, encrypt_type: 'aes', openid: 'o1' },
    body: JSON.stringify({ ToUserName: 'gh_97417a04a28d', Encrypt }),
    nowMs: at(timestamp),
  }

  /** The same with a body of our own under a good signature. */
  function reseal(Encrypt: string): DecodePushParams {
    const parts = [token, timestamp, nonce, Encrypt].toSorted().join('')
    const own = createHash('sha1').update(parts).digest('hex')
    const query = { ...params.query, msg_signature: own }
    return { ...params, query, body: JSON.stringify({ Encrypt }) }
  }

  test('is opened to the message of the sample on WeChat’s page, from JSON and from XML', () => {
    const opened = decodePush(params)
    expect(opened.fields).toEqual(JSON.parse(secure.msg))
    const body = `<xml><ToUserName><![CDATA[gh_97417a04a28d]]></ToUserName><Encrypt><![CDATA[${Encrypt}]]></Encrypt></xml>`
    expect(decodePush({ ...params, body })).toEqual(opened)
    const key = secret(encodingAESKey)
    expect(decodePush({ ...params, encodingAESKey: key, token: secret(token) })).toEqual(opened)
  })

  test('is not believed by its plain signature', () => {
    const query = { ...params.query, msg_signature: signature }
    expect(() => decodePush({ ...params, query })).toThrow(WechatDataError)
  })

  test.each([
    ['another app', { appid: 'wx0000000000000000' }],
    ['another token', { token: 'BBBBB' }],
    ['no seal', { body: secure.msg }],
    ['a seal that is a list', { body: '{"Encrypt":["a"]}' }],
    ['another time', { nowMs: () => (Number(timestamp) + 601) * 1000 }],
  ])('of %s is refused', (_what, wrong) => {
    expect(() => decodePush({ ...params, ...wrong })).toThrow(WechatDataError)
  })

  test('that was changed anywhere is refused, though signed anew', () => {
    const bytes = Buffer.from(Encrypt, 'base64')
    for (let each = 0; each < 500; each += 1) {
      const changed = Buffer.from(bytes)
      const place = changed.length - 1 - (each % 64)
      changed.writeUInt8(changed.readUInt8(place) ^ (1 + (each % 255)), place)
      expect(() => decodePush(reseal(changed.toString('base64')))).toThrow(WechatDataError)
    }
    expect(decodePush(reseal(Encrypt)).Event).toBe('debug_demo')
  })

  test('whose length goes beyond its end is refused', () => {
    const key = Buffer.from(`${encodingAESKey}=`, 'base64')
    const random16 = Buffer.alloc(16)
    const short = sealPush(key, { random16, message: '{"MsgType":"text"}', appid: '' })
    expect(() => decodePush(reseal(short))).toThrow(WechatDataError)
  })

  test('of any bytes is refused with that one error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.base64String(), fc.string()), fc.anything(), (sealed, other) => {
        expect(() => decodePush(reseal(sealed))).toThrow(WechatDataError)
        expect(() => callWith(decodePush, { ...params, body: other })).toThrow(WechatDataError)
      }),
    )
  })

  test.each(['', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}+`])(
    'the EncodingAESKey %j is the caller’s own mistake',
    (wrong) => {
      const error = catchSyncError(WechatInputError, () =>
        decodePush({ ...params, encodingAESKey: wrong }),
      )
      expect(error.parameter).toBe('encodingAESKey')
    },
  )
})

describe('a sealed reply', () => {
  const { encodingAESKey, appid } = secure

  test('is that of the sample on WeChat’s page', () => {
    const random = (size: number) =>
      size === 16 ? Buffer.from(reply.random16) : nonceBytes(reply.Nonce)
    const nowMs = at(reply.TimeStamp)
    const params = { appid, token, encodingAESKey, message: reply.msg, nowMs, random }
    const { Encrypt, MsgSignature, Nonce } = reply
    const TimeStamp = Number(reply.TimeStamp)
    expect(JSON.parse(encryptPushReply(params))).toEqual({
      Encrypt,
      MsgSignature,
      TimeStamp,
      Nonce,
    })
    expect(encryptPushReply({ ...params, format: 'xml' })).toBe(
      `<xml><Encrypt><![CDATA[${Encrypt}]]></Encrypt><MsgSignature><![CDATA[${MsgSignature}]]></MsgSignature><TimeStamp>${TimeStamp}</TimeStamp><Nonce><![CDATA[${Nonce}]]></Nonce></xml>`,
    )
  })

  function nonceBytes(nonce: string): Buffer {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(Number(nonce))
    return bytes
  }

  test('of any message opens to that message', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const message = JSON.stringify({ MsgType: 'text', Content: text })
        const sealed: unknown = JSON.parse(
          encryptPushReply({ appid, token, encodingAESKey, message }),
        )
        const { Encrypt, MsgSignature, TimeStamp, Nonce } = Object(sealed)
        const query = {
          timestamp: String(TimeStamp),
          nonce: String(Nonce),
          msg_signature: String(MsgSignature),
        }
        const body = JSON.stringify({ Encrypt })
        const opened = decodePush({ appid, token, encodingAESKey, query, body })
        expect(opened.fields.Content).toBe(text)
      }),
    )
  })
})

describe('from WeChat, emulated', () => {
  const modes = [
    ['plain', 'json'],
    ['plain', 'xml'],
    ['secure', 'json'],
    ['secure', 'xml'],
  ] as const

  test.each(modes)('a %s push in %s is verified, decoded and answered', async (mode, format) => {
    for (const spaced of [false, true]) {
      const { control, logIn } = await emulate()
      const { openid } = await logIn(bound)
      const { appid } = bound
      const encodingAESKey = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'
      const got: Push[] = []
      const failures: unknown[] = []
      const url = await serve((request, response) => {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => {
          try {
            const query = Object.fromEntries(
              new URL(request.url ?? '', 'http://localhost').searchParams,
            )
            if (request.method === 'GET') {
              const { signature = '', timestamp = '', nonce = '', echostr = '' } = query
              response.end(
                verifyPushUrl({ token, query: { signature, timestamp, nonce, echostr } }),
              )
              return
            }
            const body = Buffer.concat(chunks).toString()
            const seal = mode === 'secure' ? { encodingAESKey } : {}
            got.push(decodePush({ appid, token, ...seal, query, body }))
            const message = format === 'json' ? '{"ok":"yes"}' : '<xml><ok>yes</ok></xml>'
            response.end(
              mode === 'plain'
                ? 'success'
                : encryptPushReply({ appid, token, encodingAESKey, message, format }),
            )
          } catch (error) {
            failures.push(error)
            response.end()
          }
        })
      })
      await control('PATCH', `/apps/${appid}`, {
        push: { url, token, mode, format, encoding_aes_key: encodingAESKey },
        push_spaced_keys: spaced && format === 'json',
      })
      expect(await control('POST', '/push/check', { appid })).toMatchObject({ ok: true })
      const delivered = await control('POST', '/push', {
        appid,
        person: 'li-hua',
        event: 'user_authorization_revoke',
        revoke_info: '8',
      })
      expect(delivered).toMatchObject({ deliveries: [{ ok: true }] })
      expect(failures).toEqual([])
      expect(got).toMatchObject([
        {
          MsgType: 'event',
          Event: 'user_authorization_revoke',
          OpenID: openid,
          AppID: appid,
          RevokeInfo: '8',
        },
      ])
    }
  })

  test('a try after a lost answer has the id of the first', async () => {
    const { control } = await emulate()
    const { appid } = service
    const ids: string[] = []
    const url = await serve((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += String(chunk)
      })
      request.on('end', () => {
        const query = Object.fromEntries(new URL(request.url ?? '', 'http://a').searchParams)
        ids.push(decodePush({ appid, token, query, body }).id)
        if (ids.length < 2) response.destroy()
        else response.end('success')
      })
    })
    await control('PATCH', `/apps/${appid}`, {
      push: { url, token, mode: 'plain', format: 'json' },
      push_retry_seconds: 0.01,
    })
    await control('POST', '/push', { appid, person: 'li-hua', event: 'user_info_modified' })
    expect(ids).toHaveLength(2)
    expect(ids[0]).toBe(ids[1])
  })
})
