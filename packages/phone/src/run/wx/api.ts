/** WeChat's own declaration of `wx`, by which ours is checked. */
export type Wx = WechatMiniprogram.Wx

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
  Option<K> extends { success?: (result: infer R) => void } ? Omit<R, 'errMsg'> : never

/** What an API fails with, without its name: `errMsg` is `name:fail` and this. */
export class WxFailure extends Error {
  readonly reason: string
  /** https://developers.weixin.qq.com/miniprogram/dev/framework/usability/PublicErrno.html */
  readonly errno: number | undefined

  constructor(reason: string, errno?: number) {
    super(reason)
    this.reason = reason
    this.errno = errno
  }
}

/** What `fail` gets; an error too, so that a rejected promise has a stack. */
export function describeFailure(name: string, error: unknown): Error {
  if (!(error instanceof WxFailure)) {
    const reason = error instanceof Error ? error.message : String(error)
    return Object.assign(new Error(`${name}:fail ${reason}`), { errMsg: `${name}:fail ${reason}` })
  }
  const errMsg = `${name}:fail ${error.reason}`
  const numbers = error.errno === undefined ? {} : { errno: error.errno, errCode: error.errno }
  return Object.assign(new Error(errMsg), { errMsg, ...numbers })
}

/** Where what a program's callback throws is told. */
export type Tell = (error: unknown) => void

/**
 * An API that has callbacks, or answers with a promise when it is given none: `body` gives what
 * `success` gets, or throws a {@link WxFailure}.
 */
export type MakeApi = <K extends AsyncName>(
  name: K,
  body: (option: Option<K>) => Result<K> | Promise<Result<K>>,
) => Wx[K]

export function prepareApi(tell: Tell): MakeApi {
  return <K extends AsyncName>(
    name: K,
    body: (option: Option<K>) => Result<K> | Promise<Result<K>>,
  ) => {
    const call = (option?: Option<K>): Promise<unknown> | undefined => {
      const given = (option ?? {}) as Option<K>
      const { success, fail, complete } = given as Callbacks
      const work = Promise.resolve()
        .then(() => body(given))
        .then(
          (result) => ({ errMsg: `${name}:ok`, ...result }),
          (error: unknown) => {
            throw describeFailure(name, error)
          },
        )
      if (!success && !fail && !complete) return work
      void work
        .then(
          (result) => {
            success?.(result as never)
            complete?.(result as never)
          },
          (error: unknown) => {
            fail?.(error as never)
            complete?.(error as never)
          },
        )
        .catch(tell)
      return undefined
    }
    // The typings promise what the options decide, which no type here can say.
    return call as unknown as Wx[K]
  }
}
