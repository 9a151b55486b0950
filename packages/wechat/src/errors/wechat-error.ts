import { explainErrcode } from './errcodes.ts'
import type { ErrorEntry, Fault, Text } from './error-entry.ts'

/** WeChat answered, and the answer is an `errcode`. The message is for operators, not for users. */
export class WechatError extends Error {
  override readonly name = 'WechatError'
  /** WeChat's own number, for example 40029. */
  readonly errcode: number
  /** The call that was made, for example `code2Session`. */
  readonly endpoint: string
  readonly fault: Fault
  /** Whether the same call may succeed later although nobody changed anything. */
  readonly retryable: boolean
  /** What happened, from our table. */
  readonly meaning: Text
  /** What to do next, from our table. */
  readonly fix: Text
  /** WeChat's request id, to be looked up in its console within seven days. */
  readonly rid: string | undefined

  /** `errmsg` must be clean of secrets already. `entry` is for what this very request knows better. */
  constructor(
    endpoint: string,
    errcode: number,
    errmsg: string,
    entry: ErrorEntry = explainErrcode(errcode, endpoint),
  ) {
    const { fault, retryable, meaning, fix } = entry
    super(`${endpoint}: WeChat answered errcode ${errcode}, ${meaning.en}. ${fix.en} [${errmsg}]`)
    this.errcode = errcode
    this.endpoint = endpoint
    this.fault = fault
    this.retryable = retryable
    this.meaning = meaning
    this.fix = fix
    this.rid = parseRid(errmsg)
  }
}

/**
 * The request id in an `errmsg`. WeChat writes it as `…, rid: a-b-c`, as `… rid: a-b-c`, and in old
 * replies as `…, hints: [ req_id: XXXX ]`.
 */
export function parseRid(errmsg: string): string | undefined {
  const match =
    /\brid:\s*([0-9a-f]+-[0-9a-f]+-[0-9a-f]+)/i.exec(errmsg) ??
    /\breq_id:\s*([\w.-]+)/i.exec(errmsg)
  return match?.[1]
}
