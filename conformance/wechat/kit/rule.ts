import type { WeChat } from './wechat.ts'

/** Something that holds at WeChat, and that can be seen over HTTP. */
export interface Rule {
  /** A true sentence. */
  readonly title: string
  /** The name of WeChat's page, or who saw it. */
  readonly source: string
  /**
   * `documented` on a page of WeChat's, `seen` by developers or in an SDK's source, `assumed` where
   * nothing public settles it.
   */
  readonly sure: 'documented' | 'seen' | 'assumed'
  /** @throws AssertionError if it does not hold. */
  readonly holds: (wechat: WeChat) => Promise<void>
}

/** A rule in its file. */
export interface FiledRule {
  /** Such as `jscode2session/a-used-code-is-40163`. */
  readonly name: string
  readonly rule: Rule
}
