/**
 * Redis is away, or refuses. The message holds the first word of its reply (`NOAUTH`, `OOM`) or the
 * code of the failure (`ECONNREFUSED`), and nothing that a key or the URL holds: the client's own
 * errors carry the command with its values.
 */
export class RedisError extends Error {
  override readonly name = 'RedisError'
  readonly reason: string

  constructor(reason: string) {
    super(`Redis: ${reason}`)
    this.reason = reason
  }
}

/** What may be said of an error of the client's or of its connection. */
export function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  // Where no node of a Cluster answers, the one that was asked last says why.
  const last = 'lastNodeError' in error ? reasonOf(error.lastNodeError) : undefined
  if (last !== undefined) return last
  if ('code' in error && typeof error.code === 'string') return error.code
  // A reply begins with its kind, in capitals.
  return /^([A-Z][A-Z_]{2,})(?: |$)/.exec(error.message)?.[1]
}
