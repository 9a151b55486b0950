import type { Endpoint } from './endpoint.ts'
import { jscode2session } from './jscode2session.ts'

/** The paths of WeChat's that are answered. */
export const endpoints: ReadonlyMap<string, Endpoint> = new Map([
  ['/sns/jscode2session', jscode2session],
])
