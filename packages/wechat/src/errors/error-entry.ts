/**
 * Who has to act on an error: the code that `call`s this package, the `user` in the mini program,
 * the `operator` of the WeChat account, `wechat` itself, or the `network` between.
 */
export type Fault = 'caller' | 'user' | 'operator' | 'wechat' | 'network'

/** One text in both languages. */
export interface Text {
  readonly en: string
  readonly zh: string
}

export interface ErrorEntry {
  readonly fault: Fault
  /** Whether the same call may succeed later although nobody changed anything. */
  readonly retryable: boolean
  /** What happened. */
  readonly meaning: Text
  /** What to do next. */
  readonly fix: Text
}
