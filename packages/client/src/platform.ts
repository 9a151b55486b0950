import type { Device } from './wire.ts'

/** The options of `wx.request` that go through as they are; WeChat's page explains each. */
export interface TransportOptions {
  method?: 'OPTIONS' | 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'TRACE' | 'CONNECT'
  data?: string | object | ArrayBuffer
  dataType?: string
  responseType?: 'text' | 'arraybuffer'
  redirect?: 'follow' | 'manual'
  enableCache?: boolean
  enableChunked?: boolean
  enableHttp2?: boolean
  enableHttpDNS?: boolean
  enableHttpDNSFallback?: boolean
  enableProfile?: boolean
  enableQuic?: boolean
  forceCellularNetwork?: boolean
  httpDNSServiceId?: string
  httpDNSTimeout?: number
  useHighPerformanceMode?: boolean
}

export interface PlatformRequest extends TransportOptions {
  url: string
  header: Record<string, string>
  /** Milliseconds. */
  timeout: number
}

/** One HTTP reply, of any status. */
export interface Reply {
  statusCode: number
  data: unknown
  header: Record<string, unknown>
}

/**
 * What this client needs of the place it runs in. `wechat()` is the one for mini programs; spread
 * it to replace a part, as in `{ ...wechat(), now }`.
 */
export interface Platform {
  /** Where the copies of this module that run in one program meet. */
  readonly host: object
  /** Whether a person can sign in here at all; not in single-page mode, for one. */
  canSignIn(): boolean
  /** Resolves with a login code: lives 5 minutes, works once. Rejects with an {@link AuthError}. */
  login(timeoutMs: number): Promise<string>
  /** Rejects when there was no reply; a reply of any status resolves. */
  request(request: PlatformRequest): { readonly reply: Promise<Reply>; abort(): void }
  /** Which app this is; `env` keeps develop, trial and release apart. */
  app(): { appId: string; env: string }
  device(): Device | undefined
  read(key: string): unknown
  write(key: string, value: string): void
  remove(key: string): void
  /** Milliseconds of the device's clock, which may jump. */
  now(): number
  /** Calls back after `ms`, unless cancelled. */
  after(ms: number, run: () => void): () => void
  /** From 0 up to 1. Only makes `Idempotency-Key`s differ; nothing secret comes of it. */
  random(): number
}
