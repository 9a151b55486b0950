/**
 * The part of `wx` that a login needs, checked against WeChat's own typings: an unknown name, a
 * missing field or a wrong type does not compile.
 */

type Wx = WechatMiniprogram.Wx
type Callbacks = {
  success?: (result: never) => void
  fail?: (error: never) => void
  complete?: (result: never) => void
}
type AsyncName = {
  [K in keyof Wx]: Wx[K] extends (option: infer O) => unknown
    ? NonNullable<O> extends Callbacks
      ? K
      : never
    : never
}[keyof Wx]
type Option<K extends AsyncName> = NonNullable<Parameters<Wx[K]>[0]>
type Result<K extends AsyncName> =
  Option<K> extends { success?: (result: infer R) => void } ? R : never

/** What `fail` is called with. */
export class WxFailure extends Error {
  readonly errMsg: string
  readonly errno: number

  constructor(errMsg: string, errno: number) {
    super(errMsg)
    this.errMsg = errMsg
    this.errno = errno
  }
}

export interface Sent {
  readonly url: string
  readonly method: string
  /** Names in lower case. */
  readonly header: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** A body that is no text. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
  readonly redirect: 'follow' | 'manual'
}

export interface Received {
  readonly status: number
  readonly header: Readonly<Record<string, string>>
  readonly body: string
}

/** The phone that a `wx` runs on. */
export interface Phone {
  readonly appId: string
  readonly envVersion: 'develop' | 'trial' | 'release'
  readonly scene: number
  readonly model: string
  readonly system: string
  /** Answers with a code, throws a {@link WxFailure}, or never answers. */
  login(): Promise<string>
  /** The person taps a button `getPhoneNumber`: what its handler gets. */
  tapPhoneButton(): Promise<{ detail: { code?: string; errMsg: string; errno?: number } }>
  /** What `wx.getUserInfo` gives, sealed with the key of the newest login. */
  getUserInfo(): Promise<WechatMiniprogram.GetUserInfoSuccessCallbackResult>
  /** The temporary files, by their paths. */
  readonly files: Map<string, ArrayBuffer>
  /** One HTTP exchange; throws a {@link WxFailure} when there is no reply. */
  send(sent: Sent): Promise<Received>
  readonly storage: Map<string, unknown>
}

/**
 * Whatever has callbacks, or answers with a promise when it is given none: `body` gives what
 * `success` gets. The one cast of this file.
 */
function api<K extends AsyncName>(body: (option: Option<K>) => Promise<Result<K>>): Wx[K] {
  const call = (option?: Option<K>): Promise<Result<K>> | undefined => {
    const given = option ?? {}
    const { success, fail, complete }: Callbacks = given
    const work = body(given)
    if (!success && !fail && !complete) return work
    void work.then(
      (result) => {
        success?.(result as never)
        complete?.(result as never)
      },
      (error: unknown) => {
        fail?.(error as never)
        complete?.(error as never)
      },
    )
    return undefined
  }
  return call as unknown as Wx[K]
}

export function createTypedWx(phone: Phone) {
  return {
    login: api<'login'>(async () => ({ code: await phone.login(), errMsg: 'login:ok' })),
    getUserInfo: api<'getUserInfo'>(() => phone.getUserInfo()),
    getFileSystemManager: () => {
      const files = {
        readFile({ filePath, success, fail }: WechatMiniprogram.ReadFileOption) {
          const data = phone.files.get(filePath)
          const errMsg = `readFile:fail no such file or directory, open ${filePath}`
          queueMicrotask(() =>
            data
              ? success?.({ data, errMsg: 'readFile:ok' })
              : fail?.({ errMsg, errCode: 1300002, errno: 1300002 } as never),
          )
        },
      } satisfies Partial<WechatMiniprogram.FileSystemManager>
      return files as WechatMiniprogram.FileSystemManager
    },
    request: <T extends Body>(option: RequestOption<T>) => sendRequest(phone, option),
    // Whatever was kept; the typings let the caller name its type.
    getStorageSync: (key: string) => (phone.storage.get(key) ?? '') as never,
    setStorageSync: (key: string, value: unknown) => void phone.storage.set(key, value),
    removeStorageSync: (key: string) => void phone.storage.delete(key),
    getAccountInfoSync: () => ({
      miniProgram: { appId: phone.appId, envVersion: phone.envVersion, version: '' },
      plugin: { appId: '', version: '' },
    }),
    getLaunchOptionsSync: () => ({
      apiCategory: phone.scene === 1154 ? 'browseOnly' : 'default',
      forwardMaterials: [],
      hostExtraData: { host_scene: '' },
      path: '',
      query: {},
      referrerInfo: { appId: '', extraData: {} },
      scene: phone.scene,
      shareTicket: '',
    }),
    getDeviceInfo: () => ({
      abi: '',
      benchmarkLevel: -1,
      brand: 'devtools',
      cpuType: '',
      deviceAbi: '',
      memorySize: '',
      model: phone.model,
      platform: 'ios',
      system: phone.system,
    }),
  } satisfies Partial<Wx>
}

/** What the person sees of `wx`, and does with it. */
export interface Screen {
  open(url: string): Promise<void>
  /** Closes every page and opens this one. */
  relaunch(url: string): Promise<void>
  /** Closes so many pages. */
  back(delta: number): Promise<void>
  /** Whether the person agrees. */
  ask(title: string, content: string): boolean
  toast(title: string): void
  copy(text: string): void
  /** The person reads the privacy guide. */
  readContract(): void
  /** Who is asked when the consent to the privacy guide is needed; the newest counts. */
  onPrivacy(listener: PrivacyListener): void
}

