import { setTimeout as wait } from 'node:timers/promises'
import { isObject, parseJson } from '../json.ts'
import type { App, PushSetting } from '../world/app.ts'
import { nowMs } from '../world/clock.ts'
import type { World } from '../world/world.ts'
import { formatFields } from './message.ts'
import type { Message } from './message.ts'
import { openMessage, sealMessage, signParts } from './seal-message.ts'

/** One try to deliver. */
export interface Delivery {
  /** Of the HTTP answer; null if there was none in time. */
  readonly status: number | null
  /** Whether WeChat takes the answer for a receipt. */
  readonly ok: boolean
  readonly ms: number
}

interface Answer {
  readonly status: number | null
  readonly text: string
  readonly ms: number
}

const tries = 3

/**
 * Sends a message until it is answered, three times at most, each under a signature of its own. Any
 * answer ends it; only silence and broken connections are tried again, which is what WeChat's
 * documents say.
 */
export async function deliver(
  world: World,
  app: App,
  push: PushSetting,
  message: Message,
): Promise<readonly Delivery[]> {
  const deliveries: Delivery[] = []
  const waitMs = app.switches.push_retry_seconds * 1000
  for (let each = 1; each <= tries; each += 1) {
    const { url, body, type } = writeRequest(world, app, push, message)
    const headers = { 'content-type': type, connection: 'close' }
    const { status, text, ms } = await ask(url, { method: 'POST', body, headers }, waitMs)
    deliveries.push({ status, ok: status === 200 && isReceipt(text, app, push), ms })
    if (status !== null) break
    if (each < tries) await wait(Math.max(0, waitMs - ms), undefined, { ref: false })
  }
  return deliveries
}

/** Asks the URL for the echo that shows whose it is, as the console does when it is entered. */
export async function checkUrl(world: World, app: App, push: PushSetting): Promise<Delivery> {
  const echostr = String(Buffer.from(world.sources.random(8)).readBigUInt64BE())
  const url = addQuery(push.url, { ...signature(world, push), echostr })
  const headers = { connection: 'close' }
  const waitMs = app.switches.push_retry_seconds * 1000
  const { status, text, ms } = await ask(url, { headers }, waitMs)
  return { status, ok: status === 200 && text === echostr, ms }
}

async function ask(url: string, init: RequestInit, waitMs: number): Promise<Answer> {
  const beganMs = performance.now()
  const since = () => Math.round(performance.now() - beganMs)
  try {
    const signal = AbortSignal.timeout(waitMs)
    const response = await fetch(url, { ...init, redirect: 'manual', signal })
    return { status: response.status, text: await response.text(), ms: since() }
  } catch {
    return { status: null, text: '', ms: since() }
  }
}

function writeRequest(world: World, app: App, push: PushSetting, message: Message) {
  const { format, mode, encoding_aes_key: key = '' } = push
  const type = format === 'json' ? 'application/json' : 'text/xml'
  const plain = formatFields(format, message.fields)
  const signed = signature(world, push)
  const query = { ...signed, openid: message.openid }
  if (mode === 'plain') return { url: addQuery(push.url, query), body: plain, type }

  const sealed = sealMessage(plain, key, app.appid, world.sources.random(16))
  const msg_signature = signParts(push.token, signed.timestamp, signed.nonce, sealed)
  return {
    url: addQuery(push.url, { ...query, encrypt_type: 'aes', msg_signature }),
    body: formatFields(format, { ToUserName: message.to, Encrypt: sealed }),
    type,
  }
}

function signature(world: World, { token }: PushSetting) {
  const timestamp = String(Math.floor(nowMs(world) / 1000))
  const nonce = String(Buffer.from(world.sources.random(4)).readUInt32BE())
  return { signature: signParts(token, timestamp, nonce), timestamp, nonce }
}

/** `success`, nothing at all, or a reply of the same form, sealed and signed if the push was. */
function isReceipt(text: string, app: App, push: PushSetting): boolean {
  if (text === '' || text === 'success') return true
  const reply = readReply(text, push.format)
  if (!reply || push.mode === 'plain') return reply !== undefined
  const { Encrypt = '', MsgSignature, TimeStamp = '', Nonce = '' } = reply
  const isSigned = MsgSignature === signParts(push.token, TimeStamp, Nonce, Encrypt)
  return isSigned && openMessage(Encrypt, push.encoding_aes_key ?? '', app.appid) !== undefined
}

type Reply = Readonly<Partial<Record<string, string>>>

/** The fields of a reply as text; undefined if it is none. */
function readReply(text: string, format: PushSetting['format']): Reply | undefined {
  if (format === 'xml') {
    const [, inside] = /^\s*<xml>(.*)<\/xml>\s*$/s.exec(text) ?? []
    if (inside === undefined) return undefined
    const elements = inside.matchAll(/<(\w+)>(?:<!\[CDATA\[)?([^<\]]*)/g)
    return Object.fromEntries(
      [...elements].map(([, name = '', value = '']): [string, string] => [name, value]),
    )
  }
  const value = parseJson(text)
  if (!isObject(value)) return undefined
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, String(each)]))
}

function addQuery(url: string, fields: Record<string, string>): string {
  const whole = new URL(url)
  for (const [name, value] of Object.entries(fields)) whole.searchParams.set(name, value)
  return whole.href
}
