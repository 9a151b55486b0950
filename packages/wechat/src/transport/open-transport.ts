import { Pool } from 'undici'
import type { checkOptions } from '../options.ts'
import type { Deadline } from './deadline.ts'
import { exchange } from './exchange.ts'
import type { Outcome, Outgoing } from './exchange.ts'

/** The connections to one origin. */
export interface Transport {
  /** Sends one request once, and never rejects. */
  exchange(outgoing: Outgoing, deadline: Deadline): Promise<Outcome>
  destroy(): Promise<void>
}

type Options = Pick<
  ReturnType<typeof checkOptions>,
  'origin' | 'connectTimeoutMs' | 'maxInFlight' | 'maxReplyBytes'
>

export function openTransport({
  origin,
  connectTimeoutMs,
  maxInFlight,
  maxReplyBytes,
}: Options): Transport {
  const pool = new Pool(origin, {
    connections: maxInFlight,
    connectTimeout: connectTimeoutMs,
    maxResponseSize: maxReplyBytes,
    // The deadline of a call is stricter than both.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  })
  return {
    exchange: (outgoing, deadline) => exchange(pool, outgoing, deadline),
    destroy: () => pool.destroy(),
  }
}
