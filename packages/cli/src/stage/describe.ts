import { routes } from '@kaimen/protocol'
import { explainServer } from './explain-server.ts'
import { explainWechat, explainWx } from './explain-wechat.ts'
import { listFields, readField } from './list-fields.ts'
import type { SentReply, SentRequest } from './message.ts'
import type { Words } from './page/wire.ts'
import type { NewArrow } from './recorder.ts'

/** What the diagram shows of a request. A pure function; no secret's value comes out of it. */
export function describeRequest(request: SentRequest): NewArrow {
  return {
    leg: 'request',
    from: request.from,
    to: request.to,
    failed: false,
    title: nameRequest(request),
    explanation: explain(request),
    fields: listFields(request, 'request', request),
  }
}

/** @param reply `undefined`: there came none. */
export function describeReply(
  request: SentRequest,
  reply: SentReply | undefined,
  tookMs: number,
): NewArrow {
  return {
    leg: 'reply',
    from: request.to,
    to: request.from,
    failed: reply === undefined || hasFailed(request, reply),
    title: reply === undefined ? '✕' : nameReply(request, reply),
    explanation: reply === undefined ? noReply : explain(request),
    fields: reply === undefined ? [] : listFields(request, 'reply', reply),
    tookMs,
  }
}

const noReply: Words = {
  zh: '没有收到答复：连接断了，或者等得太久。服务端不会因此让任何人退出登录，只有新的微信登录要稍后再试。',
  en: 'There was no reply: the connection broke, or took too long. Nobody is signed out by that; only a new sign-in with WeChat has to wait.',
}

function nameRequest({ method, url, to }: SentRequest): string {
  if (to === 'server') return `${method} ${findRoute(method, url.pathname)?.path ?? '/v1/…'}`
  const [, api] = /^\/emulator\/wx\/(\w+)$/.exec(url.pathname) ?? []
  if (api !== undefined) return `wx.${api}`
  if (url.pathname === '/emulator/scan') return 'wx.scanCode'
  return /^\/(sns|cgi-bin|wxa)(\/[a-z_2]{1,30}){1,3}$/.test(url.pathname) ? url.pathname : '…'
}

/** The entry of the table of routes, by a path that has values in it. */
function findRoute(method: string, path: string) {
  const isThis = (pattern: string) =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path)
  const found = Object.entries(routes).filter(
    ([, route]) => route.method === method && isThis(route.path),
  )
  // What is written out goes before what stands for anything.
  const [best] = found.sort(([, one], [, other]) => count(one.path) - count(other.path))
  return best && { name: best[0], path: best[1].path }
}

const count = (path: string) => path.split('{').length

function explain({ method, url, to }: SentRequest): Words {
  if (to === 'server') return explainServer(findRoute(method, url.pathname)?.name)
  const [, api] = /^\/emulator\/(?:wx\/)?(\w+)$/.exec(url.pathname) ?? []
  return api === undefined ? explainWechat(url.pathname) : explainWx(api)
}

function hasFailed({ to, url }: SentRequest, reply: SentReply): boolean {
  if (reply.status >= 400) return true
  if (to === 'server') return false
  if (url.pathname.startsWith('/emulator/')) return readErrMsg(reply)?.includes(':fail') === true
  return (readField(reply, 'errcode') ?? 0) !== 0 || !isAnswer(reply)
}

/** WeChat answers in JSON or with a picture; a page of HTML is a gateway's. */
const isAnswer = ({ headers, body }: SentReply) =>
  isPicture(headers) || (body !== undefined && body !== '')

function nameReply({ to, url }: SentRequest, reply: SentReply): string {
  const { status } = reply
  if (to === 'server') {
    const word = [readField(reply, 'code'), readField(reply, 'status')].find(isWord)
    return word === undefined ? String(status) : `${status} ${word}`
  }
  if (url.pathname.startsWith('/emulator/'))
    return readErrMsg(reply) ?? (status < 400 ? 'ok' : String(status))
  const errcode = readField(reply, 'errcode')
  if (typeof errcode === 'number' && errcode !== 0) return `errcode ${errcode}`
  if (status !== 200) return String(status)
  if (isPicture(reply.headers)) return 'image'
  const names = topNames(reply).filter((name) => name !== 'errcode' && name !== 'errmsg')
  return names.length > 0 ? names.join(', ') : isAnswer(reply) ? 'ok' : '?'
}

const isPicture = (headers: Headers) => headers.get('content-type')?.startsWith('image/') === true

/** As a phone is told: `login:ok`. */
function readErrMsg(reply: SentReply): string | undefined {
  const errMsg = readField(reply, 'errMsg')
  return typeof errMsg === 'string' ? errMsg.slice(0, 60) : undefined
}

const isWord = (value: unknown): value is string =>
  typeof value === 'string' && /^[a-z_]{1,40}$/.test(value)

function topNames({ body }: SentReply): readonly string[] {
  try {
    const value: unknown = JSON.parse(body ?? '')
    return value instanceof Object ? Object.keys(value).slice(0, 4) : []
  } catch {
    return []
  }
}