/**
 * What the listener of `wx.onNeedPrivacyAuthorization` is given, as WeChat's page has it; the
 * typings say something else of it.
 */
export type PrivacyListener = (
  resolve: (answer: {
    event: 'agree' | 'disagree' | 'exposureAuthorization'
    buttonId?: string
  }) => void,
  about: { referrer: string },
) => void

export function createTypedScreen(screen: Screen) {
  return {
    navigateTo: api<'navigateTo'>(async ({ url }) => {
      await screen.open(url)
      const eventChannel = { emit() {}, off() {}, on() {}, once() {} }
      return { errMsg: 'navigateTo:ok', eventChannel }
    }),
    reLaunch: api<'reLaunch'>(async ({ url }) => {
      await screen.relaunch(url)
      return { errMsg: 'reLaunch:ok' }
    }),
    navigateBack: api<'navigateBack'>(async ({ delta = 1 }) => {
      await screen.back(delta)
      return { errMsg: 'navigateBack:ok' }
    }),
    setClipboardData: api<'setClipboardData'>(async ({ data }) => {
      screen.copy(data)
      return { errMsg: 'setClipboardData:ok' }
    }),
    getPrivacySetting: api<'getPrivacySetting'>(async () => ({
      needAuthorization: true,
      privacyContractName: '《开门隐私保护指引》',
      errMsg: 'getPrivacySetting:ok',
    })),
    openPrivacyContract: api<'openPrivacyContract'>(async () => {
      screen.readContract()
      return { errMsg: 'openPrivacyContract:ok' }
    }),
    onNeedPrivacyAuthorization: (listener: WechatMiniprogram.OnNeedPrivacyAuthorizationCallback) =>
      screen.onPrivacy(listener as unknown as PrivacyListener),
    showModal: api<'showModal'>(async ({ title = '', content = '' }) => {
      const confirm = screen.ask(title, content)
      return { confirm, cancel: !confirm, content: '', errMsg: 'showModal:ok' }
    }),
    showToast: api<'showToast'>(async ({ title }) => {
      screen.toast(title)
      return { errMsg: 'showToast:ok' }
    }),
    stopPullDownRefresh: api<'stopPullDownRefresh'>(async () => ({
      errMsg: 'stopPullDownRefresh:ok',
    })),
  } satisfies Partial<Wx>
}

type Body = string | WechatMiniprogram.IAnyObject | ArrayBuffer
type RequestOption<T extends Body> = WechatMiniprogram.RequestOption<T>
type RequestTask = WechatMiniprogram.RequestTask
/** What a reply has of `wx.request`'s result; the rest tells of the transport. */
type RequestFacts = Pick<
  WechatMiniprogram.RequestSuccessCallbackResult,
  'statusCode' | 'data' | 'header' | 'cookies' | 'errMsg'
>

function sendRequest<T extends Body>(phone: Phone, option: RequestOption<T>): RequestTask {
  let done = false
  /** Nothing is called back twice. */
  const finish = (report: () => void) => {
    if (done) return
    done = true
    report()
  }
  const fail = (error: unknown) =>
    finish(() => {
      option.fail?.(error as never)
      option.complete?.(error as never)
    })

  void (async () => {
    try {
      const { status, header, body } = await phone.send(describeRequest(option))
      const result: RequestFacts = {
        statusCode: status,
        header,
        data: parseBody(body, option.dataType ?? 'json'),
        cookies: [],
        errMsg: 'request:ok',
      }
      finish(() => {
        option.success?.(result as never)
        option.complete?.(result)
      })
    } catch (error) {
      fail(error)
    }
  })()

  const nothing = () => {}
  return {
    abort: () => fail(new WxFailure('request:fail abort', 600003)),
    onChunkReceived: nothing,
    offChunkReceived: nothing,
    onHeadersReceived: nothing,
    offHeadersReceived: nothing,
  }
}

/** As wx.request builds it: an object is the query of a GET, else JSON. */
function describeRequest(option: Omit<RequestOption<Body>, 'success'>): Sent {
  const { method = 'GET', data } = option
  const header: Record<string, string> = { 'content-type': 'application/json' }
  for (const [name, value] of Object.entries(option.header ?? {}))
    header[name.toLowerCase()] = String(value)
  const inQuery = method === 'GET' && typeof data === 'object'
  const query = inQuery
    ? Object.entries(data)
        .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
        .join('&')
    : ''
  return {
    url: option.url + (query && (option.url.includes('?') ? '&' : '?') + query),
    method,
    header,
    body:
      data === undefined || inQuery || method === 'HEAD' || data instanceof ArrayBuffer
        ? undefined
        : typeof data === 'string'
          ? data
          : JSON.stringify(data),
    bytes: data instanceof ArrayBuffer ? new Uint8Array(data) : undefined,
    redirect: option.redirect ?? 'follow',
  }
}

function parseBody(body: string, dataType: string): string | WechatMiniprogram.IAnyObject {
  if (dataType !== 'json') return body
  try {
    return JSON.parse(body) as WechatMiniprogram.IAnyObject
  } catch {
    return body
  }
}
