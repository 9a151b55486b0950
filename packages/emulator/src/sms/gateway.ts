import type { IncomingHttpHeaders } from 'node:http'
import type { WeChatReply } from '../wechat/endpoint.ts'
import type { World } from '../world/world.ts'

/** A request as an SMS gateway sees it. */
export interface SmsRequest {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly query: URLSearchParams
  /** As text; empty if there was none. */
  readonly body: string
}

/** An SMS gateway. All of them are at the path `/`, and told apart by the headers of a request. */
export interface Gateway {
  readonly name: 'aliyun' | 'tencent'
  /** Stands for the gateway where a fault is set. */
  readonly path: `/sms/${string}`
  readonly isFor: (headers: IncomingHttpHeaders, query: URLSearchParams) => boolean
  readonly answer: (world: World, request: SmsRequest) => WeChatReply
  /** An error in the gateway's shape; `message` takes the place of its text. */
  readonly fail: (world: World, request: SmsRequest, code: string, message?: string) => WeChatReply
}

/** One value of a header. */
export function headerOf({ headers }: SmsRequest, name: string): string {
  const value = headers[name]
  return (Array.isArray(value) ? value.join(',') : (value ?? '')).trim()
}

/** An answer in JSON. */
export function jsonReply(status: number, body: object): WeChatReply {
  return {
    status,
    contentType: 'application/json;charset=utf-8',
    body: JSON.stringify(body),
    errcode: null,
  }
}

/** A UUID of random bytes. */
export function newRequestId(world: World): string {
  const hex = Buffer.from(world.sources.random(16)).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** That many random decimal digits. */
export function newDigits(world: World, count: number): string {
  return Array.from(world.sources.random(count), (byte) => byte % 10).join('')
}
