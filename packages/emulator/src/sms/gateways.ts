import type { IncomingHttpHeaders } from 'node:http'
import { aliyun } from './aliyun.ts'
import type { Gateway } from './gateway.ts'
import { tencent } from './tencent.ts'

const all: readonly Gateway[] = [aliyun, tencent]

/** By the path that stands for one where a fault is set. */
export const gateways: ReadonlyMap<string, Gateway> = new Map(
  all.map((gateway) => [gateway.path, gateway]),
)

/** The gateway that a request to `/` is meant for, if any. */
export function gatewayFor(headers: IncomingHttpHeaders, search: string): Gateway | undefined {
  const query = new URLSearchParams(search)
  return all.find((gateway) => gateway.isFor(headers, query))
}
