import { AssertionError } from 'node:assert'
import type { FiledRule } from './rule.ts'
import { openWeChat } from './wechat.ts'

/** Whether the rule holds behind the address; if not, what was seen instead. */
export async function judge({ rule }: FiledRule, url: string): Promise<'holds' | Error> {
  try {
    await rule.holds(await openWeChat(url))
    return 'holds'
  } catch (error) {
    if (error instanceof AssertionError) return error
    return new Error(`The rule could not be tried: ${String(error)}`, { cause: error })
  }
}
