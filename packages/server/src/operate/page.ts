import { parseId } from '../id.ts'

/** A part of a long list. */
export type Page = {
  /** The id that the part before ended with. Default: from the oldest. */
  readonly after?: string
  /** 1 to 1000. Default 100. */
  readonly limit?: number
}

export function readPage(kind: 'cnf' | 'mrg' | 'evt', { after, limit = 100 }: Page = {}) {
  return {
    after: after === undefined ? 0 : (parseId(kind, after) ?? 0),
    limit: Math.max(1, Math.min(1000, Math.trunc(limit))),
  }
}
