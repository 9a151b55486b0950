import type { Outgoing } from './exchange.ts'
import { isSecret } from '../secret.ts'
import type { Secret } from '../secret.ts'

/** What a JSON body is made of; a secret stands at the top, as WeChat's bodies have it. */
export type JsonValue = string | number | boolean | readonly JsonValue[] | JsonObject

interface JsonObject {
  readonly [name: string]: JsonValue
}

interface Plan {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly query?: Readonly<Record<string, string | Secret>> | undefined
  readonly body?: Readonly<Record<string, JsonValue | Secret>> | undefined
}

/** The request as it goes out, and the secrets in it, which no error may hold. */
export function encode(plan: Plan): Outgoing & { readonly secrets: readonly string[] } {
  const secrets: string[] = []
  const reveal = <T>(value: T | Secret): T | string => {
    if (!isSecret(value)) return value
    const plain = value.reveal()
    secrets.push(plain)
    return plain
  }

  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(plan.query ?? {})) query.append(name, reveal(value))
  const search = query.toString()
  const path = search === '' ? plan.path : `${plan.path}?${search}`
  if (plan.body === undefined) return { method: plan.method, path, secrets }

  const body = Object.fromEntries(
    Object.entries(plan.body).map(([name, value]) => [name, reveal(value)]),
  )
  return { method: plan.method, path, body: JSON.stringify(body), secrets }
}
