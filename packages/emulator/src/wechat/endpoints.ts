import type { Endpoint } from './endpoint.ts'
import { jscode2session } from './jscode2session.ts'
import { stableToken } from './stable-token.ts'
import { token } from './token.ts'

const all: readonly Endpoint[] = [
  // Mini programs
  jscode2session,
  // Tokens of an app
  token,
  stableToken,
]

/** The paths of WeChat's that are answered. */
export const endpoints: ReadonlyMap<string, Endpoint> = new Map(
  all.map((endpoint) => [endpoint.path, endpoint]),
)
