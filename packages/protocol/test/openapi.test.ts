import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { errorTable, renderOpenapi, routes, type Route } from '@kaimen/protocol'

type Operation = {
  operationId: string
  security: unknown[]
  parameters?: { name: string; in: string; required: boolean }[]
  requestBody?: { content: Record<string, unknown> }
  responses: Record<string, { description: string; content: Record<string, unknown> }>
}

const document = renderOpenapi({ serverUrl: 'https://auth.example.com' })
const paths = document['paths'] as Record<string, Record<string, Operation>>
const named = Object.entries<Route>(routes)

const securityOf = {
  none: [],
  bearer: [{ bearer: [] }, { cookie: [] }],
  app: [{ bearer: [] }],
  cookie: [{ cookie: [] }],
  service: [{ service: [] }, { service_basic: [] }],
}

/** Every value in the document with the key that it stands under. */
function* walk(value: unknown, key = ''): Generator<{ key: string; value: unknown }> {
  yield { key, value }
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) yield* walk(inner, name)
}

function operationOf(route: Route): Operation {
  const operation = paths[route.path]?.[route.method.toLowerCase()]
  if (!operation) throw new Error(`${route.method} ${route.path} is not in the document`)
  return operation
}

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    const { valid, errors } = await validator.validate(structuredClone(document))
    expect(errors).toBeUndefined()
    expect(valid).toBe(true)
    expect(validator.version).toBe('3.1')
  })

  it('would not be, with a response that has no description', async () => {
    const broken = structuredClone(document)
    const responses = (broken['paths'] as typeof paths)['/healthz']?.['get']?.responses
    Reflect.deleteProperty(responses?.['200'] ?? {}, 'description')
    expect((await new Validator().validate(broken)).valid).toBe(false)
  })

  it('has every route of the table and no other', () => {
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { operationId }]) => `${operationId} ${method} ${path}`,
      ),
    )
    expect(new Set(operations)).toEqual(
      new Set(named.map(([name, { method, path }]) => `${name} ${method.toLowerCase()} ${path}`)),
    )
    expect(operations).toHaveLength(named.length)
  })

  it.each(named)('names every error of %s under its status', (_name, route) => {
    const { responses } = operationOf(route)
    for (const code of [...route.errors, 'internal_error', 'unavailable'] as const) {
      const response = responses[errorTable[code].status]
      expect(response?.description).toContain(`\`${code}\``)
      expect(response?.content).toHaveProperty(['application/problem+json'])
    }
  })

  it.each(named)('describes the input of %s', (_name, route) => {
    const { parameters = [], requestBody, security } = operationOf(route)
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const namesIn = (place: string) => parameters.filter((p) => p.in === place).map((p) => p.name)
    expect(namesIn('path')).toEqual(inPath)
    expect(namesIn('query')).toEqual(Object.keys({ ...route.query, ...route.optionalQuery }))
    expect(namesIn('header')).toEqual(Object.keys(route.headers ?? {}))
    expect(security).toEqual(securityOf[route.auth])
    expect(Object.keys(requestBody?.content ?? {})).toEqual(
      route.body
        ? ['application/json', ...(route.form ? ['application/x-www-form-urlencoded'] : [])]
        : (route.upload ?? []),
    )
  })

  it.each(named)('says the media type of the reply of %s', (_name, route) => {
    const types = Object.keys(
      operationOf(route).responses[String(route.status ?? 200)]?.content ?? {},
    )
    expect(types).toEqual([
      route.replyType ?? 'application/json',
      ...(route.events ? ['text/event-stream'] : []),
    ])
  })

  it('resolves every $ref', () => {
    const schemas = (document['components'] as { schemas: object }).schemas
    const refs = [...walk(document)].filter(({ key }) => key === '$ref').map(({ value }) => value)
    expect(refs).not.toHaveLength(0)
    for (const ref of refs) {
      const name = /^#\/components\/schemas\/(\w+)$/.exec(String(ref))?.[1] ?? ''
      expect(schemas).toHaveProperty(name)
    }
  })

  it('names every field in snake_case', () => {
    const fields = [...walk(document)]
      .filter(({ key }) => key === 'properties')
      .flatMap(({ value }) => Object.keys(value ?? {}))
    expect(fields).toContain('refresh_expires_in')
    for (const field of fields) expect(field).toMatch(/^[a-z]+(_[a-z]+)*$/)
  })

  it('[WX-2] holds no example, nor anything that looks like a secret', () => {
    for (const { key, value } of walk(document)) {
      expect(['example', 'examples', 'default']).not.toContain(key)
      if (typeof value !== 'string') continue
      // An AppSecret or openid, a key or token in base64, an AppID.
      expect(value).not.toMatch(/\b[0-9a-f]{32}\b|[A-Za-z0-9_-]{40,}|\bwx[0-9a-f]{16}\b|\bkm[rt]_/)
    }
  })

  it('names no server when it is not told of one', () => {
    expect(renderOpenapi()).not.toHaveProperty('servers')
    expect(document['servers']).toEqual([{ url: 'https://auth.example.com' }])
  })
})
