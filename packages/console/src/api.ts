import type { adminRoutes, AdminRouteName, Problem } from '@kaimen/protocol'
import type { GenericSchema, InferInput, InferOutput } from 'valibot'
import { Failure, offline, unreadable } from './failure.ts'
import { language } from './language.ts'
import { saveBlob } from './parts/save.ts'

type Routes = typeof adminRoutes
type EndpointOf<Name extends AdminRouteName> = `${Routes[Name]['method']} ${Routes[Name]['path']}`
/** A route of the protocol, as in `GET /v1/admin/users/{id}`. */
type Endpoint = { [Name in AdminRouteName]: EndpointOf<Name> }[AdminRouteName]
type RouteAt<At extends Endpoint> = {
  [Name in AdminRouteName]: EndpointOf<Name> extends At ? Routes[Name] : never
}[AdminRouteName]

type ParamsIn<Path> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamsIn<Rest>
  : never

type Parts<At extends Endpoint> = { signal?: AbortSignal } & ([ParamsIn<At>] extends [never]
  ? unknown
  : { params: Readonly<Record<ParamsIn<At>, string>> }) &
  (RouteAt<At> extends { body: infer Body extends GenericSchema }
    ? { body: InferInput<Body> }
    : unknown) &
  (RouteAt<At> extends { query: infer Query }
    ? { query?: Partial<Record<keyof Query, string | undefined>> }
    : unknown)

type Asked = {
  signal?: AbortSignal
  params?: Readonly<Record<string, string>>
  query?: Readonly<Record<string, string | undefined>>
  body?: unknown
}

/** `…/console/` and `…/v1/admin/` are siblings, whatever path publicUrl has. */
const base = new URL('..', document.baseURI)

/** Whose session ended hears of it here, whatever they were doing. */
let onSessionEnded: () => void = () => undefined
export function hearSessionEnd(listener: () => void): void {
  onSessionEnded = listener
}

/** @throws {@link Failure} */
export async function call<At extends Endpoint>(
  endpoint: At,
  parts: Parts<At>,
): Promise<InferOutput<RouteAt<At>['reply']>> {
  const response = await send(endpoint, parts)
  // The server is of the same release, and holds its replies to the protocol.
  return (await readJson(response)) as InferOutput<RouteAt<At>['reply']>
}

/** As {@link call}, for what is not read but kept as a file. */
export async function download<At extends Endpoint>(
  endpoint: At,
  parts: Parts<At>,
  name: string,
): Promise<void> {
  const response = await send(endpoint, parts)
  saveBlob(
    await response.blob().catch(() => {
      throw offline()
    }),
    name,
  )
}

async function send(endpoint: Endpoint, asked: Asked): Promise<Response> {
  const [method = '', path = ''] = endpoint.split(' ')
  const url = new URL(
    path
      .slice(1)
      .replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(asked.params?.[name] ?? '')),
    base,
  )
  for (const [name, value] of Object.entries(asked.query ?? {})) {
    if (value !== undefined && value !== '') url.searchParams.set(name, value)
  }
  let response: Response
  try {
    response = await fetch(url, {
      method,
      headers: {
        'accept-language': language.value,
        ...(asked.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(asked.body !== undefined && { body: JSON.stringify(asked.body) }),
      ...(asked.signal && { signal: asked.signal }),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
    })
  } catch {
    throw offline()
  }
  if (!response.ok) throw await readFailure(response)
  return response
}

async function readFailure(response: Response): Promise<Failure> {
  const problem = await readJson(response)
  if (!isProblem(problem)) return unreadable(response.status)
  if (problem.code === 'admin_required') onSessionEnded()
  const after = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new Failure(
    problem.code,
    problem.title,
    problem.detail,
    Number.isFinite(after) ? after : undefined,
  )
}

function isProblem(value: unknown): value is Problem {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['code', 'title', 'detail'].every((name) => typeof Reflect.get(value, name) === 'string')
  )
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    throw unreadable(response.status)
  }
}
