import type { Clock } from '../clock.ts'
import type { Files } from '../files.ts'
import type { Incoming, Send } from '../send.ts'
import { describeFailure, WxFailure, type MakeApi, type Tell, type Wx } from './api.ts'

interface Network {
  readonly send: Send
  readonly clock: Clock
  readonly files: Files
  /** Milliseconds, from `app.json`; WeChat's default is a minute. */
  readonly timeouts: { readonly request?: number; readonly uploadFile?: number }
  /** What WeChat puts into every request, and nobody can change. */
  readonly referer: string
  readonly isOnline: () => boolean
}

type Body = string | WechatMiniprogram.IAnyObject | ArrayBuffer
type Callbacks = {
  success?: (result: never) => void
  fail?: (error: never) => void
  complete?: (result: never) => void
}

export function describeNetwork(network: Network, makeApi: MakeApi, tell: Tell) {
  /** Calls back once: with what came, or with why nothing did. */
  function start(
    name: string,
    { timeout, ...callbacks }: Callbacks & { timeout: number },
    work: (signal: AbortSignal) => Promise<object>,
  ): () => void {
    const { success, fail, complete } = callbacks
    const controller = new AbortController()
    let done = false
    const finish = (report: () => void) => {
      if (done) return
      done = true
      cancelTimeout()
      try {
        report()
      } catch (error) {
        tell(error)
      }
    }
    const refuse = (error: unknown) =>
      finish(() => {
        const failure = describeFailure(name, error)
        fail?.(failure as never)
        complete?.(failure as never)
        controller.abort()
      })
    const cancelTimeout = network.clock.after(timeout, () => refuse(new WxFailure('timeout', 5)))
    work(controller.signal).then(
      (result) =>
        finish(() => {
          const full = { errMsg: `${name}:ok`, ...result }
          success?.(full as never)
          complete?.(full as never)
        }),
      (error: unknown) =>
        refuse(
          error instanceof WxFailure ? error : new WxFailure('errcode:-101 cronet_error', 600001),
        ),
    )
    // WeChat reports an abort a moment later, never within the call.
    return () => queueMicrotask(() => refuse(new WxFailure('abort')))
  }

  async function exchange(
    url: string,
    request: Omit<Parameters<Send>[0], 'url' | 'header'> & { header: Record<string, string> },
  ): Promise<Incoming> {
    if (!/^https?:\/\/./.test(url) || !URL.canParse(url))
      throw new WxFailure(`invalid url "${url}"`, 600009)
    if (!network.isOnline()) throw new WxFailure('errcode:-106 cronet_error', 600001)
    return network.send({
      ...request,
      url,
      header: { ...request.header, referer: network.referer },
    })
  }

  function request<T extends Body>(option: WechatMiniprogram.RequestOption<T>) {
    const timeout = option.timeout ?? network.timeouts.request ?? 60_000
    const abort = start('request', { ...option, timeout }, async (signal) => {
      const { method = 'GET', responseType, dataType = 'json', redirect = 'follow' } = option
      const header = lowerCase(option.header)
      header['content-type'] ??= 'application/json'
      const fields = method === 'GET' && isFields(option.data) ? option.data : undefined
      const url = fields ? addQuery(option.url, fields) : option.url
      const body = fields || method === 'HEAD' ? undefined : packBody(option.data, header)
      const reply = await exchange(url, { method, header, body, redirect, signal })
      const text = responseType === 'arraybuffer' ? undefined : decode(reply.body)
      return {
        statusCode: reply.status,
        header: reply.header,
        cookies: reply.cookies,
        data: text === undefined ? reply.body : dataType === 'json' ? parse(text) : text,
      }
    })
    return {
      abort,
      onHeadersReceived: nothing,
      offHeadersReceived: nothing,
      onChunkReceived: nothing,
      offChunkReceived: nothing,
    }
  }

  function uploadFile(option: WechatMiniprogram.UploadFileOption) {
    const timeout = option.timeout ?? network.timeouts.uploadFile ?? 60_000
    const abort = start('uploadFile', { ...option, timeout }, async (signal) => {
      const { url, filePath, name, formData = {} } = option
      const body = new FormData()
      for (const [field, value] of Object.entries(formData)) body.append(field, String(value))
      const content = new Blob([network.files.read(filePath)], {
        type: network.files.typeOf(filePath),
      })
      body.append(name, content, filePath.split('/').at(-1))
      const { 'content-type': _, ...header } = lowerCase(option.header)
      const reply = await exchange(url, {
        method: 'POST',
        header,
        body,
        redirect: 'follow',
        signal,
      })
      return { statusCode: reply.status, header: reply.header, data: decode(reply.body) }
    })
    return { abort, ...silentProgress }
  }

  function downloadFile(option: WechatMiniprogram.DownloadFileOption) {
    const timeout = option.timeout ?? 60_000
    const abort = start('downloadFile', { ...option, timeout }, async (signal) => {
      const reply = await exchange(option.url, {
        method: 'GET',
        header: lowerCase(option.header),
        body: undefined,
        redirect: 'follow',
        signal,
      })
      const [type = ''] = (reply.header['content-type'] ?? 'application/octet-stream').split(';')
      const tempFilePath = network.files.add(reply.body, type)
      return { statusCode: reply.status, header: reply.header, tempFilePath }
    })
    return { abort, ...silentProgress }
  }

  return {
    request,
    uploadFile,
    downloadFile,
    getNetworkType: makeApi('getNetworkType', () => ({
      networkType: network.isOnline() ? ('wifi' as const) : ('none' as const),
      signalStrength: 0,
      hasSystemProxy: false,
      weakNet: false,
    })),
  } satisfies Partial<Wx>
}

const nothing = () => {}
/** What is sent is there at once: there is nothing to tell of on the way. */
const silentProgress = {
  onHeadersReceived: nothing,
  offHeadersReceived: nothing,
  onProgressUpdate: nothing,
  offProgressUpdate: nothing,
}

const isFields = (data: unknown): data is Readonly<Record<string, unknown>> =>
  typeof data === 'object' && data !== null && !(data instanceof ArrayBuffer)

function lowerCase(header: Readonly<Record<string, unknown>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(header).map(([name, value]) => [name.toLowerCase(), String(value)]),
  )
}

const encodeFields = (fields: Readonly<Record<string, unknown>>) =>
  Object.entries(fields)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(asText(value))}`)
    .join('&')

const asText = (value: unknown) =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)

function addQuery(url: string, fields: Readonly<Record<string, unknown>>) {
  const query = encodeFields(fields)
  return query === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${query}`
}

/** As the header says: WeChat turns an object into the fields of a form, or else into JSON. */
function packBody(data: unknown, header: Readonly<Record<string, string>>) {
  if (data === undefined) return undefined
  if (data instanceof ArrayBuffer || typeof data === 'string') return data
  if (!isFields(data)) return JSON.stringify(data)
  const isForm = header['content-type']?.includes('application/x-www-form-urlencoded')
  return isForm ? encodeFields(data) : JSON.stringify(data)
}

const decode = (body: ArrayBuffer) => new TextDecoder().decode(body)

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
