import { checksession } from './checksession.ts'
import type { Endpoint } from './endpoint.ts'
import { getuserphonenumber } from './getuserphonenumber.ts'
import { jscode2session } from './jscode2session.ts'
import { resetusersessionkey } from './resetusersessionkey.ts'
import { stableToken } from './stable-token.ts'
import { token } from './token.ts'

const all: readonly Endpoint[] = [
  // Mini programs
  jscode2session,
  checksession,
  resetusersessionkey,
  getuserphonenumber,
  // Tokens of an app
  token,
  stableToken,
]

/** The paths of WeChat's that are answered. */
export const endpoints: ReadonlyMap<string, Endpoint> = new Map(
  all.map((endpoint) => [endpoint.path, endpoint]),
)
